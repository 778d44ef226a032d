"""What customers were told about when they get it, after the first promise."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.tables.base import table
from backoffice.tables.orders import DeliveryPromiseRow, OrderRow
from domain.promise import NewPromise, PromiseReason

_ORDERS, _PROMISES = table(OrderRow), table(DeliveryPromiseRow)
_NEW = insert(_PROMISES).on_conflict_do_nothing()
_RENEW = (
    update(_ORDERS)
    .where(_ORDERS.c.id == bindparam("order"), _ORDERS.c.promised_by < bindparam("later"))
    .values(promised_by=bindparam("later"))
)


def write_promises(connection: Connection, order: str, promises: tuple[NewPromise, ...]) -> None:
    """Write them; goods that come later move the whole order's promise, a courier does not."""
    for one in promises:
        if one.reason is PromiseReason.GOODS and one.shipment is None:
            connection.execute(_RENEW, {"order": order, "later": one.by})
    rows = [
        {
            "order_id": order,
            "number": one.number,
            "shipment": one.shipment,
            "by": one.by,
            "reason": one.reason.value,
            "at": one.at,
        }
        for one in promises
    ]
    connection.execute(_NEW, rows)


def promises_of(connection: Connection, order: str) -> tuple[NewPromise, ...]:
    """The days that a customer was told after the first, oldest first."""
    rows = connection.execute(
        select(_PROMISES).where(_PROMISES.c.order_id == order).order_by(_PROMISES.c.number)
    ).mappings()
    return tuple(
        NewPromise(
            number=row["number"],
            shipment=row["shipment"],
            by=row["by"],
            reason=PromiseReason(row["reason"]),
            at=row["at"],
        )
        for row in rows
    )


def promises_of_shipments(connection: Connection, order: str) -> dict[str, datetime]:
    """What was promised for shipments whose goods had to be waited for."""
    return {
        one.shipment: one.by
        for one in promises_of(connection, order)
        if one.shipment is not None and one.reason is PromiseReason.GOODS
    }
