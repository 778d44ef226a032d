"""Tax by rate, open items, and a bank's account: sums of single entries, each in its period."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from backoffice.accounts import AccountsBook
from backoffice.bookings import BookingBook
from backoffice.claims import ClaimBook
from backoffice.movements import MovementBook
from backoffice.paperwork import PaperworkBook
from backoffice.records import RecordBook
from domain.accounts import Accounts, Amounts, OpenItemKind, Period
from domain.crediting import ToCredit
from domain.documents import DocumentKind
from domain.invoicing import CreditReason, IssuedInvoice
from domain.matching import MatchResult
from domain.money import Money
from domain.movements import Movement, MovementKind
from domain.payment import PaymentEventKind
from domain.record import Commit, Document
from domain.shipping import Portion
from domain.transfers import Booking
from tests.backoffice.papers import issue, put_away
from tests.backoffice.samples import SHOP, Trade, document, order_body, payment

MAY = datetime(2026, 5, 10, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 10, 12, tzinfo=UTC)
_K = PaymentEventKind


def month(number: int, zone: str = "UTC") -> Period:
    return Period(first=date(2026, number, 1), to=date(2026, number + 1, 1), time_zone=zone)


def report(trade: Trade, number: int = 5, shop: str | None = SHOP, zone: str = "UTC") -> Accounts:
    return AccountsBook(trade.database).report(month(number, zone), shop)


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def pay(trade: Trade, order: str, kind: _K, amount: int, at: datetime = MAY, **more: str) -> None:
    event = payment(f"{order}:{kind.value}:{amount}", kind, amount, at=at, **more)
    RecordBook(trade.database).commit(Commit(order, payments=(event,)))


def two_rates(trade: Trade, number: str = "1001") -> str:
    """Mugs at 19 %, tea and shipping at 7 %."""
    body = order_body(number)
    _, tea = body["lines"]
    tea |= {"tax_rate": "7.0", "net": 500, "tax": 35, "gross": 535, "unit_price": 535}
    shipping = body["shipping"] | {"tax_rate": "7", "net": 400, "tax": 28, "gross": 428}
    total = {"net": 2900, "tax": 443, "gross": 3343}
    name = trade.accept(number, lines=body["lines"], shipping=shipping, total=total)
    trade.reserve(name)
    issue(trade, name, now=MAY)
    return name


def credit(trade: Trade, name: str, amount: int, now: datetime, number: int = 1) -> None:
    """Give a sum back, without goods."""

    def note(_: IssuedInvoice, drawn: str, _at: datetime) -> Document:
        paper = f"{name}:credited:{number}"
        return document(paper, name, DocumentKind.CREDIT_NOTE, number=drawn)

    book = PaperworkBook(trade.database, clock=lambda: now)
    wanted = ToCredit(money=eur(amount))
    book.credit(SHOP, f"{name}-s1", wanted, f"{name}:credit:{number}", Commit(name), note)


def taxes(found: Accounts) -> dict[tuple[str, str], tuple[Amounts, Amounts, Amounts]]:
    return {(one.country, one.rate): (one.invoiced, one.credited, one.total) for one in found.taxes}


def test_tax_is_told_by_country_and_rate_however_the_rate_is_written(trade: Trade) -> None:
    two_rates(trade)
    invoiced = {key: sums[0] for key, sums in taxes(report(trade)).items()}
    assert invoiced == {
        ("CZ", "19"): Amounts(net=2000, tax=380, gross=2380),
        ("CZ", "7"): Amounts(net=900, tax=63, gross=963),
    }


def test_credit_notes_count_in_their_own_month_and_the_last_one_takes_the_rest(
    trade: Trade,
) -> None:
    name = two_rates(trade)
    credit(trade, name, 1000, MAY)
    put_away(trade, name, now=JUNE, reason=CreditReason.RECALLED)
    may, june = taxes(report(trade, 5)), taxes(report(trade, 6))
    assert sum(sums[1].gross for sums in may.values()) == -1000
    assert all(sums[0].gross == 0 for sums in june.values())
    for line in may:
        assert may[line][2] + june[line][2] == Amounts(), "nothing is left of the invoice"


def test_an_invoice_of_a_build_that_kept_no_rates_is_worked_out_anew(trade: Trade) -> None:
    name = two_rates(trade)
    credit(trade, name, 500, MAY)
    kept = taxes(report(trade))
    with trade.database.transaction() as connection:
        connection.execute(text("UPDATE invoices SET by_rate = NULL"))
    assert taxes(report(trade)) == kept


def test_days_end_when_they_end_where_the_accountant_is(trade: Trade) -> None:
    name = trade.accept()
    trade.reserve(name)
    issue(trade, name, now=datetime(2026, 5, 31, 22, 30, tzinfo=UTC))
    assert report(trade, 5).taxes != ()
    assert report(trade, 5, zone="Europe/Berlin").taxes == ()
    assert report(trade, 6, zone="Europe/Berlin").taxes != ()


def test_what_is_invoiced_and_not_captured_is_open_and_the_other_way_round(trade: Trade) -> None:
    invoiced, captured, sound = (trade.accept(number) for number in ("1", "2", "3"))
    for name in (invoiced, sound):
        trade.reserve(name)
        issue(trade, name, now=MAY)
    for name in (captured, sound):
        pay(trade, name, _K.CAPTURE, 3451, reference=f"pi_{name}")
    found = {one.order: (one.kind, one.invoiced, one.paid) for one in report(trade).open_items}
    assert found == {
        invoiced: (OpenItemKind.INVOICED_NOT_CAPTURED, eur(3451), eur(0)),
        captured: (OpenItemKind.CAPTURED_NOT_INVOICED, eur(0), eur(3451)),
    }
    assert report(trade, 4).open_items == (), "nothing had happened by then"


def test_a_refund_without_its_credit_note_is_open_until_that_is_issued(trade: Trade) -> None:
    name = trade.accept()
    trade.reserve(name)
    issue(trade, name, now=MAY)
    pay(trade, name, _K.CAPTURE, 3451)
    pay(trade, name, _K.REFUND, 500, reference="re_1")
    (item,) = report(trade).open_items
    assert (item.invoiced, item.paid) == (eur(3451), eur(2951))
    credit(trade, name, 500, MAY)
    assert report(trade).open_items == ()


def test_what_was_paid_to_the_channel_is_no_open_item_and_has_a_sum_of_its_own(
    trade: Trade,
) -> None:
    pay(trade, trade.accept(), _K.PREPAID, 3451)
    found = report(trade)
    assert found.open_items == ()
    (sums,) = found.booked
    assert (sums.prepaid, sums.captured) == (3451, 0)


def test_another_shop_s_orders_are_not_in_a_shop_s_report(trade: Trade) -> None:
    other = Trade(trade.database, "other")
    mine, theirs = trade.accept(), other.accept()
    for name in (mine, theirs):
        pay(trade, name, _K.CAPTURE, 3451, reference=f"pi_{name}")
    assert [one.order for one in report(trade).open_items] == [mine]
    assert [one.order for one in report(trade, shop="other").open_items] == [theirs]
    assert {one.order for one in report(trade, shop=None).open_items} == {mine, theirs}
    assert [one.captured for one in report(trade, shop=None).booked] == [6902]


class Bank:
    """Entries of the account, put on record as the loops do."""

    def __init__(self, trade: Trade) -> None:
        self.trade = trade
        self.bookings, self.movements = BookingBook(trade.database), MovementBook(trade.database)
        self.movements.claim("bank transfers")
        self.movements.done("bank transfers", JUNE, timedelta(0))

    def order(self, number: str = "1001") -> str:
        name = self.trade.accept(number, payment={"terms": "transfer"})
        ClaimBook(self.trade.database).claim("bank", f"RF{number}", name)
        return name

    def came(self, position: int, amount: int, reference: str = "") -> None:
        booking = Booking(
            id=f"bkg_{position}",
            position=position,
            at=MAY,
            money=eur(amount),
            reference=reference,
            account="DE1",
        )
        self.bookings.put([booking])

    def went(self, name: str, kind: MovementKind, amount: int, subject: str, payment: str) -> None:
        movement = Movement(
            provider="bank",
            id=name,
            kind=kind,
            word="return",
            at=MAY,
            money=eur(-amount),
            fee=eur(0),
            presented=eur(-amount),
            subject=subject,
            payment=payment,
        )
        self.movements.put([movement])

    def took(self, order: str, amount: int, number: str = "1001") -> None:
        reference = f"RF{number}"
        pay(self.trade, order, _K.CAPTURE, amount, provider="bank", reference=reference)

    def end(self, order: str) -> None:
        with self.trade.database.transaction() as connection:
            statement = text("UPDATE orders SET ended_at = now() WHERE id = :id")
            connection.execute(statement, {"id": order})

    def results(self) -> list[MatchResult]:
        return [one.result for one in report(self.trade).unmatched]


@pytest.fixture
def bank(trade: Trade) -> Bank:
    return Bank(trade)


def test_transfers_of_an_order_less_what_went_back_are_what_it_took(bank: Bank) -> None:
    order = bank.order()
    bank.came(1, 1000, "RF1001")
    bank.came(2, 3000, "RF1001")
    bank.went("trf_1", MovementKind.SENT_BACK, 549, "bkg_2", "RF1001")
    assert bank.results() == [MatchResult.HELD]
    bank.took(order, 3451)
    found = report(bank.trade)
    assert (bank.results(), found.matched) == ([], 1)
    (statement,) = found.statements
    assert (statement.received, statement.sent_back, statement.closing) == (4000, -549, 3451)
    assert (statement.difference, statement.adds_up) == (None, True)


def test_what_is_left_of_an_order_that_has_ended_is_for_a_person(bank: Bank) -> None:
    order = bank.order()
    bank.came(1, 4000, "RF1001")
    bank.took(order, 3451)
    assert bank.results() == [MatchResult.HELD]
    bank.end(order)
    assert bank.results() == [MatchResult.DIFFERS]


def test_money_that_nobody_owns_is_in_no_books_until_it_goes_back(bank: Bank) -> None:
    bank.came(1, 700)
    assert bank.results() == [MatchResult.MISSING_IN_BOOKS]
    bank.went("trf_1", MovementKind.SENT_BACK, 700, "bkg_1", "")
    assert bank.results() == []


def test_a_stray_that_a_person_assigned_counts_for_its_order(bank: Bank) -> None:
    order = bank.order()
    bank.came(1, 3451)
    assert bank.bookings.set_aside("bkg_1")
    assert bank.bookings.assign("bkg_1", order)
    bank.took(order, 3451)
    assert bank.results() == []


def test_a_refund_that_went_out_in_two_transfers_is_one_refund(bank: Bank) -> None:
    order = bank.order()
    bank.came(1, 3451, "RF1001")
    bank.took(order, 3451)
    key = f"{order}:refund:900"
    pay(bank.trade, order, _K.REFUND, 900, provider="bank", reference="trf_1")
    bank.went("trf_1", MovementKind.REFUND, 500, key, "RF1001")
    assert bank.results() == [MatchResult.DIFFERS]
    bank.went("trf_2", MovementKind.REFUND, 400, key, "RF1001")
    assert bank.results() == []


def test_a_portion_is_all_that_an_invoice_needs_to_have_rates(trade: Trade) -> None:
    name = trade.accept()
    trade.reserve(name)
    issue(trade, name, (Portion(line="2", quantity=1),), now=MAY)
    (line,) = report(trade).taxes
    assert line.invoiced == Amounts(net=900, tax=171, gross=1071)
