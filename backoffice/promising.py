"""The one way in which pieces are promised to an order, inside somebody's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from backoffice.entries import entries_of, reserved_under, written_keys
from backoffice.ledger import Standing, locked_standings, post_new
from backoffice.line import has_turn, line_of
from domain.backorder import PlaceInLine, Waiting, as_wants, left_for
from domain.shares import rest_of, what_is_there
from domain.shipping import Portion
from domain.stock import Shortage, StockKind, Wanted


@dataclass(frozen=True)
class Divided:
    """An order that may get a part of its lines now."""

    order: str
    place: PlaceInLine
    lines: tuple[Wanted, ...]
    whole_lines: bool

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

    def there(self, free: Mapping[str, int]) -> tuple[Portion, ...]:
        """What it gets of the free pieces."""
        return what_is_there(self.portions, self.skus, free, whole_lines=self.whole_lines)

    def rest(self, there: tuple[Portion, ...]) -> Waiting:
        """What it lacks besides, as it stands in line."""
        wants = self.pieces(rest_of(self.portions, there))
        return Waiting(self.order, self.place, wants)


def promise_part(
    connection: Connection, shop: str, order: Divided, key: str, now: datetime
) -> tuple[Portion, ...]:
    """Reserve what is there of an order's lines; which portions that is.

    What those before it in line are to have is not there for it. Under a key that was used before
    nothing is reserved again.
    """
    wants = order.rest(())
    names = {f"{key}:{sku}": sku for sku in wants.wants}
    before = reserved_under(connection, shop, names)
    if before:
        return order.there(before)
    known = locked_standings(connection, shop, wants.wants)
    free = {sku: standing.level.available for sku, standing in known.items()}
    if any(standing.level.waiting for standing in known.values()):
        free = left_for(wants, free, line_of(connection, shop).values(), now)
    there = order.there(free)
    _reserve(connection, shop, order, there, key, now, known)
    return there


def keep_part(
    connection: Connection,
    shop: str,
    order: Divided,
    there: tuple[Portion, ...],
    key: str,
    now: datetime,
) -> None:
    """Reserve just these portions, unless that was done under the key."""
    pieces = order.pieces(there)
    if pieces and not written_keys(connection, shop, [f"{key}:{sku}" for sku in pieces]):
        known = locked_standings(connection, shop, pieces)
        _reserve(connection, shop, order, there, key, now, known)


def is_promised(connection: Connection, shop: str, order: Waiting, key: str) -> bool:
    """Whether what an order wants was reserved under this key."""
    return bool(written_keys(connection, shop, [f"{key}:{sku}" for sku in order.wants]))


def _reserve(
    connection: Connection,
    shop: str,
    order: Divided,
    there: tuple[Portion, ...],
    key: str,
    now: datetime,
    known: Mapping[str, Standing],
) -> None:
    pieces = order.pieces(there)
    entries = entries_of(StockKind.RESERVATION, pieces, key, now, order.order)
    if entries:
        post_new(connection, shop, entries, {sku: known[sku] for sku in pieces})


def promise(
    connection: Connection,
    shop: str,
    order: Waiting,
    key: str,
    now: datetime,
    *,
    in_turn: bool = True,
) -> tuple[Shortage, ...]:
    """Reserve all that an order wants, or nothing; what is short, in order of SKU.

    Under a key that was used before nothing is reserved again. What is there goes to those who
    stand in line before this order first: it is then short of pieces that are available, but not
    to it. Not so where it had its turn already (``in_turn``). A SKU that the shop does not sell is
    short.
    """
    entries = entries_of(StockKind.RESERVATION, order.wants, key, now, order.order)
    if written_keys(connection, shop, [one.key for one in entries]):
        return ()
    known = locked_standings(connection, shop, order.wants)
    shortages = _shortages(order.wants, known)
    if shortages:
        return shortages
    waited_for = in_turn and any(one.level.waiting for one in known.values())
    if waited_for and not has_turn(connection, shop, order, now):
        return tuple(
            Shortage(sku=sku, wanted=quantity, available=known[sku].level.available)
            for sku, quantity in order.wants.items()
            if known[sku].level.waiting
        )
    post_new(connection, shop, entries, known)
    return ()


def _shortages(wanted: Mapping[str, int], known: Mapping[str, Standing]) -> tuple[Shortage, ...]:
    available = {sku: standing.level.available for sku, standing in known.items()}
    return tuple(
        Shortage(sku=sku, wanted=quantity, available=max(available.get(sku, 0), 0))
        for sku, quantity in wanted.items()
        if quantity > available.get(sku, 0)
    )
