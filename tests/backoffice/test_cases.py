"""One list of what needs a person: each case is opened once, and its first answer holds."""

from datetime import timedelta

import pytest

from backoffice.cases import CaseBook
from backoffice.records import RecordBook
from backoffice.refusals import NotOnRecord
from domain.cases import Answer, CaseAnswer, CaseKind
from domain.record import Commit
from tests.backoffice.samples import NOW, SHOP, Trade, at_once, case, journal


@pytest.fixture
def book(trade: Trade) -> CaseBook:
    return CaseBook(trade.database)


def answer(name: str, who: str = "Ana", what: CaseAnswer = CaseAnswer.CLOSE) -> Answer:
    return Answer(case=name, answer=what, who=who, why="seen to", at=NOW)


def answered(trade: Trade, name: str, *answers: Answer) -> None:
    entries = journal().model_copy(update={"answers": answers})
    RecordBook(trade.database).commit(Commit(name, journal=entries))


def test_an_order_opens_a_case_and_its_answer_closes_it(trade: Trade, book: CaseBook) -> None:
    name = trade.accept()
    opened = case("c1", name, answers=(CaseAnswer.RETRY, CaseAnswer.CANCEL))
    RecordBook(trade.database).commit(Commit(name, journal=journal(opened)))
    (shown,) = book.open_cases(SHOP)
    assert (shown.case, shown.shop, shown.answer) == (opened, SHOP, None)
    answered(trade, name, answer("c1", what=CaseAnswer.RETRY))
    assert book.open_cases(SHOP) == ()
    closed = book.case("c1")
    assert closed is not None
    assert closed.answer == answer("c1", what=CaseAnswer.RETRY)


def test_an_answer_that_comes_before_its_case_closes_it_too(trade: Trade, book: CaseBook) -> None:
    name = trade.accept()
    answered(trade, name, answer("c1"))
    RecordBook(trade.database).commit(Commit(name, journal=journal(case("c1", name))))
    assert book.open_cases(SHOP) == ()


def test_the_first_answer_holds(trade: Trade, book: CaseBook) -> None:
    name = trade.accept()
    book.open(case("c1", name))
    people = [f"person {number}" for number in range(10)]
    kept = at_once([lambda who=who: book.close(answer("c1", who)) for who in people])
    assert len({one.who for one in kept}) == 1


def test_a_case_that_sweeps_open_belongs_to_its_orders_shop(trade: Trade, book: CaseBook) -> None:
    name = trade.accept()
    at_once([lambda: book.open(case("c1", name, CaseKind.NOT_STARTED))] * 5)
    (shown,) = book.open_cases(SHOP)
    assert shown.shop == SHOP


def test_an_orphan_is_everybodys_and_no_shops(trade: Trade, book: CaseBook) -> None:
    book.open(case("o1", "ord_unknown", CaseKind.ORPHAN))
    assert book.open_cases(SHOP) == ()
    assert [one.case.id for one in book.open_cases(None)] == ["o1"]
    assert book.case("o1", shop=SHOP) is None


def test_a_case_that_is_not_there_cannot_be_closed(book: CaseBook) -> None:
    with pytest.raises(NotOnRecord):
        book.close(answer("none"))
    assert book.case("none") is None


def test_open_cases_are_read_oldest_first_page_by_page(trade: Trade, book: CaseBook) -> None:
    name = trade.accept()
    for number in (3, 1, 2):
        kind = CaseKind.STUCK if number == 2 else CaseKind.NO_RATE
        book.open(case(f"c{number}", name, kind, opened_at=NOW + timedelta(hours=number)))
    first = book.open_cases(SHOP, limit=2)
    rest = book.open_cases(SHOP, after=first[-1].case.id)
    assert [one.case.id for one in (*first, *rest)] == ["c1", "c2", "c3"]
    assert [one.case.id for one in book.open_cases(SHOP, kind=CaseKind.STUCK)] == ["c2"]
    assert book.open_cases(SHOP, order="ord_other") == ()
    assert len(book.cases_of(name)) == 3
