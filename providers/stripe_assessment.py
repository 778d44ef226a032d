"""What Stripe thinks of a payment by now, with the review by people in Radar."""

import stripe

from domain.failures import Mismatch
from domain.risk import Assessment
from providers.stripe_calls import StripeTurn
from providers.stripe_lookup import mark
from providers.stripe_risk import assessment
from providers.stripe_words import refusal


def assess(turn: StripeTurn, order_id: str, reference: str) -> Assessment:
    """What Stripe thinks of an intent by now.

    Raises:
        Mismatch: it is another order's.
        Refused: Stripe knows no such intent, or shows this key no reviews.
    """
    try:
        intent = turn.read(
            lambda options: turn.v1.payment_intents.retrieve(
                reference, {"expand": ["latest_charge.review"]}, options
            )
        )
    except stripe.InvalidRequestError as error:
        raise refusal(error) from error
    if mark(intent, "order") != order_id:
        raise Mismatch("stripe", f"{reference} does not bear the mark of {order_id}")
    return assessment(intent)
