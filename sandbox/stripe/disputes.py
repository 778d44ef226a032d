"""Disputes: the cardholder's bank takes the money back, and perhaps returns it.

An inquiry asks first and takes nothing; it may become a dispute, or be closed (Stripe docs:
Disputes, Inquiries).
"""

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import charges, events
from sandbox.stripe.evidence_fields import EVIDENCE
from sandbox.stripe.objects import BALANCE, CHARGE, DISPUTE, INTENT, new_id, shown

FUTURE_DISPUTE = "stripe.dispute"
DUE = "stripe.dispute_due"
FEE = 1500
"""What a dispute costs, in minor units."""
_EVIDENCE_SECONDS = 7 * 86400
_WAITS = ("needs_response", "warning_needs_response")
_OPEN = frozenset({*_WAITS, "under_review", "warning_under_review"})
_ENDS = {
    "won": frozenset({"needs_response", "under_review"}),
    "lost": frozenset({"needs_response", "under_review"}),
    "prevented": frozenset({"needs_response", "under_review"}),
    "warning_closed": frozenset({"warning_needs_response", "warning_under_review"}),
    "escalated": frozenset({"warning_needs_response", "warning_under_review"}),
}
"""How each can go on, from which statuses."""


class NotDisputableError(Exception):
    """No captured charge behind that id, or no open dispute."""


def open_dispute(
    world: World,
    payment: str,
    reason: str,
    *,
    inquiry: bool = False,
    amount: int | None = None,
    due_in: float = _EVIDENCE_SECONDS,
) -> Document:
    """Dispute what was captured on a charge or a payment intent, or a part of it.

    Evidence is due in so many seconds. Raises NotDisputableError.
    """
    intent = world.store.get(INTENT, payment)
    charge = world.store.get(CHARGE, intent["latest_charge"] or "" if intent else payment)
    if charge is None or not charge["captured"] or charge["disputed"]:
        raise NotDisputableError(f"{payment} is no charge that can be disputed")
    dispute = _new(world, charge, reason, amount, inquiry=inquiry, due_in=due_in)
    charge["disputed"] = True
    order = dispute["_"]["order"]
    if inquiry:
        _record(world, "inquiry", dispute)
    else:
        _withdraw(world, charge, dispute)
    charges.save(world, charge)
    save(world, dispute)
    world.timers.after(due_in, DUE, {"dispute": dispute["id"]})
    events.emit(world, "charge.dispute.created", dispute, order)
    if not inquiry:
        events.emit(world, "charge.dispute.funds_withdrawn", dispute, order)
    return dispute


def close_dispute(world: World, key: str, outcome: str) -> Document:
    """The bank decides: "won" gives the money back, "lost" and "prevented" leave it gone. An
    inquiry is "warning_closed", or "escalated" to a dispute. Raises NotDisputableError.
    """
    dispute = world.store.get(DISPUTE, key)
    if dispute is None or dispute["status"] not in _ENDS.get(outcome, frozenset()):
        raise NotDisputableError(f"{key} cannot be closed as {outcome}")
    charge = world.store.get(CHARGE, dispute["charge"])
    if charge is None:
        raise NotDisputableError(f"{key} has lost its charge")
    if outcome == "escalated":
        return _escalate(world, charge, dispute)
    dispute["status"] = outcome
    told = ["charge.dispute.closed"]
    if outcome == "won":
        charge["_"]["dispute_open"] = False
        _move(world, charge, dispute, dispute["amount"])
        told.append("charge.dispute.funds_reinstated")
    charges.save(world, charge)
    save(world, dispute)
    _record(world, f"dispute_{outcome}", dispute)
    for kind in told:
        events.emit(world, kind, dispute, dispute["_"]["order"])
    return dispute


async def dispute_later(world: World, payload: Document) -> None:
    """The test card that is always disputed."""
    open_dispute(world, payload["charge"], "fraudulent")


async def fall_due(world: World, payload: Document) -> None:
    """Who has sent no evidence by the day that it is due loses."""
    dispute = world.store.get(DISPUTE, payload["dispute"])
    if dispute is None or dispute["evidence_details"]["due_by"] > world.clock.timestamp():
        return
    if waits(dispute):
        inquiry = dispute["status"].startswith("warning")
        close_dispute(world, dispute["id"], "warning_closed" if inquiry else "lost")


def save(world: World, dispute: Document) -> None:
    """Store the dispute."""
    world.store.put(DISPUTE, dispute["id"], dispute)


def waits(dispute: Document) -> bool:
    """Whether evidence is still waited for."""
    return dispute["status"] in _WAITS


def _escalate(world: World, charge: Document, dispute: Document) -> Document:
    """What was asked about is disputed after all: evidence is due anew."""
    details = dispute["evidence_details"]
    details |= {
        "due_by": world.clock.timestamp() + _EVIDENCE_SECONDS,
        "has_evidence": False,
        "submission_count": 0,
    }
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["evidence"] = dict.fromkeys(EVIDENCE)
    _withdraw(world, charge, dispute)
    charges.save(world, charge)
    save(world, dispute)
    world.timers.after(_EVIDENCE_SECONDS, DUE, {"dispute": dispute["id"]})
    for kind in ("charge.dispute.updated", "charge.dispute.funds_withdrawn"):
        events.emit(world, kind, dispute, dispute["_"]["order"])
    return dispute


def _withdraw(world: World, charge: Document, dispute: Document) -> None:
    charge["_"]["dispute_open"] = True
    _move(world, charge, dispute, -dispute["amount"], FEE)
    _record(world, "dispute", dispute)


def _move(world: World, charge: Document, dispute: Document, amount: int, fee: int = 0) -> None:
    moved = charges.move_money(world, charge, "adjustment", amount, dispute["id"], fee)
    transaction = world.store.get(BALANCE, moved)
    if transaction is None:
        raise KeyError(moved)
    dispute["balance_transactions"].append(shown(transaction))


def _record(world: World, kind: str, dispute: Document) -> None:
    data: Document = {
        "dispute": dispute["id"],
        "intent": dispute["payment_intent"],
        "charge": dispute["charge"],
        "amount": dispute["amount"],
        "currency": dispute["currency"],
        "reason": dispute["reason"],
    }
    world.ledger.append("stripe", kind, dispute["_"]["order"], data)


def _new(
    world: World,
    charge: Document,
    reason: str,
    amount: int | None,
    *,
    inquiry: bool,
    due_in: float,
) -> Document:
    now = world.clock.timestamp()
    card = charge["payment_method_details"]["card"]
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount or charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE),
        "evidence_details": {
            "due_by": int(now + due_in),
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": card["network"],
                "network_reason_code": "10.4",
            },
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
        "_": {"order": charge["_"]["order"]},
    }
