"""Checking a PaymentIntent that a shop's checkout authorized by itself."""

import stripe

from domain.failures import UnknownOutcome
from domain.money import Money
from domain.payment import Authorization, Decline, DeclineKind
from providers.stripe_calls import StripeTurn
from providers.stripe_lookup import mark
from providers.stripe_units import from_stripe
from providers.stripe_words import authorization, decline_of_intent, refusal

_OUR_MARK = "ord_"


def verified(
    turn: StripeTurn, order_id: str, money: Money, reference: str
) -> Authorization | Decline:
    """The authorization, marked with the order in its metadata; or why it will not do.

    A mark of ours for another order is a refusal; a shop's own note under that name is not, and
    makes way.
    """
    intent = _retrieve(turn, reference)
    if intent is None:
        return _mismatch("resource_missing", f"there is no payment {reference}")
    if _captured_by_us(intent, order_id, money):
        return Authorization(reference=intent.id, money=money)
    decline = _objection(intent, order_id, money)
    if decline is not None:
        return decline
    if mark(intent, "order") != order_id:
        _mark(turn, order_id, reference)
    return authorization(intent)


def _captured_by_us(intent: stripe.PaymentIntent, order_id: str, money: Money) -> bool:
    """Whether an earlier run of the order has verified it and captured it since."""
    ours = mark(intent, "order") == order_id and intent.capture_method == "manual"
    if not ours or intent.status != "succeeded":
        return False
    return from_stripe(intent.amount, intent.currency) == money


def _retrieve(turn: StripeTurn, reference: str) -> stripe.PaymentIntent | None:
    try:
        return turn.read(
            lambda options: turn.v1.payment_intents.retrieve(
                reference, {"expand": ["latest_charge"]}, options
            )
        )
    except stripe.InvalidRequestError as error:
        if error.http_status == 404:
            return None
        raise refusal(error) from error


def _objection(intent: stripe.PaymentIntent, order_id: str, money: Money) -> Decline | None:
    owner = mark(intent, "order") or ""
    if owner.startswith(_OUR_MARK) and owner != order_id:
        return _mismatch("payment_intent_in_use", "this payment belongs to another order")
    if intent.status == "succeeded":
        return _mismatch("payment_intent_captured", "this payment was captured already")
    if intent.status != "requires_capture":
        return decline_of_intent(intent)
    if intent.capture_method != "manual":
        return _mismatch("payment_intent_automatic", "this payment is not captured by hand")
    return _difference(intent, money)


def _difference(intent: stripe.PaymentIntent, money: Money) -> Decline | None:
    try:
        held = from_stripe(intent.amount_capturable, intent.currency)
    except ValueError as error:
        return _mismatch("payment_intent_amount", str(error))
    if held == money:
        return None
    return _mismatch(
        "payment_intent_amount", f"this payment holds {held}, the order comes to {money}"
    )


def _mark(turn: StripeTurn, order_id: str, reference: str) -> None:
    def marked() -> stripe.PaymentIntent | None:
        now = _retrieve(turn, reference)
        return now if now is not None and mark(now, "order") == order_id else None

    try:
        turn.write(
            f"{order_id}:claim:{reference}",
            lambda options: turn.v1.payment_intents.update(
                reference, {"metadata": {"order": order_id}}, options
            ),
            marked,
            # Setting the mark twice does no harm, so a kept failure need not be believed twice.
            repeated=True,
        )
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        raise refusal(error) from error
    except UnknownOutcome:
        if marked() is None:
            raise


def _mismatch(code: str, message: str) -> Decline:
    return Decline(kind=DeclineKind.MISMATCH, code=code, message=message)
