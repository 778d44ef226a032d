"""The stock ledger's bookkeeping: locks, levels and entries, inside somebody's transaction.

Whoever writes locks the order's row first, then the products' rows in order of SKU; so no two
transactions ever wait for each other in a circle, and no level changes while it is looked at. A
product's row is the lock on all of it, in whichever warehouse it lies.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import insert

from backoffice.entries import written_spots
from backoffice.refusals import UnknownSku, UnknownWarehouse
from backoffice.tables.backorders import BackorderLineRow, StockArrivalRow
from backoffice.tables.base import table
from backoffice.tables.catalogue import ProductRow
from backoffice.tables.stock import RestockNeedRow, StockClosingRow, StockEntryRow
from backoffice.tables.warehouses import PlacementRow, WarehouseRow
from domain.routing import Site
from domain.stock import Level, RestockNeed, Spot, StockEntry, added_up, crossed

CLOSE_AFTER = 1000
"""So many entries since the last closing of a SKU in a warehouse make the next one due."""

_PRODUCTS = table(ProductRow)
_WAREHOUSES, _PLACEMENTS = table(WarehouseRow), table(PlacementRow)
_ENTRIES = table(StockEntryRow)
_CLOSINGS = table(StockClosingRow)
_NEEDS = table(RestockNeedRow)
_WAITING, _ARRIVALS = table(BackorderLineRow), table(StockArrivalRow)
_NEW_ENTRIES = insert(_ENTRIES)
_NEW_NEEDS = insert(_NEEDS)
_SKUS = _PRODUCTS.c.sku.in_(bindparam("skus", expanding=True))
_LOCK = (
    select(_PRODUCTS.c.sku)
    .where(_PRODUCTS.c.shop == bindparam("shop"), _SKUS)
    .order_by(_PRODUCTS.c.sku)
    .with_for_update(key_share=True)
)
_SINCE_CLOSING = (
    select(
        func.coalesce(func.sum(_ENTRIES.c.on_hand), 0).label("on_hand"),
        func.coalesce(func.sum(_ENTRIES.c.reserved), 0).label("reserved"),
        func.count().label("entries"),
        func.coalesce(func.max(_ENTRIES.c.id), 0).label("last"),
    )
    .where(
        _ENTRIES.c.shop == _PRODUCTS.c.shop,
        _ENTRIES.c.sku == _PRODUCTS.c.sku,
        _ENTRIES.c.warehouse == _WAREHOUSES.c.code,
        _ENTRIES.c.id > func.coalesce(_CLOSINGS.c.up_to, 0),
    )
    .lateral()
)
_WAITED_FOR = (
    select(func.coalesce(func.sum(_WAITING.c.quantity), 0))
    .where(_WAITING.c.shop == _PRODUCTS.c.shop, _WAITING.c.sku == _PRODUCTS.c.sku)
    .scalar_subquery()
)


def _of_spot(table: Table) -> ColumnElement[bool]:
    return (
        (table.c.shop == _PRODUCTS.c.shop)
        & (table.c.sku == _PRODUCTS.c.sku)
        & (table.c.warehouse == _WAREHOUSES.c.code)
    )


_ALL = (
    select(
        _PRODUCTS.c.sku,
        _WAREHOUSES.c.code,
        _WAREHOUSES.c.priority,
        _WAREHOUSES.c.address["country"].as_string(),
        _WAREHOUSES.c.serves,
        func.coalesce(_PLACEMENTS.c.reorder_point, _PRODUCTS.c.reorder_point),
        _SINCE_CLOSING.c.on_hand + func.coalesce(_CLOSINGS.c.on_hand, 0),
        _SINCE_CLOSING.c.reserved + func.coalesce(_CLOSINGS.c.reserved, 0),
        _SINCE_CLOSING.c.entries,
        _SINCE_CLOSING.c.last,
        _WAITED_FOR,
    )
    .select_from(
        _PRODUCTS.join(_WAREHOUSES, _WAREHOUSES.c.shop == _PRODUCTS.c.shop)
        .outerjoin(_CLOSINGS, _of_spot(_CLOSINGS))
        .outerjoin(_PLACEMENTS, _of_spot(_PLACEMENTS))
        .join(_SINCE_CLOSING, true())
    )
    .where(_PRODUCTS.c.shop == bindparam("shop"))
    .order_by(_PRODUCTS.c.sku, _WAREHOUSES.c.code)
)
_THESE = _ALL.where(_SKUS)


@dataclass(frozen=True)
class Standing:
    """A level in one warehouse, and what it takes to close the books on it."""

    level: Level
    site: Site
    reorder_point: int
    entries: int
    last: int


Standings = Mapping[Spot, Standing]
"""Of every warehouse of a shop, for each SKU that is looked at."""


def lock_products(connection: Connection, shop: str, skus: Iterable[str]) -> None:
    """Lock products until the transaction ends, in order of SKU; unknown ones are left out."""
    connection.execute(_LOCK, {"shop": shop, "skus": sorted(set(skus))})


def standings(
    connection: Connection, shop: str, skus: Iterable[str] | None = None
) -> dict[Spot, Standing]:
    """What is on hand and reserved: of these SKUs, else of all. Unknown ones are left out."""
    if skus is None:
        rows = connection.execute(_ALL, {"shop": shop})
    else:
        rows = connection.execute(_THESE, {"shop": shop, "skus": sorted(set(skus))})
    return {Spot(row[0], row[1]): _standing(*row) for row in rows}


def _standing(
    sku: str,
    code: str,
    priority: int,
    country: str | None,
    serves: Sequence[str],
    reorder_point: int,
    on_hand: int,
    reserved: int,
    entries: int,
    last: int,
    waiting: int,
) -> Standing:
    return Standing(
        Level(sku=sku, on_hand=int(on_hand), reserved=int(reserved), waiting=int(waiting)),
        Site(code=code, priority=priority, country=country or "", serves=tuple(serves)),
        reorder_point,
        entries,
        last,
    )


def locked_standings(
    connection: Connection, shop: str, skus: Iterable[str]
) -> dict[Spot, Standing]:
    """Lock products and look at their levels, which stay until the transaction ends."""
    wanted = sorted(set(skus))
    # Two statements, for a statement that has waited for a lock sees the sums from before.
    lock_products(connection, shop, wanted)
    return standings(connection, shop, wanted)


def free_of(known: Standings) -> dict[Spot, int]:
    """What nobody has been promised."""
    return {spot: one.level.available for spot, one in known.items()}


def sites_of(known: Standings) -> tuple[Site, ...]:
    """The warehouses that there are."""
    return tuple({one.site.code: one.site for one in known.values()}.values())


def levels_of(known: Standings) -> dict[str, Level]:
    """Each SKU's level over all warehouses."""
    return added_up({spot: one.level for spot, one in known.items()})


