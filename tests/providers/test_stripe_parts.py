"""Taking held money in parts, one for each shipment: multicapture where it can be had."""

from datetime import timedelta

import pytest

from domain.attempt import Attempt
from domain.failures import Mismatch
from domain.money import Money
from domain.payment import Authorization, AuthorizeMethod, Captured, InDoubt, NotCaptured
from providers.stripe_payment import StripePayment
from sandbox.client import SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import ORDER, PAYER, VISA, eur

FIRST, SECOND = f"{ORDER}-s1:capture:1", f"{ORDER}-s2:capture:2"
LONG_AGO = timedelta(hours=25)
JCB = AuthorizeMethod(payment_method="pm_card_jcb")


def hold(
    payment: StripePayment,
    method: AuthorizeMethod = VISA,
    *,
    parts: bool = True,
    amount: int = 2500,
) -> Authorization:
    outcome = payment.authorize(
        first(f"{ORDER}:authorize:1"), ORDER, eur(amount), method, PAYER, parts=parts
    )
    assert isinstance(outcome, Authorization)
    return outcome


def test_parts_can_be_taken_where_they_were_asked_for_and_the_card_allows_it(
    payment: StripePayment,
) -> None:
    assert hold(payment).multicapture


def test_a_card_that_is_captured_once_says_so(payment: StripePayment) -> None:
    assert not hold(payment, JCB).multicapture


def test_who_does_not_ask_for_parts_gets_none(payment: StripePayment) -> None:
    assert not hold(payment, parts=False).multicapture


def test_each_part_is_taken_and_the_last_lets_go_of_the_rest(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    held = hold(payment)
    one = payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    assert one == Captured(reference=held.reference, money=eur(1000))
    two = payment.capture(first(SECOND), held.reference, eur(900), before=eur(1000))
    assert two == Captured(reference=held.reference, money=eur(900), released=eur(600))
    taken = sandbox.ledger("stripe", order=ORDER, kind="capture")
    assert [entry.data["amount"] for entry in taken] == [1000, 900]


@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_a_part_is_taken_once_whatever_becomes_of_the_answer(
    sandbox: SandboxClient, payment: StripePayment, trouble: Trouble, times: int
) -> None:
    held = hold(payment)
    payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    sandbox.fault("stripe", "capture", trouble.kind, times=times, **trouble.params)

    def take(attempt: Attempt) -> Captured | NotCaptured:
        return payment.capture(attempt, held.reference, eur(900), final=False, before=eur(1000))

    outcome, _ = until_done(take, first(SECOND))
    assert outcome == Captured(reference=held.reference, money=eur(900))
    taken = sandbox.ledger("stripe", order=ORDER, kind="capture")
    assert [entry.data["amount"] for entry in taken] == [1000, 900]


def test_a_part_taken_long_ago_is_found_by_what_was_taken_before_it(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    held = hold(payment)
    payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    late = again(first(FIRST, ago=LONG_AGO))
    found = payment.capture(late, held.reference, eur(1000), final=False)
    assert found == Captured(reference=held.reference, money=eur(1000))
    assert len(sandbox.ledger("stripe", order=ORDER, kind="capture")) == 1


def test_another_amount_than_was_asked_is_a_mismatch(payment: StripePayment) -> None:
    held = hold(payment)
    payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    with pytest.raises(Mismatch):
        payment.capture(again(first(SECOND)), held.reference, eur(500), before=eur(700))


def test_what_is_left_after_a_part_is_let_go_and_the_part_stays_taken(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    held = hold(payment)
    payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    void = first(f"{ORDER}:void:1")
    let_go = payment.void(void, ORDER, held.reference, None, eur(1000))
    assert let_go == Authorization(reference=held.reference, money=eur(1500))
    again_ = payment.void(again(first(f"{ORDER}:void:1")), ORDER, held.reference, None, eur(1000))
    assert again_ == let_go
    [entry] = sandbox.ledger("stripe", order=ORDER, kind="void")
    assert entry.data["amount"] == 1500


def test_a_void_that_knows_of_less_than_was_taken_is_a_mismatch(payment: StripePayment) -> None:
    held = hold(payment)
    payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    with pytest.raises(Mismatch):
        payment.void(first(f"{ORDER}:void:1"), ORDER, held.reference, None)


def test_a_part_of_what_has_lapsed_since_the_first_is_not_captured(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    held = hold(payment)
    payment.capture(first(FIRST), held.reference, eur(1000), final=False)
    sandbox.advance(timedelta(days=8))
    outcome = payment.capture(first(SECOND), held.reference, eur(900), before=eur(1000))
    assert isinstance(outcome, NotCaptured)


def test_a_rest_in_doubt_is_let_go_of_while_what_has_shipped_stays_paid(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    kept = VISA.model_copy(update={"payment_method": "pm_card_jcb"})
    held = hold(payment, kept)
    payment.capture(first(FIRST), held.reference, eur(1000))
    rest = f"{ORDER}:authorize:2"
    outcome = payment.authorize(first(rest), ORDER, eur(1500), kept, PAYER)
    assert isinstance(outcome, Authorization)
    doubt = InDoubt(key=rest, money=eur(1500), settled=True)
    let_go = payment.void(first(f"{ORDER}:void:4"), ORDER, None, doubt, eur(1000))
    assert let_go == Authorization(reference=outcome.reference, money=eur(1500))
    assert sandbox.ledger("stripe", order=ORDER, kind="refund") == []


def test_of_the_rest_of_an_order_the_most_that_stripe_can_charge_is_held(
    payment: StripePayment,
) -> None:
    def kwd(amount: int) -> Money:
        return Money(amount=amount, currency="KWD")

    kept = JCB.model_copy(update={"consent": first(FIRST).first_at})
    outcome = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, kwd(12_340), kept, PAYER)
    assert isinstance(outcome, Authorization)
    payment.capture(first(FIRST), outcome.reference, kwd(6_175))
    again_ = payment.renew(first(f"{ORDER}:authorize:2"), ORDER, kwd(6_165), outcome.reference)
    assert isinstance(again_, Authorization)
    assert again_.money == kwd(6_160)
