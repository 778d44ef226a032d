"""Refunds by staff at Stripe: its figures and its words, found again whenever they were made."""

from datetime import timedelta

import pytest

from domain.failures import Refused, UnknownOutcome
from domain.money import Money
from domain.payment import Authorization, RefundStatus
from providers.stripe_payment import StripePayment
from providers.stripe_units import problem_with_refund
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import ORDER, PAYER, VISA, eur

KEY = f"{ORDER}-s1:give_back:1"
OTHER = f"{ORDER}-s1:give_back:2"


def kwd(amount: int) -> Money:
    return Money(amount=amount, currency="KWD")


def captured(payment: StripePayment, money: Money) -> str:
    held = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, money, VISA, PAYER)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, money)
    return held.reference


@pytest.fixture
def reference(payment: StripePayment) -> str:
    """A capture of 25.00 EUR."""
    return captured(payment, eur(2500))


def given_back(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", order=ORDER, kind="refund")


def test_the_provider_s_own_figure_and_name_are_the_answer(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    said = payment.give_back(first(KEY), reference, eur(1000))
    [entry] = given_back(sandbox)
    assert (said.reference, said.money) == (entry.data["refund"], eur(1000))
    assert said.status is RefundStatus.SUCCEEDED


def test_a_first_try_finds_what_was_made_before_the_engine_forgot_it(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    said = payment.give_back(first(KEY), reference, eur(1000))
    sandbox.advance(timedelta(hours=25))
    assert payment.give_back(first(KEY), reference, eur(1000)) == said
    assert len(given_back(sandbox)) == 1


def test_one_that_is_pending_says_so_until_it_has_arrived(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.fault("stripe", "refund", "pending", seconds=3600)
    said = payment.give_back(first(KEY), reference, eur(500))
    assert said.status is RefundStatus.PENDING
    assert payment.look_at_refund(said.reference).status is RefundStatus.PENDING
    sandbox.advance(3601)
    assert payment.look_at_refund(said.reference).status is RefundStatus.SUCCEEDED


def test_one_that_came_back_says_so_and_why_and_another_key_is_another_refund(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.fault("stripe", "refund", "fail", seconds=3600, times=1)
    said = payment.give_back(first(KEY), reference, eur(500))
    assert said.status is RefundStatus.SUCCEEDED
    sandbox.advance(3601)
    now = payment.look_at_refund(said.reference)
    assert (now.status, now.reason) == (RefundStatus.FAILED, "failed: expired_or_canceled_card")
    assert payment.give_back(first(KEY), reference, eur(500)) == now
    again = payment.give_back(first(OTHER), reference, eur(2500))
    assert (again.status, again.money) == (RefundStatus.SUCCEEDED, eur(2500))


@pytest.mark.parametrize(
    ("card", "statuses"),
    [
        ("pm_card_pendingRefund", (RefundStatus.PENDING, RefundStatus.SUCCEEDED)),
        ("pm_card_refundFail", (RefundStatus.SUCCEEDED, RefundStatus.FAILED)),
    ],
)
def test_the_test_cards_for_refunds_do_what_stripe_says(
    sandbox: SandboxClient,
    payment: StripePayment,
    card: str,
    statuses: tuple[RefundStatus, RefundStatus],
) -> None:
    method = VISA.model_copy(update={"payment_method": card})
    held = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), method, PAYER)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2500))
    said = payment.give_back(first(KEY), held.reference, eur(500))
    sandbox.advance(60)
    assert (said.status, payment.look_at_refund(said.reference).status) == statuses


def test_more_than_was_taken_is_refused_in_words(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    payment.give_back(first(KEY), reference, eur(2000))
    with pytest.raises(Refused, match="greater than"):
        payment.give_back(first(OTHER), reference, eur(1000))
    assert len(given_back(sandbox)) == 1


def test_of_fils_stripe_gives_what_it_can(sandbox: SandboxClient, payment: StripePayment) -> None:
    reference = captured(payment, kwd(12340))
    assert payment.give_back(first(KEY), reference, kwd(4115)).money == kwd(4110)
    assert payment.give_back(first(OTHER), reference, kwd(8230)).money == kwd(8230)
    with pytest.raises(Refused, match="less than Stripe can give back"):
        payment.give_back(first(f"{ORDER}-s1:give_back:3"), reference, kwd(9))
    assert problem_with_refund(kwd(4115)) is not None
    assert problem_with_refund(kwd(4110)) is None
    assert sum(entry.data["amount"] for entry in given_back(sandbox)) == 12340


@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_it_is_given_back_once_whatever_goes_wrong(
    sandbox: SandboxClient, payment: StripePayment, reference: str, trouble: Trouble, times: int
) -> None:
    sandbox.fault("stripe", "refund", trouble.kind, times=times, **trouble.params)
    outcome, _ = until_done(
        lambda attempt: payment.give_back(attempt, reference, eur(1000)), first(KEY)
    )
    assert [entry.data["refund"] for entry in given_back(sandbox)] == [outcome.reference]


def test_one_that_cannot_be_looked_up_is_unknown_and_is_given_back_once(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.fault("stripe", "refund", "drop_after", times=9)
    sandbox.fault("stripe", "list_refunds", "http_error", nth=2, status=403)
    with pytest.raises(UnknownOutcome):
        payment.give_back(first(KEY), reference, eur(1000))
    no = sandbox.fault("stripe", "*", "http_error", times=None, status=401)
    with pytest.raises(UnknownOutcome):
        payment.give_back(again(first(KEY)), reference, eur(1000))
    sandbox.clear_faults(no)
    payment.give_back(again(first(KEY), 3), reference, eur(1000))
    assert len(given_back(sandbox)) == 1
