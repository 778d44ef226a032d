"""Holding money at Stripe once more, when the customer is not there.

Source: Stripe, "Charge saved cards", "Place a hold on a payment method".
"""

import stripe

from domain.attempt import Attempt
from domain.money import Money
from domain.payment import Authorization, ConfirmationNeeded, Decline, DeclineKind
from providers.stripe_authorization import hold, in_parts, outcome_of, params_of
from providers.stripe_calls import StripeTurn
from providers.stripe_lookup import intent_of, mark, retrieve
from providers.stripe_words import authentication_needed

_RENEWS = "renews"
"""The mark of an intent that follows another: its method was kept with that one."""


def renew(
    turn: StripeTurn,
    attempt: Attempt,
    order_id: str,
    money: Money,
    reference: str,
    *,
    parts: bool = False,
) -> Authorization | Decline:
    """Hold ``money`` by the method of the intent ``reference``, off-session, or say why not.

    Raises:
        Refused: Stripe knows no such intent, or no such amount.
    """
    before = retrieve(turn, reference)
    account, method = _id_of(before.customer), _id_of(before.payment_method)
    if account is None or method is None or not _was_kept(before):
        return Decline(
            kind=DeclineKind.CARD,
            code="method_not_kept",
            message=(
                "The payment method was not kept for later, so the payment has to be made again."
            ),
        )

    def params() -> stripe.params.PaymentIntentCreateParams:
        wanted = params_of(attempt, order_id, money, method, account)
        wanted["metadata"] = {"order": order_id, "operation": attempt.key, _RENEWS: reference}
        wanted["off_session"] = True
        return in_parts(wanted) if parts else wanted

    def known() -> stripe.PaymentIntent | None:
        return intent_of(turn, order_id, attempt.key, attempt.first_at, account)

    intent = hold(turn, attempt, order_id, params, known)
    if isinstance(intent, Decline):
        return intent
    outcome = outcome_of(money, intent, attempt.repeated)
    return authentication_needed() if isinstance(outcome, ConfirmationNeeded) else outcome


def _was_kept(intent: stripe.PaymentIntent) -> bool:
    return intent.setup_future_usage == "off_session" or mark(intent, _RENEWS) is not None


def _id_of(named: "str | stripe.Customer | stripe.PaymentMethod | None") -> str | None:
    return named if named is None or isinstance(named, str) else named.id
