"""What was left where nobody looks is found, each thing once, and what is well is not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backoffice.callbacks import CallbackBook
from backoffice.cases import CaseBook
from backoffice.inbox import InboxBook
from backoffice.intake import IntakeBook
from backoffice.patience import Patience
from backoffice.questions import QUESTIONS, Problem
from backoffice.records import RecordBook
from backoffice.sweeps import Sweeps
from domain.cases import CaseKind
from domain.payment import PaymentEventKind
from domain.record import Commit
from domain.status import OrderStatus
from domain.stock import Lost, Want
from tests.backoffice import papers
from tests.backoffice.samples import MUG, SHOP, Trade, journal, label, payment, transition

NONE = timedelta(0)
AT_ONCE = Patience(start=NONE, orphan=NONE, quiet=NONE, grace=NONE, callback=NONE)


def problems(trade: Trade, patience: Patience = AT_ONCE) -> set[Problem]:
    return {finding.problem for finding in Sweeps(trade.database, patience).findings()}


def moved(trade: Trade, name: str, status: OrderStatus, **commit: Any) -> None:
    """The order came to a status just now."""
    now = datetime.now(UTC)
    entries = journal(transition(now.microsecond + 1, status, at=now))
    RecordBook(trade.database).commit(Commit(name, journal=entries, **commit))


def begun(trade: Trade, number: str = "1001") -> str:
    """An order whose workflow runs, and whose callbacks are delivered."""
    name = trade.accept(number)
    IntakeBook(trade.database).started(name)
    return name


def not_started(trade: Trade) -> None:
    trade.accept()


def orphan(trade: Trade) -> None:
    InboxBook(trade.database).put("stripe", "e1", "charge", "ord_none", {}, "payment_event")


def quiet(trade: Trade) -> None:
    begun(trade)


def reserved(trade: Trade) -> None:
    name = begun(trade)
    trade.reserve(name)
    moved(trade, name, OrderStatus.CANCELLED)


def issued(trade: Trade) -> None:
    name = begun(trade)
    trade.reserve(name)
    papers.issue(trade, name)
    moved(trade, name, OrderStatus.CANCELLED)


def invoiced(trade: Trade) -> None:
    """As an order leaves it whose goods came back without a credit note."""
    name = begun(trade)
    trade.reserve(name)
    papers.issue(trade, name)
    papers.put_away(trade, name)
    trade.release(name)
    with trade.database.transaction() as connection:
        connection.execute(text("DELETE FROM credit_notes"))
    moved(trade, name, OrderStatus.CANCELLED)


def held(trade: Trade) -> None:
    events = (payment("a", PaymentEventKind.AUTHORIZATION, 3451),)
    moved(trade, begun(trade), OrderStatus.CANCELLED, payments=events)


def charged(trade: Trade) -> None:
    events = (
        payment("a", PaymentEventKind.AUTHORIZATION, 3451),
        payment("c", PaymentEventKind.CAPTURE, 3451),
        payment("r", PaymentEventKind.REFUND, 3450),
    )
    moved(trade, begun(trade), OrderStatus.CANCELLED, payments=events)


def unpaid(trade: Trade) -> None:
    events = (payment("a", PaymentEventKind.AUTHORIZATION, 3451),)
    moved(trade, begun(trade), OrderStatus.SHIPPED, payments=events)


def labelled(trade: Trade) -> None:
    name = begun(trade)
    moved(trade, name, OrderStatus.CANCELLED, labels=(label(name),))


def surplus_label(trade: Trade) -> None:
    name = begun(trade)
    RecordBook(trade.database).commit(Commit(name, voided=(label(name).id,)))
    moved(trade, name, OrderStatus.CANCELLED, labels=(label(name),))


def two_labels(trade: Trade) -> None:
    name = begun(trade)
    moved(trade, name, OrderStatus.COMPLETED, labels=(label(name), label(name, version=2)))


def callback(trade: Trade) -> None:
    moved(trade, begun(trade), OrderStatus.COMPLETED)
    book = CallbackBook(trade.database, lease=NONE)
    for _ in range(3):
        (due,) = book.due(1)
        book.failed(due.id, "410", NONE)


SCENES: dict[Problem, Callable[[Trade], None]] = {
    Problem.NOT_STARTED: not_started,
    Problem.ORPHAN: orphan,
    Problem.QUIET: quiet,
    Problem.RESERVED: reserved,
    Problem.ISSUED: issued,
    Problem.INVOICED: invoiced,
    Problem.HELD: held,
    Problem.CHARGED: charged,
    Problem.UNPAID: unpaid,
    Problem.LABELLED: labelled,
    Problem.SURPLUS_LABEL: surplus_label,
    Problem.TWO_LABELS: two_labels,
    Problem.CALLBACK: callback,
}
BESIDE = {
    Problem.NOT_STARTED: {Problem.QUIET},
    Problem.UNPAID: {Problem.QUIET},
    Problem.ISSUED: {Problem.INVOICED},
}
"""What else is true of a scene where nobody has any patience."""


@pytest.mark.parametrize("problem", SCENES)
def test_each_problem_is_found_where_it_is_and_alone(trade: Trade, problem: Problem) -> None:
    assert problems(trade) == set()
    SCENES[problem](trade)
    assert problems(trade) - BESIDE.get(problem, set()) == {problem}


@pytest.mark.parametrize("problem", sorted(set(SCENES) - {Problem.SURPLUS_LABEL}))
def test_with_patience_a_fresh_problem_is_none_yet(trade: Trade, problem: Problem) -> None:
    SCENES[problem](trade)
    assert problems(trade, Patience()) == set()


def test_every_problem_has_a_question_and_a_scene() -> None:
    assert set(QUESTIONS) == set(Problem) == set(SCENES)


def test_an_order_that_went_well_is_no_finding(trade: Trade) -> None:
    name = begun(trade)
    trade.reserve(name)
    papers.issue(trade, name)
    events = (
        payment("a", PaymentEventKind.AUTHORIZATION, 3451),
        payment("c", PaymentEventKind.CAPTURE, 3451),
    )
    moved(trade, name, OrderStatus.COMPLETED, payments=events, labels=(label(name),))
    InboxBook(trade.database).put("warehouse", "e1", "picked", name, {}, "picked")
    assert problems(trade) == set()


def test_an_order_cancelled_in_good_order_is_no_finding(trade: Trade) -> None:
    name = begun(trade)
    trade.reserve(name)
    papers.issue(trade, name)
    papers.put_away(trade, name)
    trade.release(name)
    events = (
        payment("a", PaymentEventKind.AUTHORIZATION, 3451),
        payment("v", PaymentEventKind.VOID, 3451),
    )
    moved(
        trade,
        name,
        OrderStatus.CANCELLED,
        payments=events,
        labels=(label(name),),
        voided=(label(name).id,),
    )
    assert problems(trade) == set()


def test_pieces_that_were_never_there_are_not_waited_for_when_their_order_is_cancelled(
    trade: Trade,
) -> None:
    name = begun(trade)
    trade.reserve(name)
    missing = (Want(sku=MUG, quantity=1),)
    lost = Lost(shipment=f"{name}-s1", missing=missing, put_back=(), note="broken")
    trade.stock.write_off(SHOP, lost, "off", Commit(name))
    trade.release(name)
    moved(trade, name, OrderStatus.CANCELLED)
    assert problems(trade) == set()


def test_an_open_order_with_an_open_case_is_looked_after(trade: Trade) -> None:
    name = begun(trade)
    (finding,) = Sweeps(trade.database, AT_ONCE).findings()
    CaseBook(trade.database).open(finding.case())
    with trade.database.transaction() as connection:
        connection.execute(text("UPDATE cases SET id = 'another'"))
    assert finding.order_id == name
    assert problems(trade) == set()


def test_what_has_a_case_is_not_found_again(trade: Trade) -> None:
    reserved(trade)
    first = Sweeps(trade.database, AT_ONCE).findings()
    book = CaseBook(trade.database)
    for finding in first:
        book.open(finding.case())
    assert len(first) == 2
    assert problems(trade) == set()
    (opened, _) = book.open_cases(trade.shop_id)
    assert opened.case.kind is CaseKind.STUCK
    assert "pieces of" in opened.case.reason


def test_goods_that_were_issued_in_vain_are_a_case_that_names_them_and_the_way_back(
    trade: Trade,
) -> None:
    issued(trade)
    cases = [finding.case() for finding in Sweeps(trade.database, AT_ONCE).findings()]
    reasons = sorted(case.reason for case in cases if "issued" in case.reason)
    assert {case.kind for case in cases} == {CaseKind.STUCK}
    assert "2 pieces of MUG-BLUE that were issued" in reasons[1]
    assert all("`ordersaga settle`" in reason for reason in reasons)


def test_an_orphan_that_names_no_order_is_found_too(trade: Trade) -> None:
    InboxBook(trade.database).put("stripe", "e1", "charge", None, {}, "payment_event")
    (finding,) = Sweeps(trade.database, AT_ONCE).findings()
    assert (finding.problem, finding.order_id) == (Problem.ORPHAN, "unknown")
    assert finding.case().kind is CaseKind.ORPHAN


def test_an_order_that_waits_for_its_goods_is_not_quiet(trade: Trade) -> None:
    moved(trade, begun(trade), OrderStatus.BACKORDERED)
    assert problems(trade) == set()
