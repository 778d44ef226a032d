"""Stripe's words for money, and the domain's: declines, intents, refunds."""

from datetime import UTC, datetime

import stripe

from domain.failures import Mismatch, NotDone, Refused
from domain.payment import Authorization, Captured, Decline, DeclineKind, NotCaptured
from providers.failures import of_stripe
from providers.stripe_risk import assessment
from providers.stripe_units import from_stripe

DECLINES: dict[str, DeclineKind] = {
    "insufficient_funds": DeclineKind.FUNDS,
    "withdrawal_count_limit_exceeded": DeclineKind.FUNDS,
    "card_velocity_exceeded": DeclineKind.FUNDS,
    "authentication_required": DeclineKind.AUTHENTICATION,
    "authentication_not_handled": DeclineKind.AUTHENTICATION,
    "mobile_device_authentication_required": DeclineKind.AUTHENTICATION,
    "offline_pin_required": DeclineKind.AUTHENTICATION,
    "online_or_offline_pin_required": DeclineKind.AUTHENTICATION,
    "payment_intent_authentication_failure": DeclineKind.AUTHENTICATION,
    "expired_card": DeclineKind.EXPIRED,
    "fraudulent": DeclineKind.HARD,
    "highest_risk_level": DeclineKind.HARD,
    "lost_card": DeclineKind.HARD,
    "merchant_blacklist": DeclineKind.HARD,
    "pickup_card": DeclineKind.HARD,
    "restricted_card": DeclineKind.HARD,
    "revocation_of_all_authorizations": DeclineKind.HARD,
    "security_violation": DeclineKind.HARD,
    "stolen_card": DeclineKind.HARD,
}
"""Stripe, "Decline codes" and "Error codes". Every other refusal of a card leaves another to try;
who pays with a stolen one is not asked for the next."""

_OF_THE_CARD = frozenset({"card_declined", "incorrect_cvc", "incorrect_number", "processing_error"})

AMOUNT_DECLINES = frozenset({"amount_too_small", "amount_too_large"})
"""Limits that only Stripe knows: after conversion to the account's currency, by card network."""

_MESSAGE_LENGTH = 250
ABANDONED = "abandoned"
"""The cancellation reason of an intent that wanted 3-D Secure: nobody is there to pass it."""


def decline_of(error: stripe.StripeError) -> Decline:
    """A card error, or a refusal that is the customer's to solve, as a decline."""
    details = error.error
    reason = getattr(details, "decline_code", None) if details is not None else None
    return _decline(reason, error.code, error.user_message)


def decline_of_intent(intent: stripe.PaymentIntent) -> Decline:
    """Why an intent that holds no money does not."""
    if intent.status == "canceled":
        if intent.cancellation_reason == ABANDONED:
            return authentication_needed()
        reason = intent.cancellation_reason or "canceled"
        return Decline(kind=DeclineKind.EXPIRED, code=reason, message="The payment was canceled.")
    last = intent.last_payment_error
    if last is not None:
        return _decline(last.decline_code, last.code, last.message)
    if intent.status == "requires_action":
        return authentication_needed()
    return Decline(
        kind=DeclineKind.HARD, code=intent.status, message="The payment was not authorized."
    )


def authentication_needed() -> Decline:
    """The bank wants the customer, who is not there."""
    return Decline(
        kind=DeclineKind.AUTHENTICATION,
        code="authentication_required",
        message="Your bank asks you to confirm this payment. Please order again and confirm it.",
    )


def _decline(reason: str | None, code: str | None, message: str | None) -> Decline:
    word = reason or code or ""
    kind = DECLINES.get(word) or DECLINES.get(code or "") or _usual(code)
    said = message or "The payment was declined."
    return Decline(kind=kind, code=word[:_MESSAGE_LENGTH], message=said[:_MESSAGE_LENGTH])


def _usual(code: str | None) -> DeclineKind:
    return DeclineKind.CARD if code in _OF_THE_CARD else DeclineKind.HARD


def authorization(intent: stripe.PaymentIntent) -> Authorization:
    """What an intent holds, until when. Needs ``latest_charge`` expanded."""
    return Authorization(
        reference=intent.id,
        money=from_stripe(intent.amount_capturable + intent.amount_received, intent.currency),
        capture_before=_capture_before(intent),
        assessment=assessment(intent),
        multicapture=_several(intent),
    )


def _card(intent: stripe.PaymentIntent) -> object | None:
    charge = intent.latest_charge
    details = charge.payment_method_details if isinstance(charge, stripe.Charge) else None
    return None if details is None else getattr(details, "card", None)


def _several(intent: stripe.PaymentIntent) -> bool:
    offered = getattr(_card(intent), "multicapture", None)
    return getattr(offered, "status", None) == "available"


def _capture_before(intent: stripe.PaymentIntent) -> datetime | None:
    card = _card(intent)
    moment = None if card is None else getattr(card, "capture_before", None)
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def was_held(intent: stripe.PaymentIntent) -> int:
    """What a canceled intent held before, in Stripe's units. Needs ``latest_charge`` expanded."""
    charge = intent.latest_charge
    approved = isinstance(charge, stripe.Charge) and charge.status == "succeeded"
    return intent.amount - intent.amount_received if approved else 0


def captured(
    intent: stripe.PaymentIntent, units: int, before: int = 0
) -> Captured | NotCaptured | None:
    """What became of a capture of ``units`` beyond those ``before``; None while the money is still
    held.

    Raises:
        Mismatch: another amount was captured.
    """
    taken = intent.amount_received - before
    if taken == units:
        rest = 0 if intent.status == "requires_capture" else intent.amount - intent.amount_received
        return Captured(
            reference=intent.id,
            money=from_stripe(units, intent.currency),
            released=from_stripe(rest, intent.currency) if rest > 0 else None,
        )
    if taken or (intent.status == "succeeded" and not before):
        words = f"{intent.id} has {intent.amount_received} {intent.currency} captured"
        raise Mismatch("stripe", f"{words}, not {before + units}")
    match intent.status:
        case "succeeded":
            return NotCaptured(reason="what was left of the authorization is not held any more")
        case "requires_capture" | "processing":
            return None
        case "canceled":
            lapsed = intent.cancellation_reason in ("automatic", "expired")
            why = "the authorization has lapsed" if lapsed else "the authorization was canceled"
            return NotCaptured(reason=f"{why} ({intent.cancellation_reason or 'no reason given'})")
        case _:
            return NotCaptured(reason=f"{intent.id} holds no money, it is {intent.status}")


def refusal(error: stripe.StripeError) -> Refused | NotDone:
    """An error that is certainly without effect, as it is."""
    failure = of_stripe(error, doubtful=False)
    return failure if isinstance(failure, Refused | NotDone) else Refused("stripe", str(error))
