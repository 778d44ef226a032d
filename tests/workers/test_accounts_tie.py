"""The accountant's figures are the provider's: to the minor unit, in every currency, whatever was
done in whatever sequence."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

import pytest
import stripe
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backoffice.tables import Record
from domain.failures import Refused
from domain.matching import MatchResult
from domain.money import Money
from domain.movements import MovementKind, PayoutStatus
from domain.payment import PaymentEventKind
from sandbox.client import SandboxClient, SandboxRefusedError
from sandbox.stripe.disputes import FEE as DISPUTE_FEE
from tests.backoffice.samples import Trade
from tests.workers.till import Sale, Till

CURRENCIES = ("EUR", "JPY", "KWD")
STEPS = ("sell", "give back", "outside", "dispute", "win", "lose", "pay out", "fails", "by hand")


class Story:
    """What can happen, one step after another; what cannot be done leaves all as it was."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.sales: list[Sale] = []
        self.disputes: list[str] = []

    def play(self, step: str, amount: int, currency: str) -> None:
        refusals = (SandboxRefusedError, stripe.InvalidRequestError, Refused)
        with suppress(*refusals):
            self._steps(amount * 10, currency)[step]()

    def _steps(self, amount: int, currency: str) -> dict[str, Callable[[], object]]:
        till, code = self.till, currency.lower()
        sale = self.sales[amount % len(self.sales)] if self.sales else None
        own = None if sale is None else min(amount, sale.money.amount)
        steps: dict[str, Callable[[], object]] = {
            "sell": lambda: self.sales.append(till.sell(amount, currency)),
            "pay out": lambda: self._pay_out(code),
            "fails": lambda: self._pay_out(code, fails=True),
            "by hand": lambda: self._pay_out(code, automatic=False, amount=amount),
        }
        if sale is not None and own is not None:
            steps["give back"] = lambda: till.give_back(sale, own)
            steps["outside"] = lambda: till.outside(sale, own)
            steps["dispute"] = lambda: self._dispute(sale)
        if self.disputes:
            steps["win"] = lambda: till.sandbox.close_dispute(self.disputes.pop(), "won")
            steps["lose"] = lambda: till.sandbox.close_dispute(self.disputes.pop(), "lost")
        return defaultdict(lambda: lambda: None, steps)

    def _dispute(self, sale: Sale) -> None:
        self.disputes.append(str(self.till.sandbox.dispute(sale.reference)["id"]))

    def _pay_out(self, currency: str, **how: object) -> None:
        self.till.pay_out(currency, **how)


def independent(sandbox: SandboxClient) -> dict[str, dict[str, int]]:
    """The same figures, added up from what the provider itself wrote down."""
    sums: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    signs = {
        "capture": ("captured", 1),
        "refund": ("refunded", -1),
        "refund_failed": ("refunds_returned", 1),
        "dispute": ("disputed", -1),
        "dispute_won": ("disputed", 1),
        "payout": ("paid_out", -1),
        "payout_failed": ("payouts_returned", 1),
    }
    for entry in sandbox.ledger("stripe"):
        if entry.kind not in signs:
            continue
        figure, sign = signs[entry.kind]
        of = sums[str(entry.data["currency"]).upper()]
        of[figure] += sign * int(entry.data["amount"])
        of["fees"] -= int(entry.data.get("fee", 0)) + DISPUTE_FEE * (entry.kind == "dispute")
    return {currency: {n: a for n, a in of.items() if a} for currency, of in sums.items()}


def reported(till: Till) -> dict[str, dict[str, int]]:
    shown = ("opening", "closing", "difference")
    found: dict[str, dict[str, int]] = {}
    for one in till.report().statements:
        figures = {k: v for k, v in one.model_dump().items() if isinstance(v, int)}
        found[one.currency] = {k: v for k, v in figures.items() if k not in shown and v}
    return found


def operation_of(refund: stripe.Refund) -> object:
    """Which of our operations made it; nothing where a person did."""
    return None if refund.metadata is None else refund.metadata.to_dict().get("operation")


def emptied(till: Till) -> None:
    till.sandbox.reset()
    with till.database.transaction() as connection:
        kept = ("shops", "policies", "warehouses", "products")
        for table in reversed(Record.metadata.sorted_tables):
            if table.name not in kept:
                connection.execute(table.delete())
    till.begin()


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(STEPS),
            st.integers(100, 5000),
            st.sampled_from(CURRENCIES),
            st.booleans(),
        ),
        min_size=3,
        max_size=12,
    )
)
def test_every_figure_is_what_the_provider_s_own_ledger_comes_to(
    till: Till, steps: list[tuple[str, int, str, bool]]
) -> None:
    emptied(till)
    story = Story(till)
    story.play("sell", 400, "EUR")
    for step, amount, currency, reads in steps:
        story.play(step, amount, currency)
        if reads:
            till.read()
    till.sandbox.settle()
    till.read()
    report = till.report()
    assert reported(till) == independent(till.sandbox)
    assert [one.difference for one in report.statements] == [0] * len(report.statements)
    assert all(one.adds_up and one.opening == 0 for one in report.statements)
    assert {one.difference for one in report.payouts} <= {0, None}
    assert report.ties
    outside = {one.reference for one in till.trouble()}
    refunds = till.dashboard.v1.refunds.list({"limit": 100}).auto_paging_iter()
    assert outside == {one.id for one in refunds if not operation_of(one)}


