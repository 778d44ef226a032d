"""Orders that wait for goods: a line for each shop, and who in it may have what is there.

First come, first served, with two limits that docs/decisions explains. An order that cannot be
served whole lets others pass for the first half of its patience, so that nobody waits beside a full
shelf; in the second half whatever comes of its goods is kept for it, so that small orders cannot
pass it for ever.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from domain.model import Model, unsaid
from domain.routing import ANY, HOME, Free, Route, Site, Source, in_sequence, sources_of
from domain.shipping import Portion
from domain.stock import Shortage, Spot, Want


class OutOfStock(StrEnum):
    """What becomes of an order for more than there is.

    It is refused; or waits whole; or what is there ships, and the rest waits in line; or what is
    there ships, and lines that lack a piece are left out.
    """

    REFUSE = "refuse"
    HOLD_ALL = "hold_all"
    SHIP_AVAILABLE = "ship_available"
    CANCEL_LINE = "cancel_line"

    @property
    def divides(self) -> bool:
        """Whether an order may get a part of its goods."""
        return self in (OutOfStock.SHIP_AVAILABLE, OutOfStock.CANCEL_LINE)

    @property
    def may_wait(self) -> bool:
        """Whether an order stands in line for what it lacks."""
        return self in (OutOfStock.HOLD_ALL, OutOfStock.SHIP_AVAILABLE)


class PlaceInLine(Model):
    """Where an order stands: by when it was accepted, and from when on goods are kept for it."""

    since: datetime
    firm_from: datetime

    @classmethod
    def of(cls, accepted_at: datetime, patience: timedelta) -> "PlaceInLine":
        """It gives way for half of its patience."""
        return cls(since=accepted_at, firm_from=accepted_at + patience / 2)


class Promised(Model):
    """What an order got: everything (no shortages), a place in line, or neither.

    ``expected`` is the day by which all that it lacks is expected, where the shop has said so.
    ``there`` is the part that it got where it did not get everything; ``waits`` is about the rest
    then. ``sources`` say from which warehouses what it got comes, where that is not the main one.
    """

    shortages: tuple[Shortage, ...] = ()
    waits: bool = False
    expected: date | None = None
    there: Annotated[tuple[Portion, ...], unsaid(())] = ()
    sources: Annotated[tuple[Source, ...], unsaid(())] = ()


class WaitsFor(Model):
    """Pieces of a SKU that an order waits for, and when the shop expects the SKU."""

    sku: str
    quantity: int
    expected: date | None = None


@dataclass(frozen=True)
class Waiting:
    """An order in line, what it wants, in pieces by SKU, and how it finds its warehouse."""

    order: str
    place: PlaceInLine
    wants: Mapping[str, int]
    route: Route = ANY


@dataclass(frozen=True)
class Allotted:
    """An order in line that is served, and from where."""

    waiting: Waiting
    sources: tuple[Source, ...]


def allot(
    free: Free, line: Iterable[Waiting], now: datetime, sites: Sequence[Site] = HOME
) -> tuple[Allotted, ...]:
    """Which orders in line are served, each with all that it wants, in the line's sequence."""
    left = dict(free)
    served: list[Allotted] = []
    for one in sorted(line, key=_place_of):
        sources = _serve(one, left, now, sites)
        if sources is not None:
            served.append(Allotted(one, sources))
    return tuple(served)


def allocate(
    free: Free, line: Iterable[Waiting], now: datetime, sites: Sequence[Site] = HOME
) -> tuple[Waiting, ...]:
    """Those whom `allot` serves."""
    return tuple(one.waiting for one in allot(free, line, now, sites))


def left_for(
    order: Waiting,
    free: Free,
    line: Iterable[Waiting],
    now: datetime,
    sites: Sequence[Site] = HOME,
) -> dict[Spot, int]:
    """What of the free pieces those who stand in line before an order leave for it."""
    left = dict(free)
    for one in sorted(line, key=_place_of):
        if _place_of(one) < _place_of(order):
            _serve(one, left, now, sites)
    return left


def _place_of(one: Waiting) -> tuple[datetime, str]:
    return (one.place.since, one.order)


def _serve(
    one: Waiting, left: dict[Spot, int], now: datetime, sites: Sequence[Site]
) -> tuple[Source, ...] | None:
    """Take from what is left what goes to this order, or is kept for it; from where it is served.

    For one that is served from one warehouse alone, its goods are kept in each: nobody knows which
    of them will have everything first.
    """
    sequence = in_sequence(sites, one.route)
    sources = sources_of(one.wants, left, sequence, splits=one.route.splits)
    if sources is not None:
        for source in sources:
            for want in source.wants:
                left[Spot(want.sku, source.warehouse)] -= want.quantity
    elif one.place.firm_from <= now:
        for sku, pieces in one.wants.items():
            wanted = pieces
            for spot in (Spot(sku, code) for code in sequence):
                kept = min(wanted, max(0, left.get(spot, 0)))
                left[spot] = left.get(spot, 0) - kept
                wanted -= kept if one.route.splits else 0
    return sources


def expected_day(missing: Iterable[str], days: Mapping[str, date], today: date) -> date | None:
    """The day by which everything that is missing is expected; a day that has passed is none."""
    known = [days.get(sku) for sku in missing]
    coming = [day for day in known if day is not None and day >= today]
    return max(coming) if coming and len(coming) == len(known) else None


def as_wants(wants: Iterable[Want]) -> dict[str, int]:
    """Pieces by SKU, added up."""
    total: dict[str, int] = {}
    for one in wants:
        if one.quantity:
            total[one.sku] = total.get(one.sku, 0) + one.quantity
    return dict(sorted(total.items()))
