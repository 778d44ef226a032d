"""Radar: which payments are put into review, and what closes one (Stripe docs: Reviews)."""

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import charges, events
from sandbox.stripe.objects import CHARGE, REVIEW, new_id


def review_by_rule(world: World, charge: Document) -> None:
    """The rule of this account: what Radar finds risky is looked at."""
    if charge["outcome"]["type"] == "manual_review":
        open_review(world, charge, "rule")


def open_review(world: World, charge: Document, reason: str) -> Document:
    """Put a charge into review, by a "rule" or "manual"."""
    review = _opened(charge, reason, world.clock.timestamp())
    charge["review"] = review["id"]
    charges.save(world, charge)
    world.store.put(REVIEW, review["id"], review)
    events.emit(world, "review.opened", review, review["_"]["order"])
    return review


def payment_ended(world: World, charge_id: str | None) -> None:
    """What was canceled needs no review any more."""
    charge = world.store.get(CHARGE, charge_id or "")
    review = None if charge is None else world.store.get(REVIEW, charge["review"] or "")
    if review is not None and review["open"]:
        close(world, review, "canceled")


def close(world: World, review: Document, reason: str) -> None:
    """Take it off the list of open reviews."""
    review |= {"open": False, "closed_reason": reason, "reason": reason}
    world.store.put(REVIEW, review["id"], review)
    events.emit(world, "review.closed", review, review["_"]["order"])


def _opened(charge: Document, reason: str, at: int) -> Document:
    return {
        "id": new_id("prv"),
        "object": "review",
        "billing_zip": None,
        "charge": charge["id"],
        "closed_reason": None,
        "created": at,
        "ip_address": None,
        "ip_address_location": None,
        "livemode": False,
        "open": True,
        "opened_reason": reason,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "session": None,
        "_": {"order": charge["_"]["order"]},
    }
