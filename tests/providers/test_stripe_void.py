"""Letting go of held money at Stripe, known by its id or not."""

from datetime import timedelta

import pytest
import stripe

from domain.failures import Mismatch, NotDone, Refused, UnknownOutcome
from domain.payment import Authorization, AuthorizeMethod
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import ORDER, PAYER, VISA, eur

KEY = f"{ORDER}:void:1"


@pytest.fixture
def held(payment: StripePayment) -> Authorization:
    """An authorization over 25.00 EUR."""
    outcome = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), VISA, PAYER)
    assert isinstance(outcome, Authorization)
    return outcome


def let_go(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", order=ORDER, kind="void")


@pytest.mark.parametrize("known", [True, False], ids=["by its id", "by listing"])
def test_held_money_is_let_go(
    sandbox: SandboxClient, payment: StripePayment, held: Authorization, known: bool
) -> None:
    outcome = payment.void(first(KEY), ORDER, held.reference if known else None)
    assert outcome is not None
    assert (outcome.reference, outcome.money) == (held.reference, eur(2500))
    assert [entry.data["amount"] for entry in let_go(sandbox)] == [2500]


@pytest.mark.parametrize("known", [True, False], ids=["by its id", "by listing"])
def test_a_repeated_attempt_gets_the_same_answer(
    sandbox: SandboxClient, payment: StripePayment, held: Authorization, known: bool
) -> None:
    reference = held.reference if known else None
    outcome = payment.void(first(KEY), ORDER, reference)
    assert outcome is not None
    repeated = payment.void(again(first(KEY)), ORDER, reference)
    assert repeated is not None
    assert (repeated.reference, repeated.money) == (outcome.reference, outcome.money)
    assert len(let_go(sandbox)) == 1


def test_where_nothing_was_held_there_is_nothing_to_let_go(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    assert payment.void(first(KEY), ORDER, None) is None
    declined = AuthorizeMethod(payment_method="pm_card_visa_chargeDeclined")
    payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), declined, PAYER)
    assert payment.void(first(KEY), ORDER, None) is None
    assert let_go(sandbox) == []


def test_an_authorization_that_lapsed_is_held_no_more_and_nobody_is_asked(
    sandbox: SandboxClient, payment: StripePayment, held: Authorization
) -> None:
    sandbox.advance(timedelta(days=8))
    gone = Authorization(reference=held.reference, money=held.money)
    assert payment.void(first(KEY), ORDER, held.reference) == gone
    assert payment.void(again(first(KEY)), ORDER, held.reference) == gone
    assert let_go(sandbox) == []


@pytest.mark.usefixtures("held")
def test_another_orders_money_stays_held(sandbox: SandboxClient, payment: StripePayment) -> None:
    assert payment.void(first("ord_2:void:1"), "ord_2", None) is None
    assert sandbox.ledger("stripe", kind="void") == []


@pytest.mark.usefixtures("held")
def test_every_authorization_of_the_order_is_let_go(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    payment.authorize(first(f"{ORDER}:authorize:2"), ORDER, eur(700), VISA, PAYER)
    outcome = payment.void(first(KEY), ORDER, None)
    assert outcome is not None
    assert outcome.money == eur(3200)
    assert sorted(entry.data["amount"] for entry in let_go(sandbox)) == [700, 2500]


@pytest.mark.parametrize("known", [True, False], ids=["by its id", "by listing"])
def test_captured_money_is_a_mismatch(
    sandbox: SandboxClient, payment: StripePayment, held: Authorization, known: bool
) -> None:
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2500))
    with pytest.raises(Mismatch, match="captured"):
        payment.void(first(KEY), ORDER, held.reference if known else None)
    assert let_go(sandbox) == []


def test_an_intent_that_does_not_exist_is_refused(payment: StripePayment) -> None:
    with pytest.raises(Refused):
        payment.void(first(KEY), ORDER, "pi_nothing")


@pytest.mark.parametrize("operation", ["cancel", "list_intents"])
@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_the_money_is_let_go_once_whatever_goes_wrong(
    sandbox: SandboxClient,
    payment: StripePayment,
    held: Authorization,
    trouble: Trouble,
    operation: str,
    times: int,
) -> None:
    sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
    outcome, failures = until_done(lambda attempt: payment.void(attempt, ORDER, None), first(KEY))
    assert outcome is not None
    assert (outcome.reference, outcome.money) == (held.reference, eur(2500))
    assert len(let_go(sandbox)) == 1
    if operation == "list_intents":
        assert all(isinstance(failure, NotDone) for failure in failures)


@pytest.mark.parametrize("done", [True, False], ids=["after the effect", "without effect"])
def test_a_failure_that_stripe_keeps_under_the_key_does_not_hide_the_outcome(
    sandbox: SandboxClient, payment: StripePayment, held: Authorization, done: bool
) -> None:
    sandbox.fault("stripe", "cancel", "stored_error", done=done)
    outcome, _ = until_done(
        lambda attempt: payment.void(attempt, ORDER, held.reference), first(KEY)
    )
    assert outcome is not None
    assert outcome.money == eur(2500)
    assert len(let_go(sandbox)) == 1


def test_an_authorization_whose_answer_was_lost_is_found_and_let_go(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    sandbox.fault("stripe", "authorize", "drop_after", times=3)
    began = first(f"{ORDER}:authorize:1")
    with pytest.raises(UnknownOutcome):
        payment.authorize(began, ORDER, eur(2500), VISA, PAYER)
    outcome = payment.void(first(KEY).model_copy(update={"first_at": began.first_at}), ORDER, None)
    assert outcome is not None
    assert outcome.money == eur(2500)
    assert len(let_go(sandbox)) == 1


def test_it_is_found_among_hundreds_of_other_orders(
    sandbox: SandboxClient, payment: StripePayment, held: Authorization
) -> None:
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": sandbox.base("stripe")})
    for _ in range(105):
        client.v1.payment_intents.create({"amount": 100, "currency": "eur"})
    outcome = payment.void(first(KEY), ORDER, None)
    assert outcome is not None
    assert outcome.reference == held.reference
