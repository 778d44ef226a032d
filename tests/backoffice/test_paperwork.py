"""Goods, invoice and documents of a shipment leave the books together, and once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from backoffice.audits import Audits
from backoffice.database import Database
from backoffice.paperwork import PaperworkBook
from backoffice.prints import PrintQueue
from backoffice.refusals import NotReserved
from backoffice.shops import ShopBook
from domain.documents import DocumentKind
from domain.record import Commit, Document
from domain.stock import Level
from tests.backoffice.papers import ALL, issue, numbers
from tests.backoffice.samples import MUG, SHOP, TEA, Trade, at_once, setup


def test_stock_leaves_the_books_from_the_orders_own_reservation(trade: Trade) -> None:
    name, other = trade.accept("1"), trade.accept("2")
    trade.reserve(name)
    trade.reserve(other)
    issue(trade, name)
    assert trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=98, reserved=2)
    assert trade.stock.level(SHOP, TEA) == Level(sku=TEA, on_hand=99, reserved=1)


def test_a_shipment_is_issued_once_per_key_and_answers_the_same(database: Database) -> None:
    trade = Trade(database, stock=6)
    name = trade.accept()
    trade.reserve(name)
    answers = at_once([lambda: issue(trade, name)] * 12)
    assert trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=4, reserved=0)
    assert len(numbers(trade)) == 1
    assert len(PrintQueue(trade.database).jobs(SHOP)) == 2
    assert {one.restock for one in answers} == {answers[0].restock}
    assert [(need.sku, need.on_hand) for need in answers[0].restock] == [(MUG, 4)]


def test_a_crossing_is_told_once_and_not_by_each_issue_below_it(database: Database) -> None:
    trade = Trade(database, stock=7)
    told: list[int] = []
    for number in ("1", "2", "3"):
        name = trade.accept(number)
        trade.reserve(name, teas=1)
        told.append(len([need for need in issue(trade, name).restock if need.sku == MUG]))
    assert trade.on_hand() == 1
    assert told == [0, 1, 0]


def test_nothing_is_issued_that_was_not_reserved(trade: Trade) -> None:
    name = trade.accept()
    trade.reserve(name, mugs=1)
    with pytest.raises(NotReserved):
        issue(trade, name)
    assert (trade.on_hand(MUG), trade.on_hand(TEA), numbers(trade)) == (100, 100, [])


def test_a_released_order_cannot_be_issued_by_a_late_try(trade: Trade) -> None:
    name = trade.accept()
    trade.reserve(name)
    trade.stock.release(SHOP, "release", Commit(name))
    with pytest.raises(NotReserved):
        issue(trade, name)
    assert trade.on_hand() == 100


def test_invoice_numbers_have_no_gaps_under_concurrency_and_failures(trade: Trade) -> None:
    names = [trade.accept(str(number)) for number in range(40)]
    for place, name in enumerate(names):
        trade.reserve(name, mugs=2 if place % 4 else 1)
    now = datetime(2026, 5, 1, tzinfo=UTC)

    def attempt(name: str) -> bool:
        try:
            issue(trade, name, now=now)
        except NotReserved:
            return False
        return True

    issued = sum(at_once([lambda name=name: attempt(name) for name in names]))
    assert issued == 30
    assert numbers(trade) == [f"INV-2026-{number:06}" for number in range(1, 31)]
    assert Audits(trade.database).audit(SHOP) == ()


def test_a_number_is_given_back_when_its_document_cannot_be_made(trade: Trade) -> None:
    first, second = trade.accept("1"), trade.accept("2")
    trade.reserve(first)
    trade.reserve(second)

    def broken(number: str, issued_at: datetime) -> Document:
        raise RuntimeError(f"no paper for {number} of {issued_at}")

    book = PaperworkBook(trade.database)
    with pytest.raises(RuntimeError):
        book.issue(SHOP, f"{first}-s1", ALL, "k", Commit(first), broken)
    issue(trade, second, now=datetime(2026, 5, 1, tzinfo=UTC))
    assert numbers(trade) == ["INV-2026-000001"]
    assert trade.on_hand() == 98


def test_each_year_and_each_shop_counts_from_one(trade: Trade) -> None:
    for number, year in (("1", 2026), ("2", 2027), ("3", 2027)):
        name = trade.accept(number)
        trade.reserve(name)
        issue(trade, name, now=datetime(year, 1, 1, tzinfo=UTC))
    assert numbers(trade) == ["INV-2026-000001", "INV-2027-000001", "INV-2027-000002"]


def test_the_sellers_prefix_stands_before_the_number(trade: Trade) -> None:
    seller = setup().seller.model_copy(update={"invoice_prefix": "RE"})
    ShopBook(trade.database).put_shop(setup(seller=seller))
    name = trade.accept()
    trade.reserve(name)
    issue(trade, name, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert numbers(trade) == ["RE-2026-000001"]


def test_an_audit_names_the_invoice_that_is_missing(trade: Trade) -> None:
    for number in ("1", "2", "3"):
        name = trade.accept(number)
        trade.reserve(name)
        issue(trade, name, now=datetime(2026, 1, 1, tzinfo=UTC))
    with trade.database.transaction() as connection:
        connection.execute(text("DELETE FROM invoices WHERE sequence = 2"))
    (difference,) = Audits(trade.database).audit(SHOP)
    assert (difference.subject, difference.words) == ("invoices 2026", "missing: [2]")


def test_the_documents_of_a_shipment_are_stored_with_their_bytes(trade: Trade) -> None:
    name = trade.accept()
    trade.reserve(name)
    issue(trade, name)
    queue = PrintQueue(trade.database)
    kinds = {job.kind: queue.document(SHOP, job.document).content for job in queue.jobs(SHOP)}
    assert kinds.keys() == {DocumentKind.PACKING_SLIP, DocumentKind.INVOICE}
    assert kinds[DocumentKind.PACKING_SLIP] == f"%PDF-{name}-s1:slip".encode()
