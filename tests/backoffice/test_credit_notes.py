"""Goods that come back bring a credit note for their invoice, and both come once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from backoffice.audits import Audits
from backoffice.paperwork import PaperworkBook
from backoffice.prints import PrintQueue
from backoffice.records import RecordBook
from backoffice.search import OrderSearch
from backoffice.shops import ShopBook
from domain.documents import DocumentKind
from domain.invoicing import CreditReason, IssuedInvoice
from domain.journal import Journal
from domain.record import Commit, Document
from domain.shipping import Portion
from domain.status import OrderStatus
from domain.stock import Level
from tests.backoffice.papers import ALL, credit_numbers, issue, numbers, put_away
from tests.backoffice.samples import MUG, SHOP, Trade, at_once, setup, transition

MAY = datetime(2026, 5, 1, tzinfo=UTC)


def issued(trade: Trade, number: str = "1001", portions: tuple[Portion, ...] = ALL) -> str:
    name = trade.accept(number)
    trade.reserve(name)
    issue(trade, name, portions, now=MAY)
    return name


def cancelled(trade: Trade, name: str) -> None:
    then = transition(1, OrderStatus.CANCELLED)
    RecordBook(trade.database).commit(Commit(name, journal=Journal(transitions=(then,))))


def test_put_away_takes_back_what_was_issued_and_no_more(trade: Trade) -> None:
    name = issued(trade, portions=(Portion(line="1", quantity=1),))
    at_once([lambda: put_away(trade, name)] * 8)
    put_away(trade, name, key="put_away:2")
    assert trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=100, reserved=2)
    assert credit_numbers(trade) == [f"INV-CN-{datetime.now(UTC).year}-000001"]
    assert Audits(trade.database).audit(SHOP) == ()


def test_put_away_before_any_issue_brings_and_credits_nothing(trade: Trade) -> None:
    name = trade.accept()
    assert put_away(trade, name) == []
    assert trade.on_hand() == 100
    assert credit_numbers(trade) == []


def test_a_credit_note_takes_off_all_that_its_invoice_comes_to(trade: Trade) -> None:
    name = issued(trade)
    put_away(trade, name, reason=CreditReason.RECALLED)
    sums = text(
        "SELECT i.net, i.tax, i.gross, i.net + c.net, i.tax + c.tax, i.gross + c.gross, c.reason "
        "FROM invoices i JOIN credit_notes c ON c.invoice = i.key"
    )
    with trade.database.transaction() as connection:
        assert connection.execute(sums).one() == (2900, 551, 3451, 0, 0, 0, "recalled")


def test_the_paper_is_made_from_the_invoice_as_it_was_issued(trade: Trade) -> None:
    part = (Portion(line="1", quantity=1),)
    name = issued(trade, portions=part)
    (credited,) = put_away(trade, name)
    assert credited == IssuedInvoice(
        number="INV-2026-000001",
        issued_at=MAY,
        document=f"{name}-s1:invoice:1",
        portions=part,
    )


def test_a_second_try_writes_no_other_number_and_no_other_paper(trade: Trade) -> None:
    name = issued(trade)
    assert len(put_away(trade, name, now=MAY)) == 1
    queue = PrintQueue(trade.database)
    paper = f"{name}-s1:invoice:1:credit_note"
    first = queue.document(SHOP, paper)
    assert put_away(trade, name, now=MAY) == []
    assert credit_numbers(trade) == ["INV-CN-2026-000001"]
    assert queue.document(SHOP, paper) == first


def test_a_credit_note_can_be_fetched_and_no_station_prints_it(trade: Trade) -> None:
    name = issued(trade)
    put_away(trade, name, now=MAY)
    queue = PrintQueue(trade.database)
    assert queue.jobs(SHOP) == ()
    view = OrderSearch(trade.database).order(SHOP, name)
    assert view is not None
    note = view.documents[-1]
    assert (note.kind, note.number, note.print_state) == (
        DocumentKind.CREDIT_NOTE,
        "INV-CN-2026-000001",
        None,
    )
    assert queue.document(SHOP, note.id).kind is DocumentKind.CREDIT_NOTE


def test_goods_stay_out_when_their_credit_note_cannot_be_made(trade: Trade) -> None:
    name = issued(trade)

    def broken(invoice: IssuedInvoice, number: str, issued_at: datetime) -> Document:
        raise RuntimeError(f"no paper for {invoice.number}: {number} of {issued_at}")

    book = PaperworkBook(trade.database)
    with pytest.raises(RuntimeError):
        book.put_away(SHOP, f"{name}-s1", CreditReason.CANCELLED, "k", Commit(name), broken)
    assert trade.on_hand() == 98
    put_away(trade, name, now=MAY)
    assert trade.on_hand() == 100
    assert credit_numbers(trade) == ["INV-CN-2026-000001"]


def test_numbers_have_no_gaps_when_many_orders_come_back_at_once(trade: Trade) -> None:
    names = [issued(trade, str(number)) for number in range(12)]
    at_once([lambda name=name: put_away(trade, name, now=MAY) for name in [*names, *names]])
    wanted = [f"INV-CN-2026-{number:06}" for number in range(1, 13)]
    assert credit_numbers(trade) == wanted
    assert numbers(trade) == [f"INV-2026-{number:06}" for number in range(1, 13)]
    assert Audits(trade.database).audit(SHOP) == ()


@pytest.mark.parametrize(
    ("prefixes", "number"),
    [
        ({"invoice_prefix": "RE"}, "RE-CN-2026-000001"),
        ({"invoice_prefix": ""}, "CN-2026-000001"),
        ({"credit_note_prefix": "ST"}, "ST-2026-000001"),
    ],
)
def test_credit_notes_have_a_prefix_of_their_own(
    trade: Trade, prefixes: dict[str, str], number: str
) -> None:
    seller = setup().seller.model_copy(update=prefixes)
    ShopBook(trade.database).put_shop(setup(seller=seller))
    put_away(trade, issued(trade), now=MAY)
    assert credit_numbers(trade) == [number]


def test_two_series_cannot_share_a_prefix() -> None:
    seller = setup().seller.model_dump() | {"credit_note_prefix": "INV"}
    with pytest.raises(ValueError, match="credit_note_prefix: invoices have it"):
        setup(seller=seller)


def test_papers_that_are_not_printed_when_the_goods_are_back_never_are(trade: Trade) -> None:
    name = issued(trade)
    queue = PrintQueue(trade.database)
    first = queue.claim(SHOP, "station-1")
    assert first is not None
    queue.printed(SHOP, first.id, "station-1")
    put_away(trade, name)
    assert queue.claim(SHOP, "station-1") is None


def test_an_audit_names_a_cancelled_order_whose_invoice_stands(trade: Trade) -> None:
    kept, stands, credited = (issued(trade, number) for number in ("1", "2", "3"))
    put_away(trade, credited, now=MAY)
    for name in (stands, credited):
        cancelled(trade, name)
    (difference,) = Audits(trade.database).audit(SHOP)
    assert difference.subject == stands != kept
    words = "cancelled, and invoice INV-2026-000002 stands: net 2900, tax 551, gross 3451"
    assert difference.words == words


def test_an_audit_names_a_credit_beyond_the_invoice_and_a_missing_number(trade: Trade) -> None:
    first, second = issued(trade, "1"), issued(trade, "2")
    for name in (first, second):
        put_away(trade, name, now=MAY)
    with trade.database.transaction() as connection:
        connection.execute(text("DELETE FROM credit_notes WHERE sequence = 1"))
        connection.execute(text("UPDATE credit_notes SET net = net - 1, gross = gross - 1"))
    missing, beyond = Audits(trade.database).audit(SHOP)
    assert (missing.subject, missing.words) == ("credit notes 2026", "missing: [1]")
    words = "invoice INV-2026-000002 is credited beyond it: net -1, tax 0, gross -1"
    assert (beyond.subject, beyond.words) == (second, words)


def test_what_was_issued_anew_comes_back_whole_under_the_same_key(trade: Trade) -> None:
    """As when an order that had called its goods back is settled by somebody else."""
    name = issued(trade)
    put_away(trade, name)
    issue(trade, name, ALL, key="papers:2")
    assert trade.on_hand() == 98
    put_away(trade, name)
    assert trade.stock.level(SHOP, MUG) == Level(sku=MUG, on_hand=100, reserved=2)
    assert len(credit_numbers(trade)) == len(numbers(trade)) == 2
    assert Audits(trade.database).audit(SHOP) == ()
