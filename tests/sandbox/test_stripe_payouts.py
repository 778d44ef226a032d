"""Payouts: what is available leaves the balance, once, and is back in it when the bank says no."""

from datetime import timedelta

import pytest
import stripe

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.payments import authorize

WAIT = timedelta(days=3)


def captured(gateway: stripe.StripeClient, amount: int = 1999) -> stripe.BalanceTransaction:
    intent = authorize(gateway, amount=amount)
    params: stripe.params.PaymentIntentCaptureParams = {
        "expand": ["latest_charge.balance_transaction"]
    }
    charge = gateway.v1.payment_intents.capture(intent.id, params).latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    return charge.balance_transaction


def of(gateway: stripe.StripeClient, payout: str) -> list[stripe.BalanceTransaction]:
    return gateway.v1.balance_transactions.list({"payout": payout}).data


def test_a_payout_takes_what_is_available_and_leaves_what_is_pending(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    early = captured(gateway)
    sandbox.advance(WAIT)
    late = captured(gateway, 700)
    payout = sandbox.payout("eur")
    assert payout["amount"] == early.net
    assert {one.id for one in of(gateway, payout["id"]) if one.type != "payout"} == {early.id}
    balance = gateway.v1.balance.retrieve()
    assert [one.amount for one in balance.available] == [0]
    assert [one.amount for one in balance.pending] == [late.net]


def test_a_payout_is_paid_and_its_transactions_can_be_listed_once_the_bank_has_it(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    captured(gateway)
    sandbox.advance(WAIT)
    made = sandbox.payout("eur")
    assert (made["status"], made["reconciliation_status"]) == ("in_transit", "in_progress")
    sandbox.advance(5)
    payout = gateway.v1.payouts.retrieve(made["id"])
    assert (payout.status, payout.reconciliation_status) == ("paid", "completed")
    assert payout.amount == -sum(one.net for one in of(gateway, payout.id) if one.type == "payout")
    kinds = [one.kind for one in sandbox.ledger("stripe") if one.kind.startswith("payout")]
    assert kinds == ["payout", "payout_paid"]


def test_what_comes_back_from_the_bank_is_available_again_and_only_once(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    money = captured(gateway).net
    sandbox.advance(WAIT)
    first = sandbox.payout("eur", fails=True)
    sandbox.advance(5)
    assert gateway.v1.payouts.retrieve(first["id"]).failure_code == "account_closed"
    with pytest.raises(SandboxRefusedError, match="come back already"):
        sandbox.fail_payout(first["id"])
    second = sandbox.payout("eur")
    assert second["amount"] == money
    sandbox.advance(5)
    assert [one.amount for one in gateway.v1.balance.retrieve().available] == [0]
    assert [one.id for one in gateway.v1.payouts.list({"status": "failed"})] == [first["id"]]


def test_nothing_available_is_nothing_to_pay_out(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    captured(gateway)
    with pytest.raises(SandboxRefusedError, match="0 eur are available"):
        sandbox.payout("eur")


def test_a_payout_by_hand_knows_no_transactions(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    captured(gateway)
    sandbox.advance(WAIT)
    made = sandbox.payout("eur", automatic=False, amount=500)
    sandbox.advance(5)
    payout = gateway.v1.payouts.retrieve(made["id"])
    assert (payout.automatic, payout.reconciliation_status) == (False, "not_applicable")
    assert of(gateway, payout.id) == []
    (left,) = gateway.v1.balance.retrieve().available
    assert left.amount == captured(gateway).net - 500


def test_a_currency_that_the_account_does_not_settle_in_is_exchanged(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.configure(stripe={"settles": {"eur": {"currency": "usd", "rate": "1.1"}}})
    moved = captured(gateway, 1000)
    assert (moved.amount, moved.currency, moved.exchange_rate) == (1100, "usd", 1.1)
    assert moved.net == moved.amount - moved.fee


def test_a_won_dispute_is_a_category_of_its_own(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    dispute = sandbox.dispute(intent.id)
    sandbox.close_dispute(dispute["id"], "won")
    found = gateway.v1.balance_transactions.list({"source": dispute["id"]})
    assert [one.reporting_category for one in found] == ["dispute_reversal", "dispute"]
