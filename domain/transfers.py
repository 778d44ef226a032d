"""Money that came to the seller's bank account, what was sent back of it, and what is left.

A customer transfers what they like: too little, too much, in parts, twice, or late. What came is
never taken: it is here. So `held` is what came and was not sent back, a capture is an entry in our
own books, and to let go of money is to send it back to the account that it came from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.model import Model
from domain.money import Money


class Booking(Model):
    """Money that has come in, as the bank tells it.

    ``position`` grows with each booking of the account. ``reference`` is the creditor reference in
    it, empty where there is none; ``account`` is where it came from.
    """

    id: str
    position: int
    at: datetime
    money: Money
    reference: str = ""
    account: str
    holder: str = ""
    text: str = ""


class SentBack(Model):
    """Money that went back to where a booking came from.

    ``operation`` is what it was sent back for: our idempotency key. A ``refund`` gives back what
    was captured; everything else was never captured.
    """

    id: str
    booking: str
    money: Money
    operation: str
    refund: bool


@dataclass(frozen=True)
class Share:
    """A part of a booking that is to go back. ``turn`` counts what went back of it before, so that
    the same state of the account always leads to the same transfer, under the same key."""

    booking: Booking
    money: Money
    turn: int

    @property
    def key(self) -> str:
        """The idempotency key."""
        return f"{self.booking.id}:{self.turn}"


@dataclass(frozen=True)
class Receipts:
    """All that came and went under one reference."""

    bookings: tuple[Booking, ...]
    sent: tuple[SentBack, ...]
    currency: str

    @property
    def received(self) -> Money:
        """What came in, in the order's currency."""
        return self._sum(one.money for one in self.bookings)

    @property
    def returned(self) -> Money:
        """What went back without having been captured."""
        return self._sum(one.money for one in self.sent if not one.refund)

    @property
    def here(self) -> Money:
        """What came and was not sent back; what was captured and refunded counts as here."""
        return self.received - self.returned

    def done(self, operation: str) -> Money:
        """What this very operation has sent back already."""
        return self._sum(one.money for one in self.sent if one.operation == operation)

    def foreign(self) -> tuple[Share, ...]:
        """All that is left of bookings in other currencies."""
        others = (one for one in self.bookings if one.money.currency != self.currency)
        left = ((one, self._left(one)) for one in others)
        return tuple(self._share(one, money) for one, money in left if money.amount > 0)

    def shares(self, money: Money) -> tuple[Share, ...]:
        """Which parts of which bookings make up a sum that is to go back, the last booking first.

        Raises:
            ValueError: there is not so much left.
        """
        found: list[Share] = []
        for booking in sorted(self.bookings, key=lambda one: -one.position):
            if booking.money.currency != self.currency or money.amount <= 0:
                continue
            left = self._left(booking)
            part = left if left.amount < money.amount else money
            if part.amount > 0:
                found.append(self._share(booking, part))
                money = money - part
        if money.amount > 0:
            raise ValueError(f"{money} more would go back than came in")
        return tuple(found)

    def _left(self, booking: Booking) -> Money:
        gone = (one.money for one in self.sent if one.booking == booking.id)
        return booking.money - sum(gone, Money.zero(booking.money.currency))

    def _share(self, booking: Booking, money: Money) -> Share:
        return Share(booking, money, sum(one.booking == booking.id for one in self.sent))

    def _sum(self, amounts: Iterable[Money]) -> Money:
        mine = (one for one in amounts if one.currency == self.currency)
        return sum(mine, Money.zero(self.currency))


_CASE = "booking:"


def case_of_booking(booking: str) -> str:
    """The name of the case about money that came in."""
    return f"{_CASE}{booking}"


def booking_of_case(case: str) -> str | None:
    """The booking that a case asks about; None where it is about something else."""
    return case.removeprefix(_CASE) if case.startswith(_CASE) and case.count(":") == 1 else None
