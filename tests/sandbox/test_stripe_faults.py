"""Stripe's own kinds of trouble, scripted by order and by nth call."""

import pytest
import stripe

from sandbox.client import SandboxClient
from tests.sandbox.payments import authorize, stripe_client


def test_a_decline_can_be_scripted_for_one_order(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.fault(
        "stripe", "authorize", "decline", order="ord_2", times=None, decline_code="do_not_honor"
    )
    assert authorize(gateway).status == "requires_capture"
    with pytest.raises(stripe.CardError) as declined:
        authorize(gateway, metadata={"order": "ord_2"})
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "do_not_honor"
    [entry] = sandbox.ledger("stripe", kind="decline")
    assert (entry.order, entry.data["decline_code"]) == ("ord_2", "do_not_honor")


def test_the_second_authorization_has_insufficient_funds(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.fault("stripe", "authorize", "insufficient_funds", nth=2)
    authorize(gateway)
    with pytest.raises(stripe.CardError, match="insufficient funds"):
        authorize(gateway)
    authorize(gateway)


def test_any_card_can_be_made_to_ask_for_3d_secure(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.fault("stripe", "authorize", "three_d_secure")
    intent = authorize(gateway)
    assert intent.status == "requires_action"
    assert sandbox.complete_3ds(intent.id)["status"] == "requires_capture"


def test_confirming_later_counts_as_authorizing(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.fault("stripe", "authorize", "decline")
    intent = gateway.v1.payment_intents.create(
        {"amount": 100, "currency": "eur", "allowed_payment_method_types": ["card"]}
    )
    with pytest.raises(stripe.CardError):
        gateway.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})


def test_the_authorization_can_run_out_at_the_moment_of_capture(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    sandbox.fault("stripe", "capture", "expired")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.capture(intent.id)
    assert refused.value.code == "charge_expired_for_capture"
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "canceled"
    kinds = [entry.kind for entry in sandbox.ledger("stripe")]
    assert kinds == ["authorization", "authorization_expired"]


def test_a_capture_can_be_declined_and_tried_again(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    sandbox.fault("stripe", "capture", "decline")
    with pytest.raises(stripe.CardError):
        gateway.v1.payment_intents.capture(intent.id)
    assert gateway.v1.payment_intents.capture(intent.id).status == "succeeded"


def test_429_says_when_to_come_back_and_the_sdk_does_not_retry_it(sandbox: SandboxClient) -> None:
    rule = sandbox.fault("stripe", "authorize", "rate_limit", retry_after=3, times=None)
    with pytest.raises(stripe.RateLimitError) as limited:
        authorize(stripe_client(sandbox.base("stripe"), retries=2))
    assert limited.value.headers is not None
    assert limited.value.headers["Retry-After"] == "3"
    assert sandbox.fired(rule) == 1


def test_500_then_success(sandbox: SandboxClient) -> None:
    rule = sandbox.fault("stripe", "authorize", "http_error", status=503, times=2)
    assert authorize(stripe_client(sandbox.base("stripe"))).status == "requires_capture"
    assert sandbox.fired(rule) == 2
    assert len(sandbox.ledger("stripe", kind="authorization")) == 1


def test_every_third_call_can_be_limited(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    for nth in (3, 6):
        sandbox.fault("stripe", "retrieve_balance", "rate_limit", nth=nth)
    outcomes: list[bool] = []
    for _ in range(6):
        try:
            gateway.v1.balance.retrieve()
            outcomes.append(True)
        except stripe.RateLimitError:
            outcomes.append(False)
    assert outcomes == [True, True, False, True, True, False]


def test_a_refund_can_be_pending_first(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway, capture_method="automatic")
    sandbox.fault("stripe", "refund", "pending", seconds=3600)
    refund = gateway.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    sandbox.advance(3600)
    assert gateway.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_a_refund_can_fail_afterwards_and_be_made_again(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway, capture_method="automatic")
    sandbox.fault("stripe", "refund", "fail", seconds=3600)
    refund = gateway.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    sandbox.advance(3600)
    failed = gateway.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert gateway.v1.refunds.create({"payment_intent": intent.id}).amount == 1999
    kinds = [entry.kind for entry in sandbox.ledger("stripe")]
    assert kinds == ["authorization", "capture", "refund", "refund_failed", "refund"]
