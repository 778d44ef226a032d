"""Refunds at Stripe: made once, found again, and looked at until they have arrived.

Source: Stripe, "Refund and cancel payments" (pending and failed refunds), "The Refund object".
"""

from collections.abc import Callable

import stripe

from domain.attempt import Attempt
from domain.failures import Refused, UnknownOutcome
from domain.ids import order_of
from domain.money import Money
from domain.payment import Refunded, RefundStatus
from providers.stripe_calls import StripeTurn
from providers.stripe_dispute_words import no_refund
from providers.stripe_lookup import refund_of
from providers.stripe_units import chargeable, from_stripe, to_stripe
from providers.stripe_words import refusal

STATUSES = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
"""Stripe's words for how a refund stands. One that was cancelled never reached the customer."""


def refunded(refund: stripe.Refund) -> Refunded:
    """A refund as the domain has it.

    Raises:
        UnknownOutcome: its status is a word that nobody here knows.
    """
    status = STATUSES.get(refund.status or "")
    if status is None:
        raise UnknownOutcome("stripe", f"refund {refund.id} is {refund.status}")
    reason = ""
    if status is RefundStatus.FAILED:
        reason = f"{refund.status}: {refund.failure_reason or 'no reason given'}"
    return Refunded(
        reference=refund.id,
        money=from_stripe(refund.amount, refund.currency),
        status=status,
        reason=reason,
    )


def give_back(turn: StripeTurn, attempt: Attempt, reference: str, money: Money) -> Refunded:
    """Refund a part of what an intent captured. It is looked for first, whichever try this is: an
    order whose engine was restored does not know that it tried, and keys are kept for a day.

    Raises:
        Refused: Stripe gives no more back, or cannot give so little.
    """

    def known() -> stripe.Refund | None:
        return refund_of(turn, reference, attempt.key)

    whole = chargeable(money)
    if not whole.amount:
        raise Refused("stripe", f"{money} is less than Stripe can give back")
    found = known() or create(turn, attempt, reference, to_stripe(whole), known)
    return refunded(found)


def look_at_refund(turn: StripeTurn, refund: str) -> Refunded:
    """A refund as it stands now.

    Raises:
        Refused: Stripe knows no such refund.
    """
    try:
        return refunded(turn.read(lambda options: turn.v1.refunds.retrieve(refund, {}, options)))
    except stripe.InvalidRequestError as error:
        raise refusal(error) from error


def create(
    turn: StripeTurn,
    attempt: Attempt,
    reference: str,
    units: int,
    known: Callable[[], stripe.Refund | None],
) -> stripe.Refund:
    """Make a refund under the operation's key; where its outcome is not heard it is looked up.

    Raises:
        Refused: Stripe gives no more back.
        Disputed: a dispute that is open or lost stands in the way.
    """
    params: stripe.params.RefundCreateParams = {
        "payment_intent": reference,
        "amount": units,
        "metadata": {
            "order": order_of(attempt.key.partition(":")[0]),
            "operation": attempt.key,
        },
    }
    try:
        return turn.write(
            attempt.key,
            lambda options: turn.v1.refunds.create(params, options),
            known,
            attempt.repeated,
        )
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        found = known()
        if found is None:
            raise no_refund(turn, reference, error) from error
    except UnknownOutcome:
        found = known()
        if found is None:
            raise
    return found
