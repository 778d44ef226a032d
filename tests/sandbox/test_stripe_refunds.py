"""Refunds never exceed what was captured; disputes stop them."""

import pytest
import stripe

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.payments import authorize, charge_of


def captured(gateway: stripe.StripeClient, **card: str) -> stripe.PaymentIntent:
    method = card.get("payment_method", "pm_card_visa")
    return authorize(gateway, capture_method="automatic", payment_method=method)


def test_refunds_add_up_to_what_was_captured_and_no_further(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = captured(gateway)
    gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 500})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 1500})
    rest = gateway.v1.refunds.create({"payment_intent": intent.id})
    assert rest.amount == 1499
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
    assert refused.value.code == "charge_already_refunded"
    entries = sandbox.ledger("stripe", kind="refund", order="ord_1")
    assert [entry.data["amount"] for entry in entries] == [500, 1499]


def test_a_partial_capture_is_refunded_up_to_that_part(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 700})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 701})
    assert gateway.v1.refunds.create({"payment_intent": intent.id}).amount == 700


def test_what_was_only_authorized_is_cancelled_not_refunded(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway)
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        gateway.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"charge": charge_of(intent).id})
    assert refused.value.code == "charge_not_refundable"


def test_refunds_are_listed_by_intent_without_what_was_only_released(
    gateway: stripe.StripeClient,
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 200})
    listed = gateway.v1.refunds.list({"payment_intent": intent.id}).data
    assert [refund.amount for refund in listed] == [200]
    charge = gateway.v1.charges.list({"payment_intent": intent.id}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (200, False)


def test_a_refund_belongs_to_the_order_of_its_payment(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = captured(gateway)
    gateway.v1.refunds.create({"charge": charge_of(intent).id, "amount": 100})
    [entry] = sandbox.ledger("stripe", kind="refund")
    assert (entry.order, entry.data["intent"]) == ("ord_1", intent.id)


def test_the_balance_is_captures_less_fees_refunds_and_disputes(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    first, second = captured(gateway), captured(gateway)
    gateway.v1.refunds.create({"payment_intent": first.id})
    sandbox.dispute(second.id)
    fees = sum(entry.data["fee"] for entry in sandbox.ledger("stripe", kind="capture"))
    [pending] = gateway.v1.balance.retrieve().pending
    assert (pending.amount, pending.currency) == (-fees - 1500, "eur")


def test_a_disputed_charge_cannot_be_refunded_until_it_is_won(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = captured(gateway)
    dispute = sandbox.dispute(intent.id, reason="product_not_received")
    assert gateway.v1.disputes.retrieve(dispute["id"]).reason == "product_not_received"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"
    sandbox.close_dispute(dispute["id"], "won")
    assert gateway.v1.refunds.create({"payment_intent": intent.id}).amount == 1999
    kinds = [entry.kind for entry in sandbox.ledger("stripe", order="ord_1")]
    assert kinds == ["authorization", "capture", "dispute", "dispute_won", "refund"]


def test_only_captured_money_is_disputed_and_only_once(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    with pytest.raises(SandboxRefusedError, match="no charge that can be disputed"):
        sandbox.dispute(intent.id)
    gateway.v1.payment_intents.capture(intent.id)
    sandbox.dispute(intent.id)
    with pytest.raises(SandboxRefusedError, match="no charge that can be disputed"):
        sandbox.dispute(intent.id)


def test_the_cards_for_refunds_and_disputes_behave_as_named(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intents = {
        name: captured(gateway, payment_method=f"pm_card_{name}").id
        for name in ("pendingRefund", "refundFail", "createDispute")
    }
    pending = gateway.v1.refunds.create({"payment_intent": intents["pendingRefund"]})
    failing = gateway.v1.refunds.create({"payment_intent": intents["refundFail"]})
    assert (pending.status, failing.status) == ("pending", "succeeded")
    sandbox.advance(5)
    assert gateway.v1.refunds.retrieve(pending.id).status == "succeeded"
    assert gateway.v1.refunds.retrieve(failing.id).status == "failed"
    [dispute] = sandbox.ledger("stripe", kind="dispute")
    assert dispute.data["intent"] == intents["createDispute"]