def post(
    connection: Connection, shop: str, entries: Sequence[StockEntry]
) -> tuple[RestockNeed, ...]:
    """Write entries, each once by its key; answers the reorder points that they crossed.

    An entry that was written before is not written again, and answers what it did then.

    Raises:
        UnknownSku: the catalogue lacks one of the SKUs; nothing is written.
        UnknownWarehouse: the shop lacks one of the warehouses; nothing is written.
    """
    if not entries:
        return ()
    known = locked_standings(connection, shop, (one.sku for one in entries))
    check_known(shop, known, (one.spot for one in entries))
    keys = {one.key for one in entries}
    written = written_spots(connection, shop, keys)
    new = [one for one in entries if (one.key, one.warehouse) not in written]
    before = restock_needs(connection, shop, {key for key, _ in written})
    return (*before, *post_new(connection, shop, new, known))


def check_known(shop: str, known: Standings, spots: Iterable[Spot]) -> None:
    """Whether a shop has these products and warehouses.

    Raises:
        UnknownSku: not these products.
        UnknownWarehouse: not one of these warehouses.
    """
    wanted = set(spots)
    missing = tuple(sorted({one.sku for one in wanted} - {one.sku for one in known}))
    if missing:
        raise UnknownSku(shop, missing)
    for one in sorted(wanted - known.keys()):
        raise UnknownWarehouse(shop, one.warehouse)


