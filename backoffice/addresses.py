"""A shipping address that changes: the order on record has the newest, and says what it was."""

from sqlalchemy import Connection, Text, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.tables.base import JSON, TEXTS, table
from backoffice.tables.orders import AddressChangeRow, OrderRow
from backoffice.terms import terms_of, write_terms
from domain.order import Order
from domain.record import NewAddress

_ORDERS, _CHANGES = table(OrderRow), table(AddressChangeRow)
_PATH = literal(["shipping_address"], TEXTS)


def write_address(connection: Connection, shop: str, order: str, change: NewAddress) -> None:
    """Send an order's parcels elsewhere, once by the change's number and moment.

    One that comes after a later change is kept, and changes nothing that is done next. One of
    another moment under a number that is taken comes from an order that was restored and counts
    anew: it follows all that are on record.
    """
    rows = connection.execute(
        select(_CHANGES.c.number, _CHANGES.c.at, _CHANGES.c.address).where(
            _CHANGES.c.order_id == order
        )
    ).all()
    taken = {row.number for row in rows}
    newest, number = max(taken, default=0), change.number
    if number in taken:
        sent = (change.at, change.address.model_dump(mode="json"))
        if sent in [(row.at, row.address) for row in rows]:
            return
        number = newest + 1
    body = connection.scalars(select(cast(_ORDERS.c.body, Text)).where(_ORDERS.c.id == order)).one()
    known = Order.model_validate_json(body)
    row = {
        "order_id": order,
        "number": number,
        "before": known.shipping_address.model_dump(mode="json"),
        "address": change.address.model_dump(mode="json"),
        "who": change.who,
        "why": change.why,
        "at": change.at,
    }
    new = insert(_CHANGES).on_conflict_do_nothing().returning(_CHANGES.c.number)
    if connection.scalars(new, row).one_or_none() is None or newest > number:
        return
    address = literal(row["address"], JSON)
    connection.execute(
        update(_ORDERS)
        .where(_ORDERS.c.id == order)
        .values(body=func.jsonb_set(_ORDERS.c.body, _PATH, address))
    )
    moved = known.model_copy(update={"shipping_address": change.address})
    write_terms(connection, shop, order, terms_of(order, moved))
