"""Disputes: the cardholder's bank takes the money back, and perhaps returns it."""

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import charges, events
from sandbox.stripe.objects import CHARGE, DISPUTE, INTENT, new_id

FUTURE_DISPUTE = "stripe.dispute"
FEE = 1500
"""What a dispute costs, in minor units."""
_EVIDENCE_SECONDS = 7 * 86400


class NotDisputableError(Exception):
    """No captured charge behind that id, or no open dispute."""


def open_dispute(world: World, payment: str, reason: str) -> Document:
    """Dispute what was captured on a charge or a payment intent. Raises NotDisputableError."""
    intent = world.store.get(INTENT, payment)
    charge = world.store.get(CHARGE, intent["latest_charge"] or "" if intent else payment)
    if charge is None or not charge["captured"] or charge["disputed"]:
        raise NotDisputableError(f"{payment} is no charge that can be disputed")
    dispute = _new(world, charge, reason)
    charge["disputed"] = True
    charge["_"]["dispute_open"] = True
    moved = charges.move_money(world, charge, "adjustment", -dispute["amount"], dispute["id"], FEE)
    dispute["_"]["transactions"] = [moved]
    charges.save(world, charge)
    _store(world, dispute)
    _record(world, "dispute", dispute)
    events.emit(world, "charge.dispute.created", dispute, dispute["_"]["order"])
    return dispute


def close_dispute(world: World, key: str, outcome: str) -> Document:
    """Decide it: "won" gives the money back, "lost" leaves it gone. Raises NotDisputableError."""
    dispute = world.store.get(DISPUTE, key)
    if dispute is None or dispute["status"] in ("won", "lost") or outcome not in ("won", "lost"):
        raise NotDisputableError(f"{key} cannot be closed as {outcome}")
    charge = world.store.get(CHARGE, dispute["charge"])
    if charge is None:
        raise NotDisputableError(f"{key} has lost its charge")
    dispute["status"] = outcome
    if outcome == "won":
        charge["_"]["dispute_open"] = False
        charges.move_money(world, charge, "adjustment", dispute["amount"], dispute["id"])
    charges.save(world, charge)
    _store(world, dispute)
    _record(world, f"dispute_{outcome}", dispute)
    events.emit(world, "charge.dispute.closed", dispute, dispute["_"]["order"])
    return dispute


async def dispute_later(world: World, payload: Document) -> None:
    """The test card that is always disputed."""
    open_dispute(world, payload["charge"], "fraudulent")


def _store(world: World, dispute: Document) -> None:
    world.store.put(DISPUTE, dispute["id"], dispute)


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


def _new(world: World, charge: Document, reason: str) -> Document:
    now = world.clock.timestamp()
    card = charge["payment_method_details"]["card"]
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": now + _EVIDENCE_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "type": "card",
            "card": {
                "brand": card["brand"],
                "case_type": "chargeback",
                "network_reason_code": "10.4",
            },
        },
        "reason": reason,
        "status": "needs_response",
        "_": {"order": charge["_"]["order"]},
    }
