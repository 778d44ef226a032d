"""The one way in which pieces are promised to an order, inside somebody's transaction."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from backoffice.entries import entries_of, written_keys
from backoffice.ledger import Standing, locked_standings, post_new
from backoffice.line import has_turn
from domain.backorder import Waiting
from domain.stock import Shortage, StockKind


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
