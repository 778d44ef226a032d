"""Refunds: within what was captured, with their own life (Stripe docs: Refunds)."""

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import charges, events
from sandbox.stripe.cards import BY_TOKEN, RefundOutcome
from sandbox.stripe.currencies import check_units
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import StripeError, invalid, missing
from sandbox.stripe.objects import CHARGE, INTENT, REFUND, created_within, new_id, page

CREATE_PARAMS = ("amount", "charge", "metadata", "payment_intent", "reason", "currency")
LIST_PARAMS = ("charge", "payment_intent", "created")
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
CHANGE = "stripe.refund_change"
FAULTS = ("pending", "fail")
"""Stays pending for params.seconds; succeeds, and fails after params.seconds."""


def create(call: Call) -> Document:
    """POST /v1/refunds. Raises StripeError beyond what is left, or while disputed."""
    params, world = call.params, call.world
    charge = _charge(call)
    left = charges.refundable(charge)
    _check(charge, left)
    amount = params.integer("amount")
    amount = left if amount is None else amount
    if amount < 1:
        raise invalid("Invalid positive integer", "parameter_invalid_integer", "amount")
    check_units(amount, charge["currency"])
    if amount > left:
        raise StripeError(
            400,
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            param="amount",
        )
    outcome, seconds = _outcome(call, charge)
    status = "pending" if outcome is RefundOutcome.PENDING_FIRST else "succeeded"
    reason = params.choice("reason", REASONS)
    refund = _new(world, charge, amount, status, reason, params.metadata())
    refund["balance_transaction"] = charges.move_money(
        world, charge, "refund", -amount, refund["id"]
    )
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    charges.save(world, charge)
    world.store.put(REFUND, refund["id"], refund)
    later = "failed" if outcome is RefundOutcome.FAILS_LATER else "succeeded"
    world.timers.after(seconds, CHANGE, {"refund": refund["id"], "status": later})
    order = refund["_"]["order"]
    _record(world, "refund", refund)
    call.emit("refund.created", refund, order)
    call.emit("charge.refunded", charge, order)
    return refund


def retrieve(call: Call) -> Document:
    """GET /v1/refunds/{id}."""
    return call.subject(REFUND, "refund")


def list_refunds(call: Call) -> Document:
    """GET /v1/refunds, by charge, payment intent and created."""
    store, params = call.store, call.params
    for name in ("charge", "payment_intent"):
        value = params.text(name)
        if value is not None:
            found = store.find(REFUND, name, value, newest_first=True)
            break
    else:
        found = store.list(REFUND, newest_first=True)
    return page(created_within(found, params), params, "/v1/refunds")


async def change(world: World, payload: Document) -> None:
    """The bank has a reference for it now; or it fails after all, and the money comes back."""
    refund = world.store.get(REFUND, payload["refund"])
    if refund is None:
        return
    refund["status"] = payload["status"]
    order = refund["_"]["order"]
    if refund["status"] == "failed":
        charge = world.store.get(CHARGE, refund["charge"])
        if charge is None:
            raise KeyError(refund["charge"])
        refund["failure_reason"] = "expired_or_canceled_card"
        refund["failure_balance_transaction"] = charges.move_money(
            world, charge, "refund_failure", refund["amount"], refund["id"]
        )
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        charges.save(world, charge)
        _record(world, "refund_failed", refund)
    else:
        reference = {"reference": new_id("arn")[4:], "reference_status": "available"}
        refund["destination_details"]["card"] |= reference
    world.store.put(REFUND, refund["id"], refund)
    events.emit(world, "refund.updated", refund, order)
    if refund["status"] == "failed":
        events.emit(world, "refund.failed", refund, order)


def _record(world: World, kind: str, refund: Document) -> None:
    shown = ("id", "payment_intent", "charge", "amount", "currency", "status")
    data = {name: refund[name] for name in shown}
    data |= {"refund": data.pop("id"), "intent": data.pop("payment_intent")}
    world.ledger.append("stripe", kind, refund["_"]["order"], data)


def _charge(call: Call) -> Document:
    params = call.params
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if charge_id is None and intent_id is None:
        raise missing("payment_intent")
    if intent_id is not None:
        intent = call.find(INTENT, "payment_intent", intent_id, "payment_intent")
        charge_id = intent["latest_charge"] if intent["amount_received"] else None
        if charge_id is None:
            raise StripeError(
                400,
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                param="payment_intent",
            )
    return call.find(CHARGE, "charge", charge_id or "", "charge")


def _check(charge: Document, left: int) -> None:
    if charge["disputed"] and charge["_"].get("dispute_open"):
        raise StripeError(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if not charge["captured"]:
        raise StripeError(
            400,
            f"Charge {charge['id']} was not captured: cancel its PaymentIntent instead.",
            code="charge_not_refundable",
        )
    if not left:
        raise StripeError(
            400,
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
        )


def _outcome(call: Call, charge: Document) -> tuple[RefundOutcome, float]:
    seconds = float(call.world.settings.section("stripe")["refund_changes_after"])
    if call.fault is None or call.fault.kind not in FAULTS:
        return BY_TOKEN[charge["_"]["card"]].refund, seconds
    pending = call.fault.kind == "pending"
    outcome = RefundOutcome.PENDING_FIRST if pending else RefundOutcome.FAILS_LATER
    return outcome, float(call.fault.params.get("seconds", seconds))


def _new(
    world: World,
    charge: Document,
    amount: int,
    status: str,
    reason: str | None,
    metadata: dict[str, str],
) -> Document:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.clock.timestamp(),
        "currency": charge["currency"],
        "destination_details": {
            "card": {
                "reference": None,
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": status,
        "transfer_reversal": None,
        "_": {"order": metadata.get("order") or charge["_"]["order"]},
    }
