"""Pieces that were promised and are not there leave the books, inside somebody's transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from backoffice.entries import at_warehouse, entries_of, reserved_for, written_keys
from backoffice.ledger import Standing, locked_standings, post_new, restock_needs
from domain.stock import Lost, RestockNeed, Spot, StockEntry, StockKind, Want


def write_off(
    connection: Connection, shop: str, lost: Lost, key: str, order: str, at: datetime
) -> tuple[RestockNeed, ...]:
    """Write it all, once by its key; answers the reorder points that it crossed.

    The order's row is locked by now. No more is taken than is still promised to the order.
    """
    skus = {want.sku for want in (*lost.missing, *lost.put_back)}
    names = (key, _released(key))
    written = written_keys(connection, shop, [f"{name}:{sku}" for name in names for sku in skus])
    if written:
        return restock_needs(connection, shop, written)
    known = locked_standings(connection, shop, skus)
    promised = at_warehouse(reserved_for(connection, order), lost.warehouse)
    here = {sku: known[Spot(sku, lost.warehouse)] for sku in skus}
    missing = _at_most(_quantities(lost.missing), promised)
    left = {sku: count - missing.get(sku, 0) for sku, count in promised.items()}
    put_back = _at_most(_quantities(lost.put_back), left)
    counted = _found_by_a_count(missing, here)
    gone = {sku: count - counted.get(sku, 0) for sku, count in missing.items()}
    released = {sku: put_back.get(sku, 0) + counted.get(sku, 0) for sku in skus}
    entries = _entries(lost, gone, released, key, order, at)
    return post_new(connection, shop, entries, known)


def _found_by_a_count(missing: Mapping[str, int], known: Mapping[str, Standing]) -> dict[str, int]:
    """Of what is missing, what a count has taken off already: more is promised than is there."""
    lacking = {sku: max(known[sku].level.reserved - known[sku].level.on_hand, 0) for sku in missing}
    return {sku: min(count, lacking[sku]) for sku, count in missing.items()}


def _entries(
    lost: Lost,
    gone: Mapping[str, int],
    released: Mapping[str, int],
    key: str,
    order: str,
    at: datetime,
) -> list[StockEntry]:
    off, free = _some(gone), _some(released)
    return [
        *entries_of(
            StockKind.WRITE_OFF, off, key, at, order, lost.shipment, lost.note, lost.warehouse
        ),
        *entries_of(
            StockKind.RELEASE,
            free,
            _released(key),
            at,
            order,
            note=lost.note,
            warehouse=lost.warehouse,
        ),
    ]


def _released(key: str) -> str:
    return f"{key}:released"


def _quantities(wants: tuple[Want, ...]) -> dict[str, int]:
    return {want.sku: want.quantity for want in wants}


def _at_most(quantities: Mapping[str, int], limit: Mapping[str, int]) -> dict[str, int]:
    return {sku: min(count, limit.get(sku, 0)) for sku, count in quantities.items()}


def _some(quantities: Mapping[str, int]) -> dict[str, int]:
    return {sku: count for sku, count in quantities.items() if count > 0}
