"""Replacements on record: one for each offer, named from both ends, erased with the first order."""

import pytest
from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

from activities.replacement import PlaceReplacement, ReplacementActivities
from backoffice.complaints import ComplaintBook
from backoffice.erasure import ErasureBook, NotEnded
from backoffice.intake import IntakeBook
from backoffice.records import RecordBook
from backoffice.replacement_orders import ReplacementBook
from backoffice.search import OrderSearch
from domain.journal import Journal
from domain.order import OrderInput, Replaces
from domain.record import Commit
from domain.refunds import RefundedLine
from domain.status import OrderStatus
from domain.stock import StockEntry, StockKind, Want
from tests.backoffice.samples import MUG, NOW, SHOP, Trade, at_once, fact, journal, transition
from tests.backoffice.test_complaints import COMPLAINT

LINES = (RefundedLine(line="1", quantity=2),)


@pytest.fixture
def book(trade: Trade) -> ReplacementBook:
    return ReplacementBook(trade.database)


def link(order: str, complaint: int = 1, offer: int = 1) -> Replaces:
    return Replaces(order=order, complaint=complaint, offer=offer)


def placed(book: ReplacementBook, order: str, complaint: int = 1, offer: int = 1) -> OrderInput:
    return book.place(link(order, complaint, offer), LINES, Commit(order=order)).given


def end(trade: Trade, order: str, status: str = "completed") -> None:
    with trade.database.transaction() as connection:
        ended = text("UPDATE orders SET status = :status, ended_at = now() WHERE id = :order")
        connection.execute(ended, {"order": order, "status": status})


def commit(trade: Trade, order: str, *entries: StockEntry, journal: Journal) -> None:
    RecordBook(trade.database).commit(Commit(order=order, journal=journal, stock=entries))


def issue(order: str, quantity: int) -> StockEntry:
    return StockEntry(
        key=f"{order}-s1:papers:1:{MUG}",
        sku=MUG,
        kind=StockKind.ISSUE,
        on_hand=-quantity,
        reserved=-quantity,
        order=order,
        shipment=f"{order}-s1",
        at=NOW,
    )


def test_each_offer_is_placed_once_however_many_ask_at_once(
    trade: Trade, book: ReplacementBook
) -> None:
    order = trade.accept()
    found = at_once([lambda: placed(book, order)] * 8)
    assert len({one.order_id for one in found}) == 1
    assert placed(book, order).order_id == found[0].order_id
    other = placed(book, order, offer=2)
    assert book.replacements_of(order) == (found[0].order_id, other.order_id)
    assert [one.order.number for one in (found[0], other)] == ["1001-R1", "1001-R2"]


def test_what_it_is_started_with_is_on_record_for_whoever_starts_it(
    trade: Trade, book: ReplacementBook
) -> None:
    order = trade.accept()
    given = placed(book, order)
    assert IntakeBook(trade.database).given(given.order_id) == given
    assert (given.hears_complaints, given.replaces) == (False, link(order))
    assert IntakeBook(trade.database).given(order).hears_complaints


def test_one_that_has_begun_is_not_to_be_started(trade: Trade, book: ReplacementBook) -> None:
    order = trade.accept()
    name = placed(book, order).order_id
    again = book.place(link(order), LINES, Commit(order=order))
    assert (again.begun, again.given.order_id) == (False, name)
    commit(trade, name, journal=journal(transition(1)))
    assert book.place(link(order), LINES, Commit(order=order)).begun
    second = placed(book, order, offer=2).order_id
    IntakeBook(trade.database).started(second)
    assert book.place(link(order, offer=2), LINES, Commit(order=order)).begun


def test_placing_it_writes_what_was_decided_before(trade: Trade, book: ReplacementBook) -> None:
    order = trade.accept()
    noted = Commit(order=order, journal=journal(fact(f"{order}:replace:101")))
    book.place(link(order), LINES, noted)
    with trade.database.reading() as connection:
        keys = connection.scalars(text("SELECT key FROM step_facts"))
        assert list(keys) == [f"{order}:replace:101"]


def test_a_complaint_that_travels_with_a_step_is_on_record_with_it(
    trade: Trade, book: ReplacementBook
) -> None:
    order = trade.accept()
    decided = Journal(complaints=(COMPLAINT,))
    request = PlaceReplacement(
        order_id=order, shop=SHOP, complaint=1, offer=1, lines=LINES, journal=decided
    )
    activities = ReplacementActivities(book, RecordBook(trade.database))
    ActivityEnvironment().run(activities.place, request)
    (found,) = ComplaintBook(trade.database).of(order)
    assert found.complaint == COMPLAINT


def test_a_number_that_is_given_away_is_left_to_its_order(
    trade: Trade, book: ReplacementBook
) -> None:
    order, taken = trade.accept("1001"), trade.accept("1001-R1")
    given = placed(book, order)
    assert (given.order.number, given.order_id != taken) == ("1001-R1-2", True)


def test_it_is_found_by_its_customer_and_its_mails_name_the_first_order_and_page(
    trade: Trade, book: ReplacementBook
) -> None:
    order = trade.accept()
    name = placed(book, order).order_id
    records = RecordBook(trade.database)
    first, again = records.order(order), records.order(name)
    assert (again.page, again.replaces, first.replaces) == (first.page, "1001", "")
    found = OrderSearch(trade.database).search(SHOP, "anna@example.com")
    assert {one.order_id for one in found} == {order, name}


@pytest.mark.parametrize(
    ("ends", "sent", "delivered", "missing"),
    [
        ((OrderStatus.DELIVERED,), 2, True, 0),
        ((OrderStatus.DELIVERED,), 1, True, 1),
        ((OrderStatus.NOT_DELIVERED,), 2, False, 0),
        ((OrderStatus.NOT_DELIVERED, OrderStatus.DELIVERED), 2, True, 0),
        ((), 0, False, 2),
    ],
)
def test_it_has_arrived_when_the_courier_has_brought_all_its_pieces(
    trade: Trade,
    book: ReplacementBook,
    ends: tuple[OrderStatus, ...],
    sent: int,
    delivered: bool,
    missing: int,
) -> None:
    name = placed(book, trade.accept()).order_id
    shipment = f"{name}-s1"
    wanted = (Want(sku=MUG, quantity=2),)
    trade.stock.reserve(SHOP, wanted, f"{name}:reserve:1", Commit(order=name))
    met = [transition(at, one, shipment=shipment) for at, one in enumerate(ends, 1)]
    goods = (issue(name, sent),) if sent else ()
    commit(trade, name, *goods, journal=journal(*met))
    found = book.state(name)
    assert (found.ended, found.delivered, found.missing) == (False, delivered, missing)
    end(trade, name)
    assert book.state(name).ended


def test_the_first_order_is_erased_only_with_its_replacements(
    trade: Trade, book: ReplacementBook
) -> None:
    order = trade.accept()
    name = placed(book, order).order_id
    end(trade, order)
    erasure = ErasureBook(trade.database)
    with pytest.raises(NotEnded, match=name):
        erasure.erase(order)
    assert RecordBook(trade.database).order(order).order.customer.name == "Anna Maria Šmíd"
    end(trade, name)
    assert erasure.erase(order).replacements == (name,)
    for one in (order, name):
        assert RecordBook(trade.database).order(one).order.customer.name == "erased"
