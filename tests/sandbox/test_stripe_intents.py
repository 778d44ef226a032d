"""PaymentIntents through Stripe's own SDK: authorize, capture, cancel, expire."""

from datetime import timedelta

import pytest
import stripe

from sandbox.client import SandboxClient
from tests.sandbox.payments import (
    ORDER,
    authorize,
    capture_before,
    charge_of,
    error_intent,
    intent_params,
)
from tests.sandbox.receiver import wait_until

DAY = 86400


def kinds(sandbox: SandboxClient, order: str = ORDER) -> list[str]:
    return [entry.kind for entry in sandbox.ledger("stripe", order=order)]


def test_a_manual_intent_holds_the_money_until_captured(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    assert intent.status == "requires_capture"
    assert (intent.amount_capturable, intent.amount_received) == (1999, 0)
    assert charge_of(intent).captured is False
    assert capture_before(intent) == charge_of(intent).created + 7 * DAY
    captured = gateway.v1.payment_intents.capture(intent.id)
    assert captured.status == "succeeded"
    assert (captured.amount_capturable, captured.amount_received) == (0, 1999)
    assert kinds(sandbox) == ["authorization", "capture"]
    capture = sandbox.ledger("stripe", kind="capture")[0].data
    assert (capture["amount"], capture["currency"], capture["intent"]) == (1999, "eur", intent.id)


def test_an_automatic_intent_is_captured_at_once(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, capture_method="automatic")
    assert intent.status == "succeeded"
    assert intent.amount_received == 1999
    assert charge_of(intent).captured is True


def test_an_intent_can_be_made_first_and_confirmed_later(gateway: stripe.StripeClient) -> None:
    params = intent_params(confirm=False)
    del params["payment_method"]
    intent = gateway.v1.payment_intents.create(params)
    assert intent.status == "requires_payment_method"
    intent = gateway.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_confirmation"
    assert gateway.v1.payment_intents.confirm(intent.id).status == "requires_capture"


def test_a_partial_capture_lets_the_rest_go(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    done = gateway.v1.payment_intents.capture(
        intent.id, {"amount_to_capture": 1500, "expand": ["latest_charge.balance_transaction"]}
    )
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    charge = charge_of(done)
    assert (charge.amount_captured, charge.amount_refunded) == (1500, 0)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.net == 1500 - charge.balance_transaction.fee
    assert sandbox.ledger("stripe", kind="capture")[0].data["released"] == 499
    with pytest.raises(stripe.InvalidRequestError, match="has a status of succeeded"):
        gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 499})


def test_no_more_than_the_authorized_amount_is_captured(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert refused.value.code == "amount_too_large"
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_multicapture_takes_several_parts_and_ends_with_the_final_one(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(
        gateway, payment_method_options={"card": {"request_multicapture": "if_available"}}
    )
    part = gateway.v1.payment_intents.capture(
        intent.id, {"amount_to_capture": 1000, "final_capture": False}
    )
    assert (part.status, part.amount_received, part.amount_capturable) == (
        "requires_capture",
        1000,
        999,
    )
    done = gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 500})
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    amounts = [entry.data["amount"] for entry in sandbox.ledger("stripe", kind="capture")]
    assert amounts == [1000, 500]


def test_multicapture_must_have_been_asked_for(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway)
    with pytest.raises(stripe.InvalidRequestError, match="multicapture"):
        gateway.v1.payment_intents.capture(
            intent.id, {"amount_to_capture": 1000, "final_capture": False}
        )


def test_a_cancelled_authorization_is_void_and_cannot_be_captured(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    gone = gateway.v1.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (gone.status, gone.amount_capturable) == ("canceled", 0)
    assert gone.cancellation_reason == "requested_by_customer"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.capture(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert error_intent(refused.value).status == "canceled"
    assert kinds(sandbox) == ["authorization", "void"]


def test_a_captured_intent_cannot_be_cancelled_or_confirmed_again(
    gateway: stripe.StripeClient,
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    for again in (gateway.v1.payment_intents.cancel, gateway.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            again(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_cancelling_before_authorization_voids_nothing(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = gateway.v1.payment_intents.create(intent_params(confirm=False))
    assert gateway.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert kinds(sandbox) == []


def test_an_authorization_ends_at_capture_before(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    sandbox.advance(timedelta(days=7) - timedelta(minutes=1))
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    sandbox.advance(60)
    ended = gateway.v1.payment_intents.retrieve(intent.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "expired")
    assert kinds(sandbox) == ["authorization", "authorization_expired"]
    with pytest.raises(stripe.InvalidRequestError, match="has a status of canceled"):
        gateway.v1.payment_intents.capture(intent.id)


def test_how_long_an_authorization_lasts_is_a_setting(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.configure(stripe={"authorization_days": 0.00001})
    intent = authorize(gateway)
    wait_until(
        lambda: gateway.v1.payment_intents.retrieve(intent.id).status == "canceled",
        "the authorization to end in real time",
    )


def test_a_captured_payment_never_expires(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    sandbox.advance(timedelta(days=30))
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert kinds(sandbox) == ["authorization", "capture"]


def test_visa_gives_less_time_when_the_customer_is_away(gateway: stripe.StripeClient) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    method = gateway.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    intent = authorize(gateway, customer=customer, payment_method=method, off_session=True)
    assert capture_before(intent) == charge_of(intent).created + 4 * DAY + 18 * 3600
