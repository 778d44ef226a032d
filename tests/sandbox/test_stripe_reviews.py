"""Radar in the sandbox: risky payments are put into review, and people decide about them."""

import pytest
import stripe

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.payments import authorize, charge_of

RISKY = "pm_card_riskLevelElevated"


def test_a_risky_payment_is_put_into_review(gateway: stripe.StripeClient) -> None:
    charge = charge_of(authorize(gateway, payment_method=RISKY))
    assert charge.outcome is not None
    assert charge.outcome.risk_level == "elevated"
    [review] = gateway.v1.reviews.list().data
    assert (review.id, review.open, review.reason) == (charge.review, True, "rule")
    assert charge_of(authorize(gateway)).review is None


def test_an_approval_closes_it_and_leaves_the_money_held(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, payment_method=RISKY)
    review = str(charge_of(intent).review)
    approved = gateway.v1.reviews.approve(review)
    assert (approved.open, approved.closed_reason) == (False, "approved")
    assert gateway.v1.reviews.list().data == []
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        gateway.v1.reviews.approve(review)


def test_a_refund_of_what_is_only_held_lets_it_go(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway, payment_method=RISKY)
    sandbox.decide_review(intent.id, "refunded_as_fraud")
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "canceled"
    review = gateway.v1.reviews.retrieve(str(charge_of(intent).review))
    assert review.closed_reason == "refunded_as_fraud"
    assert len(sandbox.ledger("stripe", kind="void")) == 1
    with pytest.raises(SandboxRefusedError):
        sandbox.decide_review(intent.id, "approved")


def test_a_canceled_payment_needs_no_review_any_more(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, payment_method=RISKY)
    gateway.v1.payment_intents.cancel(intent.id)
    review = gateway.v1.reviews.retrieve(str(charge_of(intent).review))
    assert (review.open, review.closed_reason) == (False, "canceled")


def test_somebody_may_put_a_payment_into_review(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    sandbox.open_review(intent.id)
    [review] = gateway.v1.reviews.list().data
    assert (review.payment_intent, review.opened_reason) == (intent.id, "manual")
    with pytest.raises(SandboxRefusedError):
        sandbox.open_review(intent.id)
