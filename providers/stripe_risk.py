"""Stripe's words for risk, and the domain's: risk levels of charges, reviews in Radar.

Source: Stripe, "The Charge object" (``outcome.risk_level``, ``review``), "The Review object".
"""

import stripe

from domain.risk import Assessment, ProviderReview, RiskLevel

RISKS: dict[str, RiskLevel] = {
    "normal": RiskLevel.NORMAL,
    "elevated": RiskLevel.ELEVATED,
    "highest": RiskLevel.HIGHEST,
    "not_assessed": RiskLevel.UNKNOWN,
    "unknown": RiskLevel.UNKNOWN,
}
CLOSED: dict[str, ProviderReview] = {
    "approved": ProviderReview.APPROVED,
    "refunded": ProviderReview.REJECTED,
    "refunded_as_fraud": ProviderReview.REJECTED,
    "disputed": ProviderReview.REJECTED,
    "canceled": ProviderReview.NONE,
    "payment_never_settled": ProviderReview.NONE,
    "acknowledged": ProviderReview.NONE,
    "redacted": ProviderReview.NONE,
}
"""By ``closed_reason``. A payment that ended meanwhile leaves a review that decided nothing; so
does one that was only acknowledged (of a bank debit): nothing says that it was approved."""


def assessment(intent: stripe.PaymentIntent) -> Assessment:
    """What an intent's charge says. Needs ``latest_charge`` expanded.

    A review of which only the id is there counts as open.
    """
    charge = intent.latest_charge
    if not isinstance(charge, stripe.Charge):
        return Assessment()
    level = None if charge.outcome is None else charge.outcome.risk_level
    return Assessment(risk=RISKS.get(level or "", RiskLevel.UNKNOWN), review=_review(charge))


def _review(charge: stripe.Charge) -> ProviderReview:
    review = charge.review
    if review is None:
        return ProviderReview.NONE
    if isinstance(review, str) or review.open:
        return ProviderReview.OPEN
    return CLOSED.get(review.closed_reason or "", ProviderReview.NONE)