def post_new(
    connection: Connection,
    shop: str,
    entries: Sequence[StockEntry],
    known: Standings,
) -> tuple[RestockNeed, ...]:
    """Write entries whose keys are new, on products that are locked and stand as ``known``."""
    if not entries:
        return ()
    _close_books(connection, shop, [known[one.spot] for one in entries])
    connection.execute(_NEW_ENTRIES, [_row(shop, one) for one in entries])
    _tell_the_line(connection, shop, entries, known)
    needs = _crossings(entries, known)
    if needs:
        at = {one.key: one.at for one in entries}
        rows = [{"shop": shop, "at": at[need.key], **dict(need)} for need in needs]
        connection.execute(_NEW_NEEDS, rows)
    return tuple(needs)


def restock_needs(
    connection: Connection, shop: str, keys: Iterable[str]
) -> tuple[RestockNeed, ...]:
    """The crossings that entries of these keys once made."""
    wanted = sorted(set(keys))
    if not wanted:
        return ()
    rows = connection.execute(
        select(_NEEDS)
        .where(_NEEDS.c.shop == shop, _NEEDS.c.key.in_(wanted))
        .order_by(_NEEDS.c.key, _NEEDS.c.warehouse)
    )
    return tuple(RestockNeed.model_validate(dict(row)) for row in rows.mappings())


def _tell_the_line(
    connection: Connection,
    shop: str,
    entries: Sequence[StockEntry],
    known: Standings,
) -> None:
    """Where entries free what somebody in line waits for, the line is looked at after this."""
    freed = {one.spot for one in entries if one.on_hand > one.reserved}
    waited_for = sorted({spot.sku for spot in freed if known[spot].level.waiting})
    if waited_for:
        rows = [{"shop": shop, "sku": sku} for sku in waited_for]
        connection.execute(insert(_ARRIVALS), rows)


def _crossings(entries: Sequence[StockEntry], known: Standings) -> list[RestockNeed]:
    levels = {spot: standing.level.on_hand for spot, standing in known.items()}
    needs: list[RestockNeed] = []
    for one in entries:
        before = levels[one.spot]
        after = levels[one.spot] = before + one.on_hand
        point = known[one.spot].reorder_point
        if crossed(before, after, point):
            needs.append(
                RestockNeed(
                    sku=one.sku,
                    on_hand=after,
                    reorder_point=point,
                    key=one.key,
                    warehouse=one.warehouse,
                )
            )
    return needs


def _close_books(connection: Connection, shop: str, due: Sequence[Standing]) -> None:
    """Write closings for SKUs whose sums have become long; their rows are locked by now."""
    rows = {
        (one.level.sku, one.site.code): {
            "shop": shop,
            "sku": one.level.sku,
            "warehouse": one.site.code,
            "up_to": one.last,
            "on_hand": one.level.on_hand,
            "reserved": one.level.reserved,
        }
        for one in due
        if one.entries >= CLOSE_AFTER
    }
    if rows:
        new = insert(_CLOSINGS)
        kept = {name: new.excluded[name] for name in ("up_to", "on_hand", "reserved")}
        connection.execute(
            new.on_conflict_do_update(index_elements=["shop", "sku", "warehouse"], set_=kept),
            list(rows.values()),
        )


def _row(shop: str, entry: StockEntry) -> dict[str, object]:
    return {
        "shop": shop,
        "key": entry.key,
        "sku": entry.sku,
        "warehouse": entry.warehouse,
        "kind": entry.kind.value,
        "on_hand": entry.on_hand,
        "reserved": entry.reserved,
        "order_id": entry.order,
        "shipment": entry.shipment,
        "at": entry.at,
        "note": entry.note,
    }
