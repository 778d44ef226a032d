"""Taking held money at Stripe: once, and never more than was asked."""

from datetime import timedelta

import pytest

from domain.attempt import Attempt
from domain.failures import Mismatch, NotDone, Refused, UnknownOutcome
from domain.money import Money
from domain.payment import Authorization, Captured, NotCaptured
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import GENERAL, STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import ORDER, PAYER, VISA, eur

KEY = f"{ORDER}-s1:capture:1"
LONG_AGO = timedelta(hours=25)


@pytest.fixture
def reference(payment: StripePayment) -> str:
    """An authorization over 25.00 EUR."""
    outcome = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), VISA, PAYER)
    assert isinstance(outcome, Authorization)
    return outcome.reference


def taken(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", order=ORDER, kind="capture")


def test_held_money_is_taken(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    outcome = payment.capture(first(KEY), reference, eur(2500))
    assert outcome == Captured(reference=reference, money=eur(2500))
    assert [entry.data["amount"] for entry in taken(sandbox)] == [2500]


def test_a_partial_capture_releases_the_rest(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    outcome = payment.capture(first(KEY), reference, eur(1000))
    assert outcome == Captured(reference=reference, money=eur(1000), released=eur(1500))
    [entry] = taken(sandbox)
    assert (entry.data["amount"], entry.data["released"]) == (1000, 1500)


@pytest.mark.parametrize(
    ("currency", "held", "due", "takes"),
    [("KWD", 12_340, 6_175, 6_170), ("JPY", 1234, 617, 617), ("ISK", 1234, 617, 617)],
)
def test_of_a_part_of_an_order_the_most_that_stripe_can_charge_is_taken(
    payment: StripePayment, currency: str, held: int, due: int, takes: int
) -> None:
    def money(amount: int) -> Money:
        return Money(amount=amount, currency=currency)

    key = f"{ORDER}:authorize:1"
    outcome = payment.authorize(first(key), ORDER, money(held), VISA, PAYER)
    assert isinstance(outcome, Authorization)
    taken = payment.capture(first(KEY), outcome.reference, money(due))
    assert taken == Captured(
        reference=outcome.reference, money=money(takes), released=money(held - takes)
    )


def test_a_repeated_attempt_gets_the_same_answer(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    outcome = payment.capture(first(KEY), reference, eur(1000))
    assert payment.capture(again(first(KEY)), reference, eur(1000)) == outcome
    sandbox.advance(LONG_AGO)
    late = again(first(KEY, ago=LONG_AGO), 9)
    assert payment.capture(late, reference, eur(1000)) == outcome
    assert len(taken(sandbox)) == 1


def test_a_repeated_attempt_looks_before_it_asks_again(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    rule = sandbox.fault("stripe", "capture", "delay", nth=99)
    payment.capture(first(KEY), reference, eur(2500))
    payment.capture(again(first(KEY)), reference, eur(2500))
    assert [one["seen"] for one in sandbox.faults() if one["id"] == rule] == [1]


def test_more_than_is_held_is_refused_and_nothing_is_taken(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    with pytest.raises(Refused, match="greater than"):
        payment.capture(first(KEY), reference, eur(2501))
    assert taken(sandbox) == []


def test_money_that_was_taken_in_another_amount_is_a_mismatch(
    payment: StripePayment, reference: str
) -> None:
    payment.capture(first(f"{ORDER}-s1:capture:9"), reference, eur(1000))
    with pytest.raises(Mismatch, match="not 2500"):
        payment.capture(first(KEY), reference, eur(2500))


def test_an_authorization_that_lapsed_is_an_answer(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.advance(timedelta(days=8))
    outcome = payment.capture(first(KEY), reference, eur(2500))
    assert isinstance(outcome, NotCaptured)
    assert "lapsed" in outcome.reason
    assert payment.capture(again(first(KEY)), reference, eur(2500)) == outcome
    assert taken(sandbox) == []


@pytest.mark.parametrize("kind", ["expired", "decline"])
def test_a_bank_that_takes_its_promise_back_is_an_answer(
    sandbox: SandboxClient, payment: StripePayment, reference: str, kind: str
) -> None:
    sandbox.fault("stripe", "capture", kind)
    outcome = payment.capture(first(KEY), reference, eur(2500))
    assert isinstance(outcome, NotCaptured)
    assert outcome.reason
    assert taken(sandbox) == []


def test_money_that_was_let_go_cannot_be_taken(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    payment.void(first(f"{ORDER}:void:1"), ORDER, reference)
    assert isinstance(payment.capture(first(KEY), reference, eur(2500)), NotCaptured)
    assert taken(sandbox) == []


def test_an_intent_that_does_not_exist_is_refused(payment: StripePayment) -> None:
    with pytest.raises(Refused, match="pi_nothing"):
        payment.capture(first(KEY), "pi_nothing", eur(2500))


def test_what_stripe_cannot_express_is_refused(payment: StripePayment, reference: str) -> None:
    with pytest.raises(Refused, match="does not charge"):
        payment.capture(first(KEY), reference, Money(amount=5124, currency="IRR"))


@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_the_money_is_taken_once_whatever_goes_wrong(
    sandbox: SandboxClient, payment: StripePayment, reference: str, trouble: Trouble, times: int
) -> None:
    sandbox.fault("stripe", "capture", trouble.kind, times=times, **trouble.params)
    outcome, failures = until_done(
        lambda attempt: payment.capture(attempt, reference, eur(2500)), first(KEY)
    )
    assert outcome == Captured(reference=reference, money=eur(2500))
    assert len(taken(sandbox)) == 1
    if trouble.kind == "rate_limit":
        assert [one.retry_after for one in failures if isinstance(one, NotDone)] == [7.0] * times


def test_an_answer_that_was_lost_is_looked_up_within_the_same_attempt(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.fault("stripe", "capture", "drop_after", times=3)
    outcome = payment.capture(first(KEY), reference, eur(2500))
    assert outcome == Captured(reference=reference, money=eur(2500))


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
def test_a_look_up_that_fails_leaves_the_outcome_unknown_and_takes_nothing_twice(
    sandbox: SandboxClient, payment: StripePayment, reference: str, trouble: Trouble
) -> None:
    sandbox.fault("stripe", "capture", "drop_before", times=3)
    sandbox.fault("stripe", "retrieve_intent", trouble.kind, times=3, **trouble.params)
    with pytest.raises(UnknownOutcome):
        payment.capture(first(KEY), reference, eur(2500))
    outcome, _ = until_done(
        lambda attempt: payment.capture(attempt, reference, eur(2500)), again(first(KEY))
    )
    assert isinstance(outcome, Captured)
    assert len(taken(sandbox)) == 1


@pytest.mark.parametrize("done", [True, False], ids=["after the effect", "without effect"])
def test_a_failure_that_stripe_keeps_under_the_key_does_not_hide_the_outcome(
    sandbox: SandboxClient, payment: StripePayment, reference: str, done: bool
) -> None:
    sandbox.fault("stripe", "capture", "stored_error", done=done)

    def capture(attempt: Attempt) -> Captured | NotCaptured:
        return payment.capture(attempt, reference, eur(2500))

    outcome, _ = until_done(capture, first(KEY))
    assert outcome == Captured(reference=reference, money=eur(2500))
    assert len(taken(sandbox)) == 1


def test_a_key_in_use_is_looked_up(
    sandbox: SandboxClient, payment: StripePayment, reference: str
) -> None:
    sandbox.fault("stripe", "capture", "key_in_use", times=3)
    outcome, failures = until_done(
        lambda attempt: payment.capture(attempt, reference, eur(2500)), first(KEY)
    )
    assert isinstance(outcome, Captured)
    assert [type(failure) for failure in failures] == [UnknownOutcome]
    assert len(taken(sandbox)) == 1
