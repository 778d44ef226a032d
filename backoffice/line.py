"""The line of orders that wait for goods: who stands in it, inside somebody's transaction.

What an order wants is written and taken away under the locks of its products, or of its own row; so
a reservation and an arrival see everybody who stood in line before them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once

from backoffice.ledger import free_of, sites_of, standings
from backoffice.tables.backorders import (
    BackorderLineRow,
    BackorderRow,
    ExpectedGoodsRow,
    StockArrivalRow,
)
from backoffice.tables.base import table
from domain.backorder import Allotted, PlaceInLine, Waiting, WaitsFor, allot
from domain.routing import Route, RouteBy, Source

_ORDERS, _WANTS = table(BackorderRow), table(BackorderLineRow)
_ARRIVALS, _EXPECTED = table(StockArrivalRow), table(ExpectedGoodsRow)


def line_of(connection: Connection, shop: str) -> dict[str, Waiting]:
    """Everybody in a shop's line who was not served yet, by order."""
    rows = connection.execute(
        select(
            _ORDERS.c.order_id,
            _ORDERS.c.since,
            _ORDERS.c.firm_from,
            _ORDERS.c.routed_by,
            _ORDERS.c.ships_to,
            _ORDERS.c.splits,
            _WANTS.c.sku,
            _WANTS.c.quantity,
        )
        .join(_WANTS, _WANTS.c.order_id == _ORDERS.c.order_id)
        .where(_ORDERS.c.shop == shop, _ORDERS.c.served_at.is_(None))
    )
    wants: defaultdict[str, dict[str, int]] = defaultdict(dict)
    places: dict[str, tuple[PlaceInLine, Route]] = {}
    for order, since, firm_from, by, to, splits, sku, quantity in rows:
        route = Route(by=RouteBy(by), to=to, splits=splits)
        places[order] = PlaceInLine(since=since, firm_from=firm_from), route
        wants[order][sku] = quantity
    return {
        order: Waiting(order, place, wants[order], route)
        for order, (place, route) in places.items()
    }


def served_by_now(
    connection: Connection, shop: str, line: Mapping[str, Waiting], now: datetime
) -> tuple[Allotted, ...]:
    """Who in line may have all that they want of what is free at this moment, and from where."""
    skus = {sku for one in line.values() for sku in one.wants}
    known = standings(connection, shop, skus)
    return allot(free_of(known), line.values(), now, sites_of(known))


def turn_of(
    connection: Connection, shop: str, order: Waiting, now: datetime
) -> tuple[Source, ...] | None:
    """From where what is there may go to this order; None where those before it in line come
    first."""
    line = line_of(connection, shop)
    line[order.order] = line.get(order.order, order)
    served = served_by_now(connection, shop, line, now)
    return next((one.sources for one in served if one.waiting.order == order.order), None)


def stand_in_line(connection: Connection, shop: str, key: str, order: Waiting) -> None:
    """Put an order in line; one that stands there already stays where it is."""
    new = insert_once(_ORDERS).on_conflict_do_nothing().returning(_ORDERS.c.order_id)
    values = {
        "order_id": order.order,
        "shop": shop,
        "key": key,
        "since": order.place.since,
        "firm_from": order.place.firm_from,
        "routed_by": order.route.by.value,
        "ships_to": order.route.to,
        "splits": order.route.splits,
    }
    if connection.scalars(new, values).one_or_none() is None:
        return
    connection.execute(
        insert(_WANTS),
        [
            {"order_id": order.order, "shop": shop, "sku": sku, "quantity": quantity}
            for sku, quantity in order.wants.items()
        ],
    )


def leave_line(connection: Connection, shop: str, order: str) -> None:
    """Take an order out of the line, and let those behind it see what was kept for it."""
    gone = delete(_WANTS).where(_WANTS.c.order_id == order).returning(_WANTS.c.sku)
    skus = connection.scalars(gone).all()
    connection.execute(delete(_ORDERS).where(_ORDERS.c.order_id == order))
    ring(connection, shop, skus)


def mark_served(connection: Connection, orders: Iterable[str], at: datetime) -> None:
    """They have their goods, and do not know it yet."""
    names = list(orders)
    connection.execute(delete(_WANTS).where(_WANTS.c.order_id.in_(names)))
    connection.execute(
        update(_ORDERS).where(_ORDERS.c.order_id.in_(names)).values(served_at=at, told=1)
    )


def ring(connection: Connection, shop: str, skus: Iterable[str]) -> None:
    """Have the line looked at, where somebody in it waits for one of these."""
    wanted = sorted(set(skus))
    if not wanted:
        return
    waited_for = (
        select(literal(shop), _WANTS.c.sku)
        .where(_WANTS.c.shop == shop, _WANTS.c.sku.in_(wanted))
        .distinct()
    )
    connection.execute(insert(_ARRIVALS).from_select(["shop", "sku"], waited_for))


def days_of(connection: Connection, shop: str) -> dict[str, date]:
    """When a shop expects goods, by SKU."""
    rows = connection.execute(
        select(_EXPECTED.c.sku, _EXPECTED.c.day).where(
            _EXPECTED.c.shop == shop, _EXPECTED.c.day.is_not(None)
        )
    )
    return {row.sku: row.day for row in rows}


def waits_for(connection: Connection, order: str) -> tuple[WaitsFor, ...]:
    """What an order stands in line for, in order of SKU."""
    rows = connection.execute(
        select(_WANTS.c.sku, _WANTS.c.quantity, _EXPECTED.c.day)
        .outerjoin(
            _EXPECTED, (_EXPECTED.c.shop == _WANTS.c.shop) & (_EXPECTED.c.sku == _WANTS.c.sku)
        )
        .where(_WANTS.c.order_id == order)
        .order_by(_WANTS.c.sku)
    )
    return tuple(WaitsFor(sku=sku, quantity=quantity, expected=day) for sku, quantity, day in rows)
