"""The one way in which pieces are promised to an order, inside somebody's transaction.

Whichever warehouse they come from is chosen in the same breath, under the same locks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from backoffice.entries import entries_of, reserved_under
from backoffice.journal import given_up
from backoffice.ledger import (
    Standings,
    check_known,
    free_of,
    locked_standings,
    post_new,
    sites_of,
)
from backoffice.line import line_of, turn_of
from domain.backorder import PlaceInLine, Promised, Waiting, as_wants, left_for
from domain.routing import ANY, Free, Route, Source, in_sequence, only_main, sources_of
from domain.shares import part_of, rest_of, what_is_there
from domain.shipping import Portion
from domain.stock import MAIN, Shortage, Spot, StockEntry, StockKind, Want, Wanted


@dataclass(frozen=True)
class Divided:
    """An order that may get a part of its lines now."""

    order: str
    place: PlaceInLine
    lines: tuple[Wanted, ...]
    whole_lines: bool
    route: Route = ANY

    @property
    def skus(self) -> dict[str, str]:
        """The SKU of each line."""
        return {one.line: one.sku for one in self.lines}

    @property
    def portions(self) -> tuple[Portion, ...]:
        """All that it wants, by line."""
        return tuple(Portion(line=one.line, quantity=one.quantity) for one in self.lines)

    def pieces(self, portions: tuple[Portion, ...]) -> dict[str, int]:
        """Portions by SKU."""
        return as_wants(Wanted(**one.model_dump(), sku=self.skus[one.line]) for one in portions)

    def got(self, pieces: Mapping[str, int]) -> tuple[Portion, ...]:
        """The portions that these pieces are."""
        return what_is_there(self.portions, self.skus, pieces, whole_lines=self.whole_lines)

    def rest(self, there: tuple[Portion, ...]) -> Waiting:
        """What it lacks besides, as it stands in line: whole, and from one warehouse."""
        wants = self.pieces(rest_of(self.portions, there))
        route = self.route.model_copy(update={"splits": False}) if there else self.route
        return Waiting(self.order, self.place, wants, route)


@dataclass(frozen=True)
class Part:
    """The portions that an order got, and from where they come."""

    there: tuple[Portion, ...] = ()
    sources: tuple[Source, ...] = ()


def promise_part(
    connection: Connection, shop: str, order: Divided, key: str, now: datetime
) -> Part:
    """Reserve what is there of an order's lines; which portions that is.

    What those before it in line are to have is not there for it. Under a key that was used before
    nothing is reserved again.
    """
    wants = order.rest(())
    before = sources_under(connection, shop, key, wants.wants)
    if before:
        return Part(order.got(_pieces(before)), before)
    if given_up(connection, order.order):
        return Part()
    known = locked_standings(connection, shop, wants.wants)
    sites, free = sites_of(known), free_of(known)
    if any(standing.level.waiting for standing in known.values()):
        free = left_for(wants, free, line_of(connection, shop).values(), now, sites)
    sequence, splits = in_sequence(sites, order.route), order.route.splits
    there = part_of(
        order.portions,
        order.skus,
        free,
        sequence,
        splits=splits,
        whole_lines=order.whole_lines,
    )
    sources = sources_of(order.pieces(there), free, sequence, splits=splits) or ()
    _reserve(connection, shop, order.order, sources, key, now, known)
    return Part(there, sources)


def keep(
    connection: Connection,
    shop: str,
    order: Waiting,
    sources: Sequence[Source],
    key: str,
    now: datetime,
) -> bool:
    """Reserve just what an order once got, from where it came, unless that was done under the
    key; False where it is not there any more.

    Without sources it came from the main warehouse.
    """
    if not order.wants or sources_under(connection, shop, key, order.wants):
        return True
    known = locked_standings(connection, shop, order.wants)
    whence = sources or (_all_from_main(order.wants),)
    spots = [Spot(want.sku, one.warehouse) for one in whence for want in one.wants]
    check_known(shop, known, spots)
    short = any(
        want.quantity > known[Spot(want.sku, one.warehouse)].level.available
        for one in whence
        for want in one.wants
    )
    if not short:
        _reserve(connection, shop, order.order, whence, key, now, known)
    return not short


def sources_under(
    connection: Connection, shop: str, key: str, skus: Iterable[str]
) -> tuple[Source, ...]:
    """From where pieces were reserved under a key; nothing where none were."""
    found: dict[str, list[Want]] = {}
    for spot, pieces in reserved_under(connection, shop, [f"{key}:{sku}" for sku in skus]).items():
        found.setdefault(spot.warehouse, []).append(Want(sku=spot.sku, quantity=pieces))
    return tuple(Source(warehouse=one, wants=tuple(wants)) for one, wants in found.items())


def said(sources: Sequence[Source]) -> tuple[Source, ...]:
    """What an order is told of where its goods come from: nothing, if it is the main warehouse."""
    return () if only_main(sources) else tuple(sources)


def entries_from(
    sources: Sequence[Source], key: str, now: datetime, order: str
) -> list[StockEntry]:
    """The reservation of pieces from some warehouses."""
    return [
        entry
        for one in sources
        for entry in entries_of(
            StockKind.RESERVATION,
            {want.sku: want.quantity for want in one.wants},
            key,
            now,
            order,
            warehouse=one.warehouse,
        )
    ]


def nothing_for(order: Waiting) -> Promised:
    """What an order is told that is over, and asks all the same: its try was held up for long."""
    wants = order.wants.items()
    return Promised(
        shortages=tuple(Shortage(sku=sku, wanted=pieces, available=0) for sku, pieces in wants)
    )


def _reserve(
    connection: Connection,
    shop: str,
    order: str,
    sources: Sequence[Source],
    key: str,
    now: datetime,
    known: Standings,
) -> None:
    entries = entries_from(sources, key, now, order)
    if entries:
        post_new(connection, shop, entries, known)


def promise(connection: Connection, shop: str, order: Waiting, key: str, now: datetime) -> Promised:
    """Reserve all that an order wants, or nothing; what is short, or from where it comes.

    Under a key that was used before nothing is reserved again. What is there goes to those who
    stand in line before this order first: it is then short of pieces that are available, but not
    to it. A SKU that the shop does not sell is short, and everything for an order that is over.
    """
    before = sources_under(connection, shop, key, order.wants)
    if before:
        return Promised(sources=said(before))
    if given_up(connection, order.order):
        return nothing_for(order)
    known = locked_standings(connection, shop, order.wants)
    sequence, free = in_sequence(sites_of(known), order.route), free_of(known)
    sources = sources_of(order.wants, free, sequence, splits=order.route.splits)
    if sources is None:
        return Promised(shortages=_shortages(order, free, sequence))
    waited_for = {spot.sku for spot, one in known.items() if one.level.waiting}
    if waited_for:
        sources = turn_of(connection, shop, order, now)
    if sources is None:
        return Promised(
            shortages=tuple(
                Shortage(sku=sku, wanted=quantity, available=_most(free, sku, sequence))
                for sku, quantity in order.wants.items()
                if sku in waited_for
            )
        )
    _reserve(connection, shop, order.order, sources, key, now, known)
    return Promised(sources=said(sources))


def _shortages(order: Waiting, free: Free, sequence: Sequence[str]) -> tuple[Shortage, ...]:
    """What is short in the warehouse that has most of it, or in all of them together."""

    def at(some: Sequence[str]) -> dict[str, int]:
        return {
            sku: sum(max(0, free.get(Spot(sku, one), 0)) for one in some) for sku in order.wants
        }

    def met(available: Mapping[str, int]) -> int:
        return sum(min(pieces, available[sku]) for sku, pieces in order.wants.items())

    levels = [at(sequence)] if order.route.splits else [at((one,)) for one in sequence]
    available = max(levels, key=met, default=at(()))
    return tuple(
        Shortage(sku=sku, wanted=quantity, available=available[sku])
        for sku, quantity in order.wants.items()
        if quantity > available[sku]
    )


def _most(free: Free, sku: str, sequence: Sequence[str]) -> int:
    return max((max(0, free.get(Spot(sku, one), 0)) for one in sequence), default=0)


def _pieces(sources: Sequence[Source]) -> dict[str, int]:
    return as_wants(want for one in sources for want in one.wants)


def _all_from_main(wants: Mapping[str, int]) -> Source:
    pieces = (Want(sku=sku, quantity=count) for sku, count in wants.items())
    return Source(warehouse=MAIN, wants=tuple(pieces))
