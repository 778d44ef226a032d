"""The stock ledger's bookkeeping: locks, levels and entries, inside somebody's transaction.

Whoever writes locks the order's row first, then the products' rows in order of SKU; so no two
transactions ever wait for each other in a circle, and no level changes while it is looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import insert

from backoffice.entries import written_keys
from backoffice.refusals import UnknownSku
from backoffice.tables.backorders import BackorderLineRow, StockArrivalRow
from backoffice.tables.base import table
from backoffice.tables.catalogue import ProductRow
from backoffice.tables.stock import RestockNeedRow, StockClosingRow, StockEntryRow
from domain.stock import Level, RestockNeed, StockEntry, crossed

CLOSE_AFTER = 1000
"""So many entries since a SKU's last closing make the next one due."""

_PRODUCTS = table(ProductRow)
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
        _ENTRIES.c.id > func.coalesce(_CLOSINGS.c.up_to, 0),
    )
    .lateral()
)
_WAITED_FOR = (
    select(func.coalesce(func.sum(_WAITING.c.quantity), 0))
    .where(_WAITING.c.shop == _PRODUCTS.c.shop, _WAITING.c.sku == _PRODUCTS.c.sku)
    .scalar_subquery()
)
_ALL = (
    select(
        _PRODUCTS.c.sku,
        _PRODUCTS.c.reorder_point,
        _SINCE_CLOSING.c.on_hand + func.coalesce(_CLOSINGS.c.on_hand, 0),
        _SINCE_CLOSING.c.reserved + func.coalesce(_CLOSINGS.c.reserved, 0),
        _SINCE_CLOSING.c.entries,
        _SINCE_CLOSING.c.last,
        _WAITED_FOR,
    )
    .select_from(
        _PRODUCTS.outerjoin(
            _CLOSINGS,
            (_CLOSINGS.c.shop == _PRODUCTS.c.shop) & (_CLOSINGS.c.sku == _PRODUCTS.c.sku),
        ).join(_SINCE_CLOSING, true())
    )
    .where(_PRODUCTS.c.shop == bindparam("shop"))
    .order_by(_PRODUCTS.c.sku)
)
_THESE = _ALL.where(_SKUS)


@dataclass(frozen=True)
class Standing:
    """A level, and what it takes to close the books on it."""

    level: Level
    reorder_point: int
    entries: int
    last: int


def lock_products(connection: Connection, shop: str, skus: Iterable[str]) -> None:
    """Lock products until the transaction ends, in order of SKU; unknown ones are left out."""
    connection.execute(_LOCK, {"shop": shop, "skus": sorted(set(skus))})


def standings(
    connection: Connection, shop: str, skus: Iterable[str] | None = None
) -> dict[str, Standing]:
    """What is on hand and reserved, by SKU: of these, else of all. Unknown ones are left out."""
    if skus is None:
        rows = connection.execute(_ALL, {"shop": shop})
    else:
        rows = connection.execute(_THESE, {"shop": shop, "skus": sorted(set(skus))})
    return {
        sku: Standing(
            Level(sku=sku, on_hand=int(on_hand), reserved=int(reserved), waiting=int(waiting)),
            point,
            entries,
            last,
        )
        for sku, point, on_hand, reserved, entries, last, waiting in rows
    }


def locked_standings(connection: Connection, shop: str, skus: Iterable[str]) -> dict[str, Standing]:
    """Lock products and look at their levels, which stay until the transaction ends."""
    wanted = sorted(set(skus))
    # Two statements, for a statement that has waited for a lock sees the sums from before.
    lock_products(connection, shop, wanted)
    return standings(connection, shop, wanted)


def post(
    connection: Connection, shop: str, entries: Sequence[StockEntry]
) -> tuple[RestockNeed, ...]:
    """Write entries, each once by its key; answers the reorder points that they crossed.

    An entry that was written before is not written again, and answers what it did then.

    Raises:
        UnknownSku: the catalogue lacks one of the SKUs; nothing is written.
    """
    if not entries:
        return ()
    known = locked_standings(connection, shop, (one.sku for one in entries))
    missing = tuple(sorted({one.sku for one in entries} - known.keys()))
    if missing:
        raise UnknownSku(shop, missing)
    written = written_keys(connection, shop, (one.key for one in entries))
    new = [one for one in entries if one.key not in written]
    return (*restock_needs(connection, shop, written), *post_new(connection, shop, new, known))


def post_new(
    connection: Connection,
    shop: str,
    entries: Sequence[StockEntry],
    known: Mapping[str, Standing],
) -> tuple[RestockNeed, ...]:
    """Write entries whose keys are new, on products that are locked and stand as ``known``."""
    if not entries:
        return ()
    _close_books(connection, shop, [known[one.sku] for one in entries])
    connection.execute(_NEW_ENTRIES, [_row(shop, one) for one in entries])
    _tell_the_line(connection, shop, entries, known)
    needs = _crossings(entries, known)
    if needs:
        at = {one.key: one.at for one in entries}
        rows = [{"shop": shop, "at": at[need.key], **need.model_dump()} for need in needs]
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
        select(_NEEDS.c.sku, _NEEDS.c.on_hand, _NEEDS.c.reorder_point, _NEEDS.c.key)
        .where(_NEEDS.c.shop == shop, _NEEDS.c.key.in_(wanted))
        .order_by(_NEEDS.c.key)
    )
    return tuple(
        RestockNeed(sku=sku, on_hand=on_hand, reorder_point=point, key=key)
        for sku, on_hand, point, key in rows
    )


def _tell_the_line(
    connection: Connection,
    shop: str,
    entries: Sequence[StockEntry],
    known: Mapping[str, Standing],
) -> None:
    """Where entries free what somebody in line waits for, the line is looked at after this."""
    freed = {one.sku for one in entries if one.on_hand > one.reserved}
    waited_for = sorted(sku for sku in freed if known[sku].level.waiting)
    if waited_for:
        rows = [{"shop": shop, "sku": sku} for sku in waited_for]
        connection.execute(insert(_ARRIVALS), rows)


def _crossings(entries: Sequence[StockEntry], known: Mapping[str, Standing]) -> list[RestockNeed]:
    levels = {sku: standing.level.on_hand for sku, standing in known.items()}
    needs: list[RestockNeed] = []
    for one in entries:
        before = levels[one.sku]
        after = levels[one.sku] = before + one.on_hand
        point = known[one.sku].reorder_point
        if crossed(before, after, point):
            needs.append(RestockNeed(sku=one.sku, on_hand=after, reorder_point=point, key=one.key))
    return needs


def _close_books(connection: Connection, shop: str, due: Sequence[Standing]) -> None:
    """Write closings for SKUs whose sums have become long; their rows are locked by now."""
    rows = {
        one.level.sku: {
            "shop": shop,
            "sku": one.level.sku,
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
            new.on_conflict_do_update(index_elements=["shop", "sku"], set_=kept),
            list(rows.values()),
        )


def _row(shop: str, entry: StockEntry) -> dict[str, object]:
    return {
        "shop": shop,
        "key": entry.key,
        "sku": entry.sku,
        "kind": entry.kind.value,
        "on_hand": entry.on_hand,
        "reserved": entry.reserved,
        "order_id": entry.order,
        "shipment": entry.shipment,
        "at": entry.at,
        "note": entry.note,
    }