def test_a_refund_that_somebody_made_in_the_dashboard_is_shown_as_not_ours(till: Till) -> None:
    sale = till.sell(5000)
    till.give_back(sale, 700)
    made = till.outside(sale, 1200)
    till.read()
    (line,) = till.trouble()
    assert (line.result, line.reference) == (MatchResult.MISSING_IN_BOOKS, made)
    assert (line.ours, line.theirs, line.order) == (
        None,
        Money(amount=1200, currency="EUR"),
        sale.order,
    )
    assert till.report().matched == 2
    assert till.report().ties, "our books lack it, the provider's account does not"


def test_money_that_our_books_have_and_the_provider_has_not_is_named(till: Till) -> None:
    sale = till.sell(5000)
    till.read()
    with till.database.transaction() as connection:
        connection.execute(text("UPDATE payment_events SET at = at - interval '1 hour'"))
        connection.execute(text("DELETE FROM provider_movements"))
    (line,) = till.trouble()
    assert (line.result, line.order) == (MatchResult.MISSING_AT_PROVIDER, sale.order)
    assert line.theirs is None


def test_a_capture_that_our_books_lack_and_one_of_another_sum_are_named(till: Till) -> None:
    lost, other = till.sell(5000), till.sell(3000)
    till.forget(lost, PaymentEventKind.CAPTURE)
    with till.database.transaction() as connection:
        statement = text(
            "UPDATE payment_events SET amount = 2990, at = at - interval '1 hour'"
            " WHERE order_id = :order AND kind = 'capture'"
        )
        connection.execute(statement, {"order": other.order})
    till.read()
    found = {one.order: (one.result, one.ours, one.theirs) for one in till.trouble()}
    euros = {amount: Money(amount=amount, currency="EUR") for amount in (2990, 3000, 5000)}
    assert found == {
        lost.order: (MatchResult.MISSING_IN_BOOKS, None, euros[5000]),
        other.order: (MatchResult.DIFFERS, euros[2990], euros[3000]),
    }


def test_what_was_done_since_the_account_was_read_is_no_trouble_yet(till: Till) -> None:
    till.sell(2000)
    till.read()
    till.sell(3000)
    results = [one.result for one in till.report().unmatched]
    assert results == [MatchResult.NOT_READ_YET]
    assert till.trouble() == []


def test_money_of_a_payout_that_failed_is_in_the_balance_again_and_in_the_next_one(
    till: Till,
) -> None:
    till.sell(5000)
    first = till.pay_out(fails=True)
    till.read()
    (entry,) = till.report().payouts
    assert (entry.payout.id, entry.payout.status) == (first["id"], PayoutStatus.FAILED)
    assert entry.payout.reason == "The bank account has been closed."
    assert till.statement().closing == first["amount"]
    second = till.pay_out()
    till.read()
    paid = {one.payout.id: one for one in till.report().payouts}[second["id"]]
    kinds = [one.movement.kind for one in paid.movements]
    assert kinds == [MovementKind.PAYOUT_RETURNED]
    assert (paid.payout.money.amount, paid.difference) == (first["amount"], 0)
    assert till.statement().closing == 0
    assert till.report().ties


def test_a_payout_that_was_paid_and_comes_back_days_later_is_read_again(till: Till) -> None:
    till.sell(5000)
    payout = till.pay_out()
    till.read()
    assert till.report().payouts[0].payout.status is PayoutStatus.PAID
    till.sandbox.fail_payout(payout["id"])
    till.read()
    assert till.report().payouts[0].payout.status is PayoutStatus.FAILED
    assert till.statement().closing == payout["amount"]


def test_a_movement_that_nobody_shows_us_is_the_difference(till: Till) -> None:
    till.sell(5000)
    till.read()
    kept = till.statement()
    assert kept.difference == 0
    assert kept.balance_at is not None
    with till.database.transaction() as connection:
        connection.execute(text("DELETE FROM provider_movements"))
        connection.execute(text("UPDATE readings SET due_at = now() + interval '1 day'"))
    till.books.movements.put_balance("stripe", till.account.balance(), kept.balance_at)
    assert not till.report().ties or till.report().statements == ()
    till.sell(700)
    with till.database.transaction() as connection:
        connection.execute(
            text("UPDATE readings SET due_at = now() WHERE name = 'stripe movements'")
        )
    asyncio.run(till.accounts.read())
    assert till.statement().difference == kept.closing


def test_a_charge_in_another_currency_is_compared_in_what_the_customer_paid(till: Till) -> None:
    till.sandbox.configure(stripe={"settles": {"usd": {"currency": "eur", "rate": "0.9137"}}})
    sale = till.sell(4999, "USD")
    till.give_back(sale, 1501)
    till.read()
    assert till.trouble() == []
    assert till.report().matched == 2
    assert [one.currency for one in till.report().statements] == ["EUR"]
    assert till.statement().difference == 0


@pytest.mark.parametrize("others", [False, True])
def test_one_shop_of_several_sees_its_share_and_nobody_else_s_money(
    till: Till, others: bool
) -> None:
    own = till.sell(5000)
    if others:
        Trade(till.database, "other")
    till.outside(own, 100)
    till.dashboard.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
        }
    )
    till.pay_out()
    till.read()
    report = till.report(till.trade.shop_id)
    orders = {one.order for payout in report.payouts for one in payout.movements}
    assert report.whole is not others
    assert orders == ({own.order} if others else {own.order, None})
    (statement,) = report.statements
    assert statement.closing == 0
    assert (statement.difference is None) is others
    assert statement.captured == (5000 if others else 5900)
