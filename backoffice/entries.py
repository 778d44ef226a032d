"""Stock entries by their order: how they are made, and what they add up to."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, select

from backoffice.tables.base import table
from backoffice.tables.stock import StockEntryRow
from domain.stock import MAIN, Spot, StockEntry, StockKind

_ENTRIES = table(StockEntryRow)

_WRITTEN = select(_ENTRIES.c.key).where(
    _ENTRIES.c.shop == bindparam("shop"), _ENTRIES.c.key.in_(bindparam("keys", expanding=True))
)
_WRITTEN_AT = select(_ENTRIES.c.key, _ENTRIES.c.warehouse).where(
    _ENTRIES.c.shop == bindparam("shop"), _ENTRIES.c.key.in_(bindparam("keys", expanding=True))
)
_SIGNS = {
    StockKind.RECEIPT: (1, 0),
    StockKind.ADJUSTMENT: (1, 0),
    StockKind.RESERVATION: (0, 1),
    StockKind.RELEASE: (0, -1),
    StockKind.ISSUE: (-1, -1),
    StockKind.PUT_AWAY: (1, 0),
    StockKind.WRITE_OFF: (-1, -1),
}
"""What one piece of each kind does to what is on hand and to what is reserved."""


def entries_of(
    kind: StockKind,
    quantities: Mapping[str, int],
    key: str,
    at: datetime,
    order: str,
    shipment: str | None = None,
    note: str = "",
    warehouse: str = MAIN,
) -> list[StockEntry]:
    """One entry for each SKU in one warehouse, in order of SKU; each is unique there by the key
    and its SKU."""
    spots = {Spot(sku, warehouse): quantity for sku, quantity in quantities.items()}
    return entries_at(kind, spots, key, at, order, shipment, note)


def entries_at(
    kind: StockKind,
    quantities: Mapping[Spot, int],
    key: str,
    at: datetime,
    order: str,
    shipment: str | None = None,
    note: str = "",
) -> list[StockEntry]:
    """One entry for each SKU and warehouse."""
    on_hand, reserved = _SIGNS[kind]
    return [
        StockEntry(
            key=f"{key}:{sku}",
            sku=sku,
            warehouse=warehouse,
            kind=kind,
            on_hand=on_hand * quantity,
            reserved=reserved * quantity,
            order=order,
            shipment=shipment,
            at=at,
            note=note,
        )
        for (sku, warehouse), quantity in sorted(quantities.items())
    ]


def written_keys(connection: Connection, shop: str, keys: Iterable[str]) -> frozenset[str]:
    """Which of these keys have an entry."""
    wanted = sorted(set(keys))
    if not wanted:
        return frozenset()
    return frozenset(connection.scalars(_WRITTEN, {"shop": shop, "keys": wanted}))


def written_spots(
    connection: Connection, shop: str, keys: Iterable[str]
) -> frozenset[tuple[str, str]]:
    """Which of these keys have an entry, and in which warehouse."""
    wanted = sorted(set(keys))
    rows = connection.execute(_WRITTEN_AT, {"shop": shop, "keys": wanted}) if wanted else ()
    return frozenset((key, warehouse) for key, warehouse in rows)


def reserved_under(connection: Connection, shop: str, keys: Iterable[str]) -> dict[Spot, int]:
    """What was reserved under these keys, in pieces."""
    rows = connection.execute(
        select(_ENTRIES.c.sku, _ENTRIES.c.warehouse, _ENTRIES.c.reserved)
        .where(_ENTRIES.c.shop == shop, _ENTRIES.c.key.in_(sorted(set(keys))))
        .order_by(_ENTRIES.c.id)
    )
    return {Spot(sku, warehouse): reserved for sku, warehouse, reserved in rows}


def reserved_for(connection: Connection, order: str) -> dict[Spot, int]:
    """What an order still has reserved, in pieces."""
    return _sums(connection, _ENTRIES.c.reserved, _ENTRIES.c.order_id == order)


def issued_to(connection: Connection, order: str, shipment: str) -> dict[Spot, int]:
    """What was issued for a shipment and has not come back, in pieces."""
    of_shipment = (
        (_ENTRIES.c.order_id == order)
        & (_ENTRIES.c.shipment == shipment)
        & (_ENTRIES.c.kind != StockKind.WRITE_OFF.value)
    )
    return _sums(connection, -_ENTRIES.c.on_hand, of_shipment)


def at_warehouse(pieces: Mapping[Spot, int], warehouse: str) -> dict[str, int]:
    """Those of some pieces that are in one warehouse, by SKU."""
    return {spot.sku: count for spot, count in pieces.items() if spot.warehouse == warehouse}


def releases_of(connection: Connection, order: str) -> int:
    """How many releases an order has had, counted by entry."""
    statement = select(func.count()).where(
        _ENTRIES.c.order_id == order, _ENTRIES.c.kind == StockKind.RELEASE.value
    )
    return connection.scalars(statement).one()


def entry_of(row: RowMapping) -> StockEntry:
    """An entry as it was written."""
    return StockEntry(
        key=row["key"],
        sku=row["sku"],
        warehouse=row["warehouse"],
        kind=StockKind(row["kind"]),
        on_hand=row["on_hand"],
        reserved=row["reserved"],
        order=row["order_id"],
        shipment=row["shipment"],
        at=row["at"],
        note=row["note"],
    )


def _sums(
    connection: Connection, quantity: ColumnElement[int], where: ColumnElement[bool]
) -> dict[Spot, int]:
    rows = connection.execute(
        select(_ENTRIES.c.sku, _ENTRIES.c.warehouse, func.sum(quantity))
        .where(where)
        .group_by(_ENTRIES.c.sku, _ENTRIES.c.warehouse)
    )
    return {Spot(sku, warehouse): int(total) for sku, warehouse, total in rows if total > 0}
