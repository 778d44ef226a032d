"""Orders in line for goods: they stand in it, are served when goods come, and leave it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.catalogue import lacking
from backoffice.commits import write
from backoffice.database import Database
from backoffice.inbox import hint
from backoffice.journal import given_up, given_up_in_part, lock_order
from backoffice.ledger import locked_standings, post_new
from backoffice.line import (
    days_of,
    leave_line,
    line_of,
    mark_served,
    ring,
    served_by_now,
    stand_in_line,
)
from backoffice.promising import (
    Divided,
    Part,
    entries_from,
    keep,
    nothing_for,
    promise,
    promise_part,
    said,
    sources_under,
)
from backoffice.refusals import UnknownSku
from backoffice.tables.backorders import (
    BackorderLineRow,
    BackorderRow,
    ExpectedGoodsRow,
    StockArrivalRow,
)
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from domain.backorder import Allotted, PlaceInLine, Promised, Waiting, as_wants, expected_day
from domain.record import Commit
from domain.routing import ANY, Route
from domain.shipping import Portion
from domain.stock import Shortage, StockEntry, Want, Wanted

SIGNAL = "goods_news"
"""What an order in line is told: to look."""

BATCH = 50
"""Orders that one transaction serves at most: it holds their rows."""

_HAD_MORE = "{} had more reserved than is there"
REMIND_AFTER = timedelta(minutes=10)
_LOOKS = 1000
_ORDERS, _BACKORDERS = table(OrderRow), table(BackorderRow)
_WANTS, _ARRIVALS = table(BackorderLineRow), table(StockArrivalRow)
_EXPECTED = table(ExpectedGoodsRow)


class BackorderBook:
    """All or nothing: an order in line has nothing reserved until it gets everything."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``clock`` says which orders let no others pass any more, and dates what is reserved."""
        self._database = database
        self._clock = clock

    def reserve_or_wait(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        place: PlaceInLine,
        route: Route = ANY,
        shipment: str | None = None,
    ) -> Promised:
        """Reserve everything for ``commit.order`` and write the commit, or let it stand in line.

        Again, under the same key, it is a look: whoever was served hears so, and whoever has the
        turn by now is served. A SKU that the shop does not sell never comes: nobody waits for it.
        Where the order is given up, or its ``shipment`` is, a late try gets nothing.
        """
        order = Waiting(commit.order, place, as_wants(wants), route)
        return self._try(shop, order, key, commit, True, shipment)

    def reserve_or_leave(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        place: PlaceInLine,
        route: Route = ANY,
        shipment: str | None = None,
    ) -> Promised:
        """The last look: what was not served by now leaves the line."""
        order = Waiting(commit.order, place, as_wants(wants), route)
        return self._try(shop, order, key, commit, False, shipment)

    def _try(
        self,
        shop: str,
        order: Waiting,
        key: str,
        commit: Commit,
        may_wait: bool,
        shipment: str | None,
    ) -> Promised:
        now = self._clock()
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            if given_up(connection, commit.order, shipment):
                return nothing_for(order)
            promised = promise(connection, shop, order, key, now)
            shortages = promised.shortages
            if not shortages:
                leave_line(connection, shop, commit.order)
                write(connection, commit)
                return promised
            waits = may_wait and not lacking(connection, shop, order.wants)
            if not waits:
                leave_line(connection, shop, commit.order)
                return Promised(shortages=shortages)
            stand_in_line(connection, shop, key, order)
            if all(one.available >= one.wanted for one in shortages):
                # Whom it let go first was seen without a lock, and may have gone.
                ring(connection, shop, order.wants)
            missing = [one.sku for one in shortages]
            expected = expected_day(missing, days_of(connection, shop), now.date())
            return Promised(shortages=shortages, waits=True, expected=expected)

    def reserve_what_is_there(
        self,
        shop: str,
        lines: tuple[Wanted, ...],
        keys: tuple[str, str],
        commit: Commit,
        place: PlaceInLine | None,
        *,
        whole_lines: bool,
        route: Route = ANY,
    ) -> Promised:
        """Reserve what is there for ``commit.order`` and write the commit; with a ``place`` the
        rest stands in line.

        The first of the ``keys`` is for what is there, the second for a rest. Where nothing is
        there, nothing is written, and all of it stands in line under the first. Asked again, it
        answers the same, and changes nothing; nor does a late try once some of it was given up.
        """
        now = self._clock()
        at = place or PlaceInLine(since=now, firm_from=now)
        division = Divided(commit.order, at, lines, whole_lines, route)
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            part = promise_part(connection, shop, division, keys[0], now)
            late = given_up_in_part(connection, commit.order)
            return self._keep_part(
                connection, shop, division, keys, commit, part, place, stands=not late
            )

    def _keep_part(
        self,
        connection: Connection,
        shop: str,
        division: Divided,
        keys: tuple[str, str],
        commit: Commit,
        part: Part,
        place: PlaceInLine | None,
        *,
        stands: bool = True,
    ) -> Promised:
        """Write what an order got, and let it stand in line for the rest if it ``stands``."""
        there, sources = part.there, said(part.sources)
        rest = division.rest(there)
        if there:
            write(connection, commit)
        if not rest.wants:
            return Promised(sources=sources)
        missing = tuple(
            Shortage(sku=sku, wanted=pieces, available=0) for sku, pieces in rest.wants.items()
        )
        waits = place is not None and not lacking(connection, shop, rest.wants)
        if waits and stands and not sources_under(connection, shop, keys[1], rest.wants):
            stand_in_line(connection, shop, keys[1] if there else keys[0], rest)
        days = days_of(connection, shop)
        expected = expected_day(rest.wants, days, self._clock().date()) if waits else None
        return Promised(
            shortages=missing, waits=waits, expected=expected, there=there, sources=sources
        )

    def bring_back_part(
        self,
        shop: str,
        lines: tuple[Wanted, ...],
        keys: tuple[str, str],
        commit: Commit,
        place: PlaceInLine | None,
        promised: Promised,
        route: Route = ANY,
    ) -> Promised:
        """Put on record again which part an order once got, whatever is there by now.

        Raises:
            ValueError: the records lack the goods that it got.
        """
        now = self._clock()
        at = place or PlaceInLine(since=now, firm_from=now)
        division = Divided(commit.order, at, lines, whole_lines=False, route=route)
        everything = tuple(Portion(line=one.line, quantity=one.quantity) for one in lines)
        there = promised.there if promised.shortages else everything
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            got = Waiting(commit.order, at, division.pieces(there), route)
            if not keep(connection, shop, got, promised.sources, keys[0], now):
                raise ValueError(_HAD_MORE.format(commit.order))
            waits = place if promised.waits else None
            part = Part(there, promised.sources)
            self._keep_part(connection, shop, division, keys, commit, part, waits)
        return promised

    def bring_back(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        place: PlaceInLine,
        promised: Promised,
        route: Route = ANY,
    ) -> Promised:
        """Put on record again what an order once got, whatever is there by now.

        Raises:
            ValueError: the records lack the goods that it got.
        """
        order = Waiting(commit.order, place, as_wants(wants), route)
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            if promised.waits:
                stand_in_line(connection, shop, key, order)
                return promised
            leave_line(connection, shop, commit.order)
            if not promised.shortages:
                if not keep(connection, shop, order, promised.sources, key, self._clock()):
                    raise ValueError(_HAD_MORE.format(commit.order))
                write(connection, commit)
            return promised

    # -- goods come ---------------------------------------------------------------------------

    def serve(self) -> int:
        """Look at a line in which somebody may have something now; how many reasons there were.

        Whoever is served has everything reserved under the order's own key, and is told to look.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            shop, reasons = _claim(connection)
            if not reasons:
                return 0
            line = line_of(connection, shop)
            chosen = served_by_now(connection, shop, line, now)[:BATCH]
            if chosen:
                self._serve(connection, shop, chosen, now)
            return reasons

    def _serve(
        self, connection: Connection, shop: str, chosen: tuple[Allotted, ...], now: datetime
    ) -> None:
        """Orders' rows are locked before products', so what was chosen is looked at once more."""
        locked = _locked_orders(connection, [one.waiting.order for one in chosen])
        skus = {sku for one in chosen for sku in one.waiting.wants}
        known = locked_standings(connection, shop, skus)
        by_now = served_by_now(connection, shop, line_of(connection, shop), now)
        served = [one for one in by_now if one.waiting.order in locked]
        entries: list[StockEntry] = []
        keys = _keys(connection, [one.waiting.order for one in served])
        for one in served:
            order = one.waiting.order
            entries += entries_from(one.sources, keys[order], now, order)
        post_new(connection, shop, entries, known)
        mark_served(connection, keys, now)
        hint(connection, "stock", SIGNAL, [(order, f"{order}:served:1") for order in keys])
        if len(served) < len(by_now) or len(chosen) == BATCH:
            ring(connection, shop, {sku for one in by_now for sku in one.waiting.wants})

    def remind(self) -> int:
        """Tell orders again that they were served and have not looked; how many there were."""
        due = (
            select(_BACKORDERS.c.order_id)
            .where(
                _BACKORDERS.c.served_at.is_not(None),
                _BACKORDERS.c.served_at <= func.now() - REMIND_AFTER * _BACKORDERS.c.told,
            )
            .order_by(_BACKORDERS.c.order_id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        again = (
            update(_BACKORDERS)
            .where(_BACKORDERS.c.order_id.in_(select(due.c.order_id)))
            .values(told=_BACKORDERS.c.told + 1)
            .returning(_BACKORDERS.c.order_id, _BACKORDERS.c.told)
        )
        with self._database.transaction() as connection:
            told = connection.execute(again).all()
            hint(connection, "stock", SIGNAL, [(order, f"{order}:served:{n}") for order, n in told])
        return len(told)

    # -- goods are expected -------------------------------------------------------------------

    def expect(self, shop: str, sku: str, day: date | None) -> bool:
        """Note when a SKU is expected (None: nobody knows), and have those who wait for it look;
        False where that was known.

        Raises:
            UnknownSku: the shop does not sell it.
        """
        values = {"shop": shop, "sku": sku, "day": day, "changes": 1}
        new = insert(_EXPECTED)
        changed = new.on_conflict_do_update(
            index_elements=["shop", "sku"],
            set_={"day": day, "changes": _EXPECTED.c.changes + 1, "changed_at": func.now()},
            where=_EXPECTED.c.day.is_distinct_from(day),
        ).returning(_EXPECTED.c.changes)
        with self._database.transaction() as connection:
            if lacking(connection, shop, (sku,)):
                raise UnknownSku(shop, (sku,))
            turn = connection.scalars(changed, values).one_or_none()
            if turn is None:
                return False
            waiting = connection.scalars(
                select(_WANTS.c.order_id).where(_WANTS.c.shop == shop, _WANTS.c.sku == sku)
            )
            hint(
                connection,
                "stock",
                SIGNAL,
                [(order, f"{order}:expected:{sku}:{turn}") for order in waiting],
            )
        return True

    def expected(self, shop: str) -> dict[str, date]:
        """When goods are expected, by SKU; of others nobody has said so."""
        with self._database.reading() as connection:
            return days_of(connection, shop)


def _claim(connection: Connection) -> tuple[str, int]:
    """Take the reasons there are to look at one shop's line; another process takes others."""
    free = (
        select(_ARRIVALS.c.id, _ARRIVALS.c.shop)
        .order_by(_ARRIVALS.c.id)
        .limit(_LOOKS)
        .with_for_update(skip_locked=True)
    )
    rows = connection.execute(free).all()
    if not rows:
        return "", 0
    shop = rows[0].shop
    ids = [row.id for row in rows if row.shop == shop]
    connection.execute(delete(_ARRIVALS).where(_ARRIVALS.c.id.in_(ids)))
    return shop, len(ids)


def _locked_orders(connection: Connection, orders: list[str]) -> frozenset[str]:
    """Lock orders' rows, in one sequence for everybody."""
    rows = connection.execute(
        select(_ORDERS.c.id)
        .where(_ORDERS.c.id.in_(orders))
        .order_by(_ORDERS.c.id)
        .with_for_update(key_share=True)
    )
    return frozenset(name for (name,) in rows)


def _keys(connection: Connection, orders: list[str]) -> dict[str, str]:
    rows = connection.execute(
        select(_BACKORDERS.c.order_id, _BACKORDERS.c.key).where(_BACKORDERS.c.order_id.in_(orders))
    )
    return {row.order_id: row.key for row in rows}
