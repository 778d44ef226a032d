"""Money that came to the bank account: whose it is, and who has still to be asked."""

from datetime import datetime

import pytest

from backoffice.bookings import BookingBook
from backoffice.tables.transfers import BookingState
from domain.money import Money
from domain.transfers import Booking
from tests.backoffice.samples import NOW, Trade


@pytest.fixture
def book(trade: Trade) -> BookingBook:
    return BookingBook(trade.database, "bank")


def booking(at: datetime = NOW) -> Booking:
    money = Money(amount=500, currency="EUR")
    return Booking(id="bkg_1", position=1, at=at, money=money, account="DE1")


def test_what_a_person_has_said_whose_it_is_waits_for_nobody_again(
    trade: Trade, book: BookingBook
) -> None:
    order = trade.accept()
    book.put([booking()])
    assert book.set_aside("bkg_1")
    assert not book.set_aside("bkg_1")
    assert [one.id for one in book.strays()] == ["bkg_1"]
    assert book.assign("bkg_1", order)
    # Another process has read it as nobody's before that, and comes to it only now.
    assert not book.set_aside("bkg_1")
    assert book.strays() == ()
    (known,) = book.to_do(10)
    assert (known.order, known.state) == (order, BookingState.NEW)
