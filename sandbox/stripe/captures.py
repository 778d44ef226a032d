"""Capture: all, a part with the rest let go, or a part with more to follow."""

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe import charges
from sandbox.stripe.cards import BY_TOKEN
from sandbox.stripe.currencies import check_units
from sandbox.stripe.disputes import FUTURE_DISPUTE
from sandbox.stripe.endpoint import Call
from sandbox.stripe.errors import StripeError, invalid, unexpected_state
from sandbox.stripe.objects import CHARGE, shown
from sandbox.stripe.search import save

MOST_CAPTURES = 50


def book_capture(
    call: Call, intent: Document, charge: Document, amount: int, *, final: bool
) -> Document:
    """Take `amount` minor units; with `final`, what is left of the authorization is let go."""
    world = call.world
    order = intent["metadata"].get("order")
    fee = charges.fee_of(amount)
    left = intent["amount_capturable"] - amount
    released = left if final else 0
    ended = final or not left
    charge |= {"amount_captured": charge["amount_captured"] + amount, "captured": True}
    if amount:
        moved = charges.move_money(world, charge, "charge", amount, charge["id"], fee)
        charge["balance_transaction"] = moved
    charges.save(world, charge)
    intent |= {
        "amount_received": intent["amount_received"] + amount,
        "amount_capturable": 0 if ended else left,
        "status": "succeeded" if ended else "requires_capture",
    }
    intent["_"]["captures"] += 1
    if ended and "timer" in intent["_"]:
        world.timers.cancel(intent["_"].pop("timer"))
    save(world, intent)
    world.ledger.append(
        "stripe",
        "capture",
        order,
        {
            "intent": intent["id"],
            "charge": charge["id"],
            "amount": amount,
            "fee": fee,
            "currency": intent["currency"],
            "released": released,
            "final": ended,
        },
    )
    _tell(call, intent, charge, order)
    return intent


def capture(call: Call, intent: Document) -> Document:
    """Capture as the parameters ask. Raises StripeError, changing nothing."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            "This PaymentIntent could not be captured because it has a status of"
            f" {intent['status']}. Only a PaymentIntent with one of the following statuses may be"
            " captured: requires_capture.",
            shown(intent),
        )
    charge = call.find(CHARGE, "charge", intent["latest_charge"], "latest_charge")
    final = call.params.flag("final_capture")
    multi = charge["payment_method_details"]["card"]["multicapture"]["status"] == "available"
    if final is False and not multi:
        raise invalid(
            "final_capture=false needs multicapture, which this payment does not have.",
            param="final_capture",
        )
    if intent["_"]["captures"] >= MOST_CAPTURES:
        raise StripeError(400, f"A payment is captured at most {MOST_CAPTURES} times.")
    amount = _amount(call, intent, more_follows=final is False)
    intent["metadata"] = call.params.metadata(intent["metadata"])
    return book_capture(call, intent, charge, amount, final=final is not False)


def _amount(call: Call, intent: Document, *, more_follows: bool) -> int:
    capturable = intent["amount_capturable"]
    amount = call.params.integer("amount_to_capture")
    if amount is None:
        return capturable
    # Nothing more to take is a way to end a payment that was captured in parts.
    least = 0 if intent["_"]["captures"] and not more_follows else 1
    if amount < least:
        message = "Invalid positive integer"
        raise invalid(message, "parameter_invalid_integer", "amount_to_capture")
    check_units(amount, intent["currency"], "amount_to_capture")
    if amount > capturable:
        raise StripeError(
            400,
            f"The amount to capture ({amount}) is greater than what can be captured"
            f" ({capturable}).",
            code="amount_too_large",
            param="amount_to_capture",
        )
    return amount


def _tell(call: Call, intent: Document, charge: Document, order: str | None) -> None:
    call.emit("charge.captured", charge, order)
    if intent["status"] == "succeeded":
        call.emit("payment_intent.succeeded", intent, order)
    else:
        call.emit("payment_intent.amount_capturable_updated", intent, order)
    _dispute_later(call.world, charge)


def _dispute_later(world: World, charge: Document) -> None:
    if BY_TOKEN[charge["_"]["card"]].disputed:
        world.timers.after(1, FUTURE_DISPUTE, {"charge": charge["id"]})
