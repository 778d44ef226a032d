"""Stripe's balance through its own SDK: every word it knows, every page, and every trouble."""

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
import stripe

from domain.failures import NotDone, Refused
from domain.money import Money
from domain.movements import Movement, MovementKind, PayoutStatus
from domain.payment import Authorization
from providers import stripe_movement_words
from providers.stripe_payment import StripePayment
from providers.stripe_payouts import StripePayouts
from sandbox.client import SandboxClient
from tests.providers.attempts import GENERAL, Trouble, first, named
from tests.providers.conftest import Timeout
from tests.providers.samples import ORDER, eur
from tests.providers.stripe_looks import authorize, sdk

OPERATIONS = ("list_balance_transactions", "list_payouts", "retrieve_balance")


@pytest.fixture
def account(
    sandbox: SandboxClient, payment: StripePayment, timeout: Timeout
) -> Iterator[StripePayouts]:
    """With it comes the payment adapter, whose SDK waits for nothing between its tries."""
    made = StripePayouts(sandbox.base("stripe"), "sk_test_sandbox", timeout)
    yield made
    made.close()


def taken(payment: StripePayment) -> str:
    held = authorize(payment)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2500))
    return held.reference


def words(model: type, name: str) -> set[str]:
    """The words that the SDK's own hint knows."""
    parts = {
        word for part in get_args(model.__annotations__[name]) for word in get_args(part) or [part]
    }
    return {word for word in parts if isinstance(word, str)}


def test_every_type_of_movement_that_the_sdk_knows_is_sorted() -> None:
    assert set(stripe_movement_words.TYPES) == words(stripe.BalanceTransaction, "type")


def test_every_status_of_a_payout_is_one_that_we_know() -> None:
    documented = {"paid", "pending", "in_transit", "canceled", "failed"}
    assert set(stripe_movement_words.STATUSES) == documented
    assert set(stripe_movement_words.STATUSES.values()) == set(PayoutStatus)


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("dispute", MovementKind.DISPUTE),
        ("dispute_reversal", MovementKind.DISPUTE),
        ("fee", MovementKind.FEE),
        ("refund_failure", MovementKind.REFUND_RETURNED),
        ("other_adjustment", MovementKind.OTHER),
    ],
)
def test_an_adjustment_is_what_its_category_says(category: str, kind: MovementKind) -> None:
    assert stripe_movement_words.kind_of("adjustment", category) is kind


def test_a_word_that_nobody_knows_moves_the_balance_all_the_same() -> None:
    assert stripe_movement_words.kind_of("brand_new", "brand_new") is MovementKind.OTHER


def test_a_movement_says_what_it_is_about_and_whose_it_is(
    sandbox: SandboxClient, payment: StripePayment, account: StripePayouts
) -> None:
    reference = taken(payment)
    given = payment.give_back(first(f"{ORDER}-s1:give_back:1"), reference, eur(600))
    outside = sdk(sandbox).v1.refunds.create({"payment_intent": reference, "amount": 100})
    dispute = sandbox.dispute(reference)
    found = account.movements().movements
    seen = [(one.kind, one.money.amount, one.subject, one.mark) for one in found]
    assert seen[:-1] == [
        (MovementKind.DISPUTE, -2500, dispute["id"], ""),
        (MovementKind.REFUND, -100, outside.id, ""),
        (MovementKind.REFUND, -600, given.reference, ORDER),
    ]
    assert {one.payment for one in found} == {reference}
    capture = found[-1]
    assert (capture.kind, capture.money, capture.mark) == (MovementKind.CAPTURE, eur(2500), ORDER)
    assert capture.fee.amount > 0
    assert capture.net == capture.money - capture.fee


def test_what_another_system_calls_its_order_is_not_kept(
    sandbox: SandboxClient, payment: StripePayment, account: StripePayouts
) -> None:
    params: stripe.params.RefundCreateParams = {
        "payment_intent": taken(payment),
        "amount": 100,
        "metadata": {"order": "Mrs Lindqvist, by telephone"},
    }
    sdk(sandbox).v1.refunds.create(params)
    assert [one.mark for one in account.movements().movements] == ["", ORDER]


