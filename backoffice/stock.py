"""Stock promised to orders, and let go again; receipts, adjustments and counts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from backoffice.canonical import digest
from backoffice.commits import write
from backoffice.database import Database
from backoffice.entries import (
    entries_at,
    entry_of,
    releases_of,
    reserved_for,
    reserved_under,
    written_keys,
)
from backoffice.journal import lock_order
from backoffice.ledger import (
    check_known,
    levels_of,
    locked_standings,
    post,
    standings,
)
from backoffice.line import leave_line
from backoffice.once import first_time
from backoffice.promising import promise
from backoffice.refusals import BelowZero, UnknownSku
from backoffice.tables.base import table
from backoffice.tables.stock import StockEntryRow
from backoffice.write_offs import write_off
from domain.backorder import PlaceInLine, Promised, Waiting, as_wants
from domain.record import Commit, Committed
from domain.routing import ANY, Route
from domain.stock import MAIN, Level, Lost, Spot, StockEntry, StockKind, Want

_ENTRIES = table(StockEntryRow)


class StockBook:
    """Entries are written once and never changed; levels are their sums, in pieces."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``clock`` dates the entries."""
        self._database = database
        self._clock = clock

    def reserve(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        route: Route = ANY,
    ) -> Promised:
        """Reserve everything for ``commit.order`` and write the commit, in one transaction.

        With a shortage nothing is reserved and nothing is written. Under a key that was used
        before, nothing is reserved again. What others stand in line for is theirs first, and a SKU
        that the shop does not sell is short.
        """
        now = self._clock()
        place = PlaceInLine(since=now, firm_from=now)
        order = Waiting(commit.order, place, as_wants(wants), route)
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            promised = promise(connection, shop, order, key, now)
            if not promised.shortages:
                write(connection, commit)
        return promised

    def release(self, shop: str, key: str, commit: Commit) -> None:
        """Release whatever ``commit.order`` still has reserved, and write the commit.

        If it stands in line, it does no longer.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            leave_line(connection, shop, commit.order)
            left = reserved_for(connection, commit.order)
            # A key may come again after another reservation, and that release is one of its own.
            before = releases_of(connection, commit.order)
            name = f"{key}:{before}" if before else key
            post(
                connection,
                shop,
                entries_at(StockKind.RELEASE, left, name, self._clock(), commit.order),
            )
            write(connection, commit)

    def release_part(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        reserved_as: str | None = None,
        warehouse: str = MAIN,
    ) -> None:
        """Release these of the pieces that ``commit.order`` has reserved in a warehouse, and write
        the commit.

        With ``reserved_as`` only what was reserved under that key, wherever, which may be nothing:
        the order stands in line for it no longer. No more is released than is still promised; under
        a key that was used before nothing is released again.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            if reserved_as is not None:
                leave_line(connection, shop, commit.order)
            names = [f"{key}:{want.sku}" for want in wants]
            if not written_keys(connection, shop, names):
                left = reserved_for(connection, commit.order)
                skus = as_wants(wants)
                pieces = {Spot(sku, warehouse): count for sku, count in skus.items()}
                if reserved_as is not None:
                    under = [f"{reserved_as}:{sku}" for sku in skus]
                    pieces = reserved_under(connection, shop, under)
                least = {spot: min(count, left.get(spot, 0)) for spot, count in pieces.items()}
                part = {spot: count for spot, count in least.items() if count > 0}
                kind, now = StockKind.RELEASE, self._clock()
                post(connection, shop, entries_at(kind, part, key, now, commit.order))
            write(connection, commit)

    def write_off(self, shop: str, lost: Lost, key: str, commit: Commit) -> Committed:
        """In one transaction: what is missing leaves the books together with its promise to
        ``commit.order``, what is put back loses the promise alone, and the commit is written.

        What a count has found missing already is not taken off twice. Under a key that was used
        before nothing happens again; the answer is the same.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            restock = write_off(connection, shop, lost, key, commit.order, self._clock())
            return replace(write(connection, commit), restock=restock)

    def receive(
        self,
        shop: str,
        sku: str,
        quantity: int,
        key: str,
        note: str = "",
        warehouse: str = MAIN,
    ) -> Level:
        """Book a goods receipt, once per key; answers the warehouse's level as it stands then.

        Raises:
            UnknownSku: the shop does not sell it.
            UnknownWarehouse: the shop has no such warehouse.
            OtherRequest: something else was received under the key.
            ValueError: the quantity is not above zero.
        """
        if quantity <= 0:
            raise ValueError(f"a receipt of {quantity} pieces is none")
        entry = StockEntry(
            key=f"{key}:{sku}",
            sku=sku,
            warehouse=warehouse,
            kind=StockKind.RECEIPT,
            on_hand=quantity,
            at=self._clock(),
            note=note,
        )
        with self._database.transaction() as connection:
            if _first_time(connection, shop, key, _change(sku, quantity, note, warehouse)):
                post(connection, shop, [entry])
            return standings(connection, shop, [sku])[Spot(sku, warehouse)].level

    def adjust(
        self,
        shop: str,
        sku: str,
        quantity: int,
        key: str,
        note: str = "",
        warehouse: str = MAIN,
    ) -> Level:
        """Change what is on hand by so many pieces, once per key; answers the warehouse's level as
        it stands.

        Raises:
            UnknownSku: the shop does not sell it.
            UnknownWarehouse: the shop has no such warehouse.
            OtherRequest: something else was changed under the key.
            BelowZero: less than nothing would be left.
        """
        with self._database.transaction() as connection:
            if _first_time(connection, shop, key, _change(sku, quantity, note, warehouse)):
                spot = Spot(sku, warehouse)
                before = _locked(connection, shop, (spot,))[spot].on_hand
                self._adjust(connection, shop, {spot: (before, quantity)}, key, note)
            return standings(connection, shop, [sku])[Spot(sku, warehouse)].level

    def count(
        self,
        shop: str,
        counted: Mapping[str, int] | Mapping[Spot, int],
        key: str,
        note: str = "",
    ) -> None:
        """Set what is on hand to what was counted, once per key: all of it or nothing. A SKU that
        names no warehouse was counted in the main one.

        Counted again under the same key, nothing is set: what was sold since would come back.

        Raises:
            UnknownSku: the shop does not sell one of them.
            UnknownWarehouse: the shop does not have one of the warehouses.
            OtherRequest: something else was counted under the key.
            BelowZero: less than nothing was counted.
        """
        with self._database.transaction() as connection:
            spots = {
                one if isinstance(one, Spot) else Spot(one): pieces
                for one, pieces in counted.items()
            }
            sent = {_name(spot): pieces for spot, pieces in spots.items()}
            if not _first_time(connection, shop, key, {"digest": digest(sent)}):
                return
            before = _locked(connection, shop, tuple(spots))
            changes = {
                spot: (before[spot].on_hand, quantity - before[spot].on_hand)
                for spot, quantity in spots.items()
            }
            self._adjust(connection, shop, changes, key, note)

    def level(self, shop: str, sku: str) -> Level:
        """What is there and what is promised of one SKU, over all warehouses. Raises UnknownSku."""
        with self._database.reading() as connection:
            found = levels_of(standings(connection, shop, [sku]))
        if sku not in found:
            raise UnknownSku(shop, (sku,))
        return found[sku]

    def levels(self, shop: str) -> tuple[Level, ...]:
        """Every SKU's level over all warehouses, in order of SKU."""
        with self._database.reading() as connection:
            return tuple(levels_of(standings(connection, shop)).values())

    def levels_by_warehouse(self, shop: str) -> dict[Spot, Level]:
        """Every SKU's level in every warehouse, in order of SKU and warehouse."""
        with self._database.reading() as connection:
            return {spot: one.level for spot, one in standings(connection, shop).items()}

    def entries(
        self, shop: str, sku: str, limit: int = 100, skip: int = 0
    ) -> tuple[StockEntry, ...]:
        """A SKU's entries, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_ENTRIES)
                .where(_ENTRIES.c.shop == shop, _ENTRIES.c.sku == sku)
                .order_by(_ENTRIES.c.id.desc())
                .limit(limit)
                .offset(skip)
            )
            return tuple(entry_of(row) for row in rows.mappings())

    def _adjust(
        self,
        connection: Connection,
        shop: str,
        changes: Mapping[Spot, tuple[int, int]],
        key: str,
        note: str,
    ) -> None:
        """Book changes, given with what was on hand before them."""
        entries: list[StockEntry] = []
        for (sku, warehouse), (on_hand, change) in changes.items():
            if change == 0:
                continue
            if on_hand + change < 0:
                raise BelowZero(sku, on_hand, change)
            entries.append(
                StockEntry(
                    key=f"{key}:{sku}",
                    sku=sku,
                    warehouse=warehouse,
                    kind=StockKind.ADJUSTMENT,
                    on_hand=change,
                    at=self._clock(),
                    note=note,
                )
            )
        post(connection, shop, entries)


def _change(sku: str, quantity: int, note: str, warehouse: str) -> dict[str, object]:
    where = {} if warehouse == MAIN else {"warehouse": warehouse}
    return {"sku": sku, "quantity": quantity, "note": note, **where}


def _name(spot: Spot) -> str:
    return spot.sku if spot.warehouse == MAIN else f"{spot.sku} at {spot.warehouse}"


def _first_time(connection: Connection, shop: str, key: str, sent: Mapping[str, object]) -> bool:
    return first_time(connection, f"set-up/{shop}", key, "stock", sent)


def _locked(connection: Connection, shop: str, spots: tuple[Spot, ...]) -> dict[Spot, Level]:
    found = locked_standings(connection, shop, [one.sku for one in spots])
    check_known(shop, found, spots)
    return {spot: found[spot].level for spot in spots}
