"""The accountant's report: what was taken, given back, kept and paid out, and what does not agree.

Every sum is derived from single entries, in integer minor units, each currency by itself.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import computed_field

from domain.calendar import TimeZone
from domain.matching import Match
from domain.model import Model, unsaid
from domain.money import Currency, Money
from domain.movements import Movement, MovementKind, Payout

FIRST_YEAR, LAST_YEAR = 2000, 2200
LONGEST_DAYS = 400
"""A year, and what a year that does not end with December needs."""


class Period(Model):
    """From the beginning of one day to the beginning of another, which is not in it, as the clocks
    of a time zone show. Invoices are numbered by years in UTC, so that is the usual one."""

    first: date
    to: date
    time_zone: TimeZone = "UTC"

    @property
    def start(self) -> datetime:
        """The first moment of it, in UTC."""
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it, in UTC."""
        return self._midnight(self.to)

    def problems(self) -> Iterable[tuple[str, str]]:
        """Why it is none that can be reported, by field."""
        if self.first.year < FIRST_YEAR or self.to.year > LAST_YEAR:
            yield "from", f"and `to` must lie between the years {FIRST_YEAR} and {LAST_YEAR}"
        elif self.to <= self.first:
            yield "to", "is the first day that does not count: it must be after `from`"
        elif (self.to - self.first).days > LONGEST_DAYS:
            yield "to", f"is more than {LONGEST_DAYS} days after `from`: ask for parts"

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


class BookedSums(Model):
    """What our own books say, by currency: captured at a provider, given back, come back of that,
    and paid to the channel."""

    currency: Currency
    captured: int = 0
    refunded: int = 0
    refunds_returned: int = 0
    prepaid: int = 0


class Amounts(Model):
    """Net, tax and gross in minor units; below zero where they are taken off."""

    net: int = 0
    tax: int = 0
    gross: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            net=self.net + other.net, tax=self.tax + other.tax, gross=self.gross + other.gross
        )

    @classmethod
    def less(cls, net: int, tax: int) -> Self:
        """What is taken off."""
        return cls(net=-net, tax=-tax, gross=-(net + tax))


class TaxLine(Model):
    """Invoices and credit notes of the period at one rate, to one country; ``total`` is what is to
    be declared."""

    country: str
    currency: Currency
    rate: str
    invoiced: Amounts
    credited: Amounts
    total: Amounts


class Statement(Model):
    """A provider's account in one currency over the period, in minor units with their signs:
    ``opening`` and everything up to ``payouts_returned`` add up to ``closing``.

    ``difference`` is what they lack to what the provider itself says is in the account, and payouts
    to their own figures: 0 where it all ties, None where the provider was not asked (yet) or the
    account is not the shop's alone.
    """

    provider: str
    currency: Currency
    opening: int
    captured: int = 0
    refunded: int = 0
    refunds_returned: int = 0
    disputed: int = 0
    fees: int = 0
    received: int = 0
    sent_back: int = 0
    other: int = 0
    paid_out: int = 0
    payouts_returned: int = 0
    closing: int
    balance_at: datetime | None = None
    difference: int | None = None

    @property
    def adds_up(self) -> bool:
        """Whether opening and movements are the closing balance."""
        return self.opening + sum(getattr(self, one) for one in FIGURES.values()) == self.closing


FIGURES: dict[MovementKind, str] = {
    MovementKind.CAPTURE: "captured",
    MovementKind.REFUND: "refunded",
    MovementKind.REFUND_RETURNED: "refunds_returned",
    MovementKind.DISPUTE: "disputed",
    MovementKind.FEE: "fees",
    MovementKind.RECEIVED: "received",
    MovementKind.SENT_BACK: "sent_back",
    MovementKind.OTHER: "other",
    MovementKind.PAYOUT: "paid_out",
    MovementKind.PAYOUT_RETURNED: "payouts_returned",
}
"""Under which figure of a statement a kind of movement counts, before its fee."""


class MovementEntry(Model):
    """A movement, whose it is (None: nobody's here), and the payout that it is in."""

    movement: Movement
    order: str | None
    number: Annotated[str, unsaid("")] = ""
    shop: str | None
    payout: str | None


class PayoutEntry(Model):
    """A payout with the movements that it pays out. ``share`` is what those come to; ``difference``
    what the payout's own figure lacks to that, None where they are not all known here."""

    payout: Payout
    share: Money
    difference: int | None
    movements: tuple[MovementEntry, ...]


class OpenItemKind(StrEnum):
    """Which side of an order is ahead at the end of the period."""

    INVOICED_NOT_CAPTURED = "invoiced_not_captured"
    CAPTURED_NOT_INVOICED = "captured_not_invoiced"


class OpenItem(Model):
    """An order whose invoices (less credit notes) and payments (less refunds) differ."""

    order: str
    shop: str
    kind: OpenItemKind
    invoiced: Money
    paid: Money

    @classmethod
    def of(cls, order: str, shop: str, invoiced: Money, paid: Money) -> Self:
        """The item, which is of the side that is ahead."""
        ahead = invoiced.amount > paid.amount
        kind = OpenItemKind.INVOICED_NOT_CAPTURED if ahead else OpenItemKind.CAPTURED_NOT_INVOICED
        return cls(order=order, shop=shop, kind=kind, invoiced=invoiced, paid=paid)


class Accounts(Model):
    """The report. ``shop`` is whose it is, None for all; ``whole`` says that the providers'
    accounts are shown whole, with what is nobody's. ``matched`` counts what agrees, ``unmatched``
    is the rest; ``read_to`` is up to when each provider's account is on record."""

    period: Period
    shop: str | None
    whole: bool
    read_to: dict[str, datetime]
    booked: tuple[BookedSums, ...]
    taxes: tuple[TaxLine, ...]
    statements: tuple[Statement, ...]
    payouts: tuple[PayoutEntry, ...]
    matched: int
    unmatched: tuple[Match, ...]
    open_items: tuple[OpenItem, ...]

    @computed_field
    @property
    def ties(self) -> bool:
        """Whether every statement and every payout agrees with the provider's own figures, as far
        as those are known."""
        known = [one.difference for one in self.statements]
        known += [one.difference for one in self.payouts]
        return not any(known) and all(one.adds_up for one in self.statements)
