"""Stock entries by their order: how they are made, and what they add up to."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, func, select

from backoffice.tables.base import table
from backoffice.tables.stock import StockEntryRow
from domain.stock import StockEntry, StockKind

_ENTRIES = table(StockEntryRow)

_WRITTEN = select(_ENTRIES.c.key).where(
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
) -> list[StockEntry]:
    """One entry for each SKU, in order of SKU; each is unique by the key and its SKU."""
    on_hand, reserved = _SIGNS[kind]
    return [
        StockEntry(
            key=f"{key}:{sku}",
            sku=sku,
            kind=kind,
            on_hand=on_hand * quantity,
            reserved=reserved * quantity,
            order=order,
            shipment=shipment,
            at=at,
            note=note,
        )
        for sku, quantity in sorted(quantities.items())
    ]


def written_keys(connection: Connection, shop: str, keys: Iterable[str]) -> frozenset[str]:
    """Which of these keys have an entry."""
    wanted = sorted(set(keys))
    if not wanted:
        return frozenset()
    return frozenset(connection.scalars(_WRITTEN, {"shop": shop, "keys": wanted}))


def reserved_under(connection: Connection, shop: str, skus: Mapping[str, str]) -> dict[str, int]:
    """What was reserved under these keys, in pieces by SKU; ``skus`` names each key's."""
    rows = connection.execute(
        select(_ENTRIES.c.key, _ENTRIES.c.reserved).where(
            _ENTRIES.c.shop == shop, _ENTRIES.c.key.in_(sorted(skus))
        )
    )
    return {skus[key]: reserved for key, reserved in rows}


def reserved_for(connection: Connection, order: str) -> dict[str, int]:
    """What an order still has reserved, in pieces by SKU."""
    return _sums(connection, _ENTRIES.c.reserved, _ENTRIES.c.order_id == order)


def issued_to(connection: Connection, order: str, shipment: str) -> dict[str, int]:
    """What was issued for a shipment and has not come back, in pieces by SKU."""
    of_shipment = (
        (_ENTRIES.c.order_id == order)
        & (_ENTRIES.c.shipment == shipment)
        & (_ENTRIES.c.kind != StockKind.WRITE_OFF.value)
    )
    return _sums(connection, -_ENTRIES.c.on_hand, of_shipment)


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
) -> dict[str, int]:
    rows = connection.execute(
        select(_ENTRIES.c.sku, func.sum(quantity)).where(where).group_by(_ENTRIES.c.sku)
    )
    return {sku: int(total) for sku, total in rows if total > 0}
