"""Giving captured money back by Stripe: once per operation, never more than was taken."""

from datetime import timedelta

import pytest

from domain.failures import Refused
from domain.payment import Authorization, Refunded
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import GENERAL, STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import ORDER, PAYER, VISA, eur

KEY = f"{ORDER}-s1:refund:1"
LONG_AGO = timedelta(hours=25)


@pytest.fixture
def reference(payment: StripePayment) -> str:
    """A capture of 25.00 EUR."""
    held = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), VISA, PAYER)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2500))
    return held.reference


def given_back(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", order=ORDER, kind="refund")


def test_captured_money_is_given_back(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    outcome = payment.refund(first(KEY), reference, eur(1000))
    assert outcome.money == eur(1000)
    [entry] = given_back(sandbox)
    assert (entry.data["refund"], entry.data["amount"]) == (outcome.reference, 1000)


def test_two_operations_are_two_refunds(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    payment.refund(first(KEY), reference, eur(1000))
    payment.refund(first(f"{ORDER}-s1:refund:2"), reference, eur(1500))
    assert [entry.data["amount"] for entry in given_back(sandbox)] == [1000, 1500]


def test_a_repeated_attempt_gets_the_same_answer(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    outcome = payment.refund(first(KEY), reference, eur(1000))
    assert payment.refund(again(first(KEY)), reference, eur(1000)) == outcome
    sandbox.advance(LONG_AGO)
    late = again(first(KEY, ago=LONG_AGO), 9)
    assert payment.refund(late, reference, eur(1000)) == outcome
    assert len(given_back(sandbox)) == 1


def test_more_than_was_taken_is_refused_in_words(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    payment.refund(first(KEY), reference, eur(2000))
    with pytest.raises(Refused, match="greater than"):
        payment.refund(first(f"{ORDER}-s1:refund:2"), reference, eur(1000))
    assert len(given_back(sandbox)) == 1


def test_disputed_money_is_not_given_back(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.dispute(reference)
    with pytest.raises(Refused, match="is open"):
        payment.refund(first(KEY), reference, eur(1000))
    assert given_back(sandbox) == []


def test_a_refund_that_takes_its_time_counts_and_one_that_came_back_does_not(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.fault("stripe", "refund", "pending")
    assert payment.refund(first(KEY), reference, eur(500)).money == eur(500)
    sandbox.fault("stripe", "refund", "fail")
    failing = first(f"{ORDER}-s1:refund:2")
    assert payment.refund(failing, reference, eur(700)).money == eur(700)
    sandbox.advance(60)
    with pytest.raises(Refused, match="failed"):
        payment.refund(again(failing), reference, eur(700))


@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_the_money_is_given_back_once_whatever_goes_wrong(
    sandbox: SandboxClient, payment: StripePayment, reference: str, trouble: Trouble, times: int
) -> None:
    sandbox.fault("stripe", "refund", trouble.kind, times=times, **trouble.params)
    outcome, _ = until_done(
        lambda attempt: payment.refund(attempt, reference, eur(1000)), first(KEY)
    )
    assert isinstance(outcome, Refunded)
    assert [entry.data["refund"] for entry in given_back(sandbox)] == [outcome.reference]


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_look_up_that_fails_gives_nothing_back_twice(
    sandbox: SandboxClient, payment: StripePayment, reference: str, trouble: Trouble
) -> None:
    sandbox.fault("stripe", "refund", "drop_after", times=3)
    sandbox.fault("stripe", "list_refunds", trouble.kind, times=3, **trouble.params)
    outcome, _ = until_done(
        lambda attempt: payment.refund(attempt, reference, eur(1000)), first(KEY)
    )
    assert [entry.data["refund"] for entry in given_back(sandbox)] == [outcome.reference]


@pytest.mark.parametrize("done", [True, False], ids=["after the effect", "without effect"])
def test_a_failure_that_stripe_keeps_under_the_key_does_not_hide_the_outcome(
    sandbox: SandboxClient, payment: StripePayment, reference: str, done: bool
) -> None:
    sandbox.fault("stripe", "refund", "stored_error", done=done)
    outcome, _ = until_done(
        lambda attempt: payment.refund(attempt, reference, eur(1000)), first(KEY)
    )
    assert [entry.data["refund"] for entry in given_back(sandbox)] == [outcome.reference]
