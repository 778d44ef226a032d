"""Stripe's words for disputes, and what a refund that one stands in the way of is told.

Source: Stripe, "The Dispute object" (status), "Error codes" (charge_disputed).
"""

import stripe

from domain.disputes import DisputeState, objection
from domain.failures import Disputed, NotDone, ProviderFailure, Refused
from providers.stripe_calls import StripeTurn
from providers.stripe_words import refusal

_S = DisputeState
STATES = {
    "warning_needs_response": _S.INQUIRY,
    "warning_under_review": _S.INQUIRY_UNDER_REVIEW,
    "warning_closed": _S.INQUIRY_CLOSED,
    "needs_response": _S.NEEDS_RESPONSE,
    "under_review": _S.UNDER_REVIEW,
    "won": _S.WON,
    "lost": _S.LOST,
    "prevented": _S.PREVENTED,
    "appeal_needs_response": _S.APPEAL_NEEDS_RESPONSE,
    "appeal_under_review": _S.APPEAL_UNDER_REVIEW,
}
"""Stripe's words for where a dispute is. Every other is one that nobody here knows yet."""

_DISPUTED = "charge_disputed"


def no_refund(
    turn: StripeTurn, payment: str, error: stripe.StripeError
) -> Refused | NotDone | Disputed:
    """Why a refund is refused: in our own words where a dispute stands in its way, which may be
    news to us."""
    if error.code != _DISPUTED:
        return refusal(error)
    try:
        page = turn.read(
            lambda options: turn.v1.disputes.list({"payment_intent": payment}, options)
        )
    except (ProviderFailure, stripe.InvalidRequestError):
        return Disputed("stripe", str(error.user_message or error))
    known = ((one.id, STATES.get(one.status)) for one in page.data)
    words = [objection(name, state) for name, state in known if state is not None]
    found = next((one for one in words if one), "")
    return Disputed("stripe", found or str(error.user_message or error))
