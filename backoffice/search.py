"""Finding orders by whatever people have in their hands."""

from sqlalchemy import ColumnElement, RowMapping, Text, and_, cast, or_, select, tuple_

from backoffice.database import Database
from backoffice.pages import page
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, TermRow
from backoffice.tables.shipping import HandoffRow
from backoffice.terms import fold, is_storable
from backoffice.views import OrderHit, OrderView
from domain.order import Order
from domain.status import OrderStatus

_ORDERS, _TERMS, _HANDOFFS = table(OrderRow), table(TermRow), table(HandoffRow)
_LAST = chr(0x10FFFF)
_SHOWN = (
    _ORDERS.c.id,
    _ORDERS.c.shop,
    _ORDERS.c.channel,
    _ORDERS.c.number,
    cast(_ORDERS.c.body, Text).label("body"),
    _ORDERS.c.status,
    _ORDERS.c.status_at,
    _ORDERS.c.accepted_at,
)


class OrderSearch:
    """Orders of one shop at a time, from the records alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def order(self, shop: str, order_id_or_number: str) -> OrderView | None:
        """Everything about an order, by its id, or by its number in its channel.

        Where two channels use the number, the order that came last.
        """
        meant = self.meant(shop, order_id_or_number)
        with self._database.snapshot() as connection:
            return page(connection, meant[0]) if meant else None

    def meant(self, shop: str, order_id_or_number: str) -> tuple[str, ...]:
        """The ids of all orders that this may mean, newest first; an id means its own order alone.

        A channel uses a number once, and two channels may use the same.
        """
        if not is_storable(order_id_or_number):
            return ()
        named = (_ORDERS.c.id == order_id_or_number) | (_ORDERS.c.number == order_id_or_number)
        statement = (
            select(_ORDERS.c.id)
            .where(_ORDERS.c.shop == shop, named)
            .order_by(_ORDERS.c.accepted_at.desc(), _ORDERS.c.id.desc())
        )
        with self._database.reading() as connection:
            found = tuple(connection.scalars(statement))
        return (order_id_or_number,) if order_id_or_number in found else found

    def search(
        self,
        shop: str,
        text: str,
        limit: int = 50,
        after: str | None = None,
        warehouse: str | None = None,
    ) -> tuple[OrderHit, ...]:
        """Orders that the text leads to, newest first, from the one that follows order ``after``;
        with a ``warehouse``, those of which it has, or had, a shipment.

        The text is an order's id or number, a customer's name or one of its later words, an
        e-mail address, a tracking number, a SKU or a bin: the whole of it or its beginning,
        whatever the case. A blank text leads to all orders.
        """
        if not is_storable(text):
            return ()
        where = [_ORDERS.c.shop == shop]
        if fold(text):
            where.append(_ORDERS.c.id.in_(select(_TERMS.c.order_id).where(_led_by(shop, text))))
        if warehouse is not None:
            at = select(_HANDOFFS.c.order_id).where(_HANDOFFS.c.warehouse == warehouse)
            where.append(_ORDERS.c.id.in_(at))
        if after is not None:
            where.append(_follows(shop, after))
        statement = (
            select(*_SHOWN)
            .where(*where)
            .order_by(_ORDERS.c.accepted_at.desc(), _ORDERS.c.id.desc())
            .limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(_hit(row) for row in connection.execute(statement).mappings())


def _led_by(shop: str, text: str) -> ColumnElement[bool]:
    """Terms that begin with the text; also without its spaces, as tracking numbers are printed."""
    beginnings = {fold(text), fold(text).replace(" ", "")}
    # A range, and not LIKE: its index serves it whatever the text is and however it is planned.
    ranges = [
        and_(_TERMS.c.term >= beginning, _TERMS.c.term < beginning + _LAST)
        for beginning in sorted(beginnings)
    ]
    return and_(_TERMS.c.shop == shop, or_(*ranges))


def _follows(shop: str, after: str) -> ColumnElement[bool]:
    last = _ORDERS.alias()
    place = (
        select(last.c.accepted_at, last.c.id)
        .where(last.c.shop == shop, last.c.id == after)
        .scalar_subquery()
    )
    return tuple_(_ORDERS.c.accepted_at, _ORDERS.c.id) < place


def _hit(row: RowMapping) -> OrderHit:
    order = Order.model_validate_json(row["body"])
    return OrderHit(
        order_id=row["id"],
        shop=row["shop"],
        channel=row["channel"],
        number=row["number"],
        customer=order.customer.name,
        email=order.customer.email,
        total=order.due,
        status=OrderStatus(row["status"]),
        status_at=row["status_at"],
        accepted_at=row["accepted_at"],
    )