def test_pages_lead_both_ways(
    sandbox: SandboxClient,
    payment: StripePayment,
    account: StripePayouts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = taken(payment)
    for _ in range(4):
        sdk(sandbox).v1.refunds.create({"payment_intent": reference, "amount": 100})
    every = account.movements()
    assert (len(every.movements), every.more) == (5, False)
    monkeypatch.setattr("providers.stripe_payouts._PAGE", 2)
    ids = [one.id for one in every.movements]
    newest = account.movements()
    assert (names(newest.movements), newest.newest, newest.oldest) == (ids[:2], ids[0], ids[1])
    older = account.movements(older_than=newest.oldest)
    assert (names(older.movements), older.more) == (ids[2:4], True)
    last = account.movements(older_than=older.oldest)
    assert (names(last.movements), last.more) == (ids[4:], False)
    newer = account.movements(newer_than=ids[4])
    assert (names(newer.movements), newer.more) == (ids[2:4], True)
    nothing = account.movements(newer_than=ids[0])
    assert (nothing.movements, nothing.newest, nothing.more) == ((), "", False)


def names(movements: tuple[Movement, ...]) -> list[str]:
    return [one.id for one in movements]


def test_a_payout_names_its_movements_once_it_is_reconciled(
    sandbox: SandboxClient, payment: StripePayment, account: StripePayouts
) -> None:
    taken(payment)
    sandbox.advance(timedelta(days=3))
    made = sandbox.payout("eur")
    (payout,) = account.payouts().payouts
    assert (payout.id, payout.status, payout.listed) == (
        made["id"], PayoutStatus.IN_TRANSIT, False,
    )  # fmt: skip
    sandbox.advance(5)
    (payout,) = account.payouts(since=payout.created_at).payouts
    assert (payout.status, payout.listed, payout.automatic) == (PayoutStatus.PAID, True, True)
    kinds = [one.kind for one in account.movements_of(payout.id).movements]
    assert kinds == [MovementKind.PAYOUT, MovementKind.CAPTURE]
    assert account.balance() == (eur(0),)


def test_the_balance_has_what_is_available_and_what_is_not_yet(
    sandbox: SandboxClient, payment: StripePayment, account: StripePayouts
) -> None:
    taken(payment)
    sandbox.advance(timedelta(days=3))
    reference = sdk(sandbox).v1.payment_intents.list().data[0].id
    sdk(sandbox).v1.refunds.create({"payment_intent": reference, "amount": 100})
    nets = [one.net for one in account.movements().movements]
    assert account.balance() == (sum(nets, eur(0)),)


def test_an_exchanged_movement_has_the_customer_s_sum_beside_the_account_s(
    sandbox: SandboxClient, payment: StripePayment, account: StripePayouts
) -> None:
    sandbox.configure(stripe={"settles": {"eur": {"currency": "gbp", "rate": "0.8571"}}})
    reference = taken(payment)
    payment.give_back(first(f"{ORDER}-s1:give_back:1"), reference, eur(333))
    refund, capture = account.movements().movements
    assert (capture.money, capture.presented) == (Money(amount=2143, currency="GBP"), eur(2500))
    assert (refund.money, refund.presented) == (Money(amount=-285, currency="GBP"), eur(-333))


@pytest.mark.parametrize("trouble", GENERAL, ids=named)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_trouble_with_a_list_is_passed_or_told_and_never_half_an_answer(
    sandbox: SandboxClient,
    payment: StripePayment,
    account: StripePayouts,
    operation: str,
    trouble: Trouble,
) -> None:
    taken(payment)
    ask = {
        "list_balance_transactions": account.movements,
        "list_payouts": account.payouts,
        "retrieve_balance": account.balance,
    }[operation]
    right = ask()
    for times in (1, 3):
        sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
        try:
            assert ask() == right
        except NotDone:
            assert trouble.kind != "delay"
        sandbox.clear_faults()
        assert ask() == right


def test_a_sum_that_no_money_can_be_is_refused_and_not_left_out(
    sandbox: SandboxClient, payment: StripePayment, account: StripePayouts
) -> None:
    sandbox.configure(stripe={"settles": {"eur": {"currency": "xxx", "rate": "1"}}})
    taken(payment)
    with pytest.raises(Refused, match="cannot be read"):
        account.movements()
