"""Complaints on record: written once, read back whole, found by the customer's page alone."""

from datetime import UTC, datetime

from sqlalchemy import text

from backoffice.complaints import ComplaintBook
from backoffice.erasure import ErasureBook
from backoffice.records import RecordBook
from domain.complaints import (
    Complaint,
    ComplaintReason,
    ComplaintRequest,
    ComplaintState,
    ComplaintWord,
    Solution,
    SolutionKind,
    SolutionWanted,
)
from domain.journal import Journal
from domain.record import Commit
from domain.refunds import RefundedLine
from tests.backoffice.samples import Trade

NOW = datetime(2026, 3, 2, tzinfo=UTC)
COMPLAINT = Complaint(
    number=1,
    request=ComplaintRequest(
        key="k",
        reason=ComplaintReason.DAMAGED,
        lines=(RefundedLine(line="1", quantity=1),),
        words="the handle is off",
        who="Ada",
    ),
    at=NOW,
)
SOLUTION = Solution(number=1, wanted=SolutionWanted(kind=SolutionKind.REFUND, who="Ana"))


def said(number: int, state: ComplaintState, solution: Solution | None = None) -> ComplaintWord:
    return ComplaintWord(
        complaint=1, number=number, state=state, who="Ana", solution=solution, at=NOW
    )


def write(trade: Trade, order: str, *words: ComplaintWord) -> None:
    journal = Journal(complaints=(COMPLAINT,), said=words)
    RecordBook(trade.database).commit(Commit(order=order, journal=journal))


def page_of(trade: Trade, order: str) -> str:
    with trade.database.reading() as connection:
        found = text("SELECT page FROM orders WHERE id = :order")
        return str(connection.scalar(found, {"order": order}))


def test_what_happened_is_read_back_in_its_sequence_and_written_once(trade: Trade) -> None:
    order = trade.accept()
    offered, open_again = said(1, ComplaintState.OFFERED, SOLUTION), said(2, ComplaintState.OPEN)
    write(trade, order, open_again)
    write(trade, order, offered, open_again)
    (found,) = ComplaintBook(trade.database).of(order)
    assert found.complaint == COMPLAINT
    assert found.words == (offered, open_again)


def test_the_customers_page_is_found_by_its_secret_alone(trade: Trade) -> None:
    order, other = trade.accept("1"), trade.accept("2")
    write(trade, order)
    secret = page_of(trade, order)
    assert secret != page_of(trade, other)
    assert len(secret) == 32
    found = ComplaintBook(trade.database).by_page(secret)
    assert found is not None
    assert (found.order_id, found.ended, len(found.complaints)) == (order, False, 1)
    assert ComplaintBook(trade.database).by_page(order) is None
    assert ComplaintBook(trade.database).by_page("") is None


def test_an_erased_order_has_no_page_and_its_complaints_no_words(trade: Trade) -> None:
    order = trade.accept()
    write(trade, order, said(1, ComplaintState.DECLINED, SOLUTION))
    with trade.database.transaction() as connection:
        ended = text("UPDATE orders SET status = 'completed', ended_at = now() WHERE id = :order")
        connection.execute(ended, {"order": order})
    secret = page_of(trade, order)
    ErasureBook(trade.database).erase(order)
    assert ComplaintBook(trade.database).by_page(secret) is None
    (found,) = ComplaintBook(trade.database).of(order)
    assert (found.complaint.request.words, found.complaint.request.who) == ("", "erased")
    assert [one.words for one in found.words] == [""]
    assert [one.solution for one in found.words] == [None]
    assert found.complaint.request.lines == COMPLAINT.request.lines
    assert found.complaint.request.key == "erased 1"
