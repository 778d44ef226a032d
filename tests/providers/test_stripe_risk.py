"""Stripe's word on risk: read from the charge, looked up with the review, every member known."""

from typing import get_args

import pytest
import stripe

from domain.failures import Mismatch, Refused
from domain.payment import Authorization, AuthorizeMethod, ExistingIntent
from domain.risk import Assessment, ProviderReview, RiskLevel
from providers.stripe_payment import StripePayment
from providers.stripe_risk import CLOSED, RISKS
from sandbox.client import SandboxClient
from tests.providers.samples import ORDER, eur
from tests.providers.stripe_looks import authorize

RISKY = AuthorizeMethod(payment_method="pm_card_riskLevelElevated")
IN_REVIEW = Assessment(risk=RiskLevel.ELEVATED, review=ProviderReview.OPEN)


def held(payment: StripePayment, method: AuthorizeMethod = RISKY) -> Authorization:
    outcome = authorize(payment, method=method)
    assert isinstance(outcome, Authorization)
    return outcome


def test_an_authorization_says_what_stripe_thinks_of_it(payment: StripePayment) -> None:
    assert held(payment).assessment == IN_REVIEW


def test_an_ordinary_card_is_no_reason_to_look(payment: StripePayment) -> None:
    fine = held(payment, AuthorizeMethod(payment_method="pm_card_visa")).assessment
    assert fine == Assessment(risk=RiskLevel.NORMAL)
    assert (fine.risky, fine.disputed_by_people) == (False, False)


def test_so_does_a_checkout_s_intent_that_is_verified(payment: StripePayment) -> None:
    before = held(payment)
    again = payment.verify(ORDER, eur(2500), ExistingIntent(payment_intent=before.reference))
    assert isinstance(again, Authorization)
    assert again.assessment == IN_REVIEW


@pytest.mark.parametrize(
    ("outcome", "review"),
    [
        ("approved", ProviderReview.APPROVED),
        ("refunded", ProviderReview.REJECTED),
        ("refunded_as_fraud", ProviderReview.REJECTED),
    ],
)
def test_what_people_decided_there_is_looked_up(
    sandbox: SandboxClient, payment: StripePayment, outcome: str, review: ProviderReview
) -> None:
    reference = held(payment).reference
    assert payment.assess(ORDER, reference) == IN_REVIEW
    sandbox.decide_review(reference, outcome)
    assert payment.assess(ORDER, reference) == Assessment(risk=RiskLevel.ELEVATED, review=review)


def test_a_review_that_somebody_opens_later_is_seen(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    reference = held(payment, AuthorizeMethod(payment_method="pm_card_visa")).reference
    assert payment.assess(ORDER, reference).review is ProviderReview.NONE
    sandbox.open_review(reference)
    assert payment.assess(ORDER, reference).review is ProviderReview.OPEN


def test_another_order_s_payment_and_none_at_all_are_refused(payment: StripePayment) -> None:
    reference = held(payment).reference
    with pytest.raises(Mismatch):
        payment.assess("ord_2", reference)
    with pytest.raises(Refused):
        payment.assess(ORDER, "pi_nobody")


def test_every_way_in_which_the_sdk_says_that_a_review_ends_is_known() -> None:
    hint = stripe.Review.__annotations__["closed_reason"]
    assert {word for part in get_args(hint) for word in get_args(part)} == set(CLOSED)


def test_every_risk_level_is_found_somewhere() -> None:
    assert set(RISKS.values()) == set(RiskLevel)
