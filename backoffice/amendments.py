"""An order that is amended: what is on record is the newest, its amendments say what it was."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, Text, cast, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.tables.base import JSON, table
from backoffice.tables.orders import AmendmentRow, OrderRow
from backoffice.terms import terms_of, write_terms
from domain.order import Amended, Order

_ORDERS, _AMENDMENTS = table(OrderRow), table(AmendmentRow)
_NEW = insert(_AMENDMENTS).on_conflict_do_nothing().returning(_AMENDMENTS.c.number)


def write_amendment(connection: Connection, shop: str, order: str, one: Amended) -> None:
    """Put an amendment on record, once by its number; one that was made changes the order."""
    row = one.model_dump(mode="json") | {"order_id": order, "at": one.at}
    if connection.scalars(_NEW, row).one_or_none() is None or one.refused:
        return
    body = connection.scalars(select(cast(_ORDERS.c.body, Text)).where(_ORDERS.c.id == order)).one()
    after = one.after.within(Order.model_validate_json(body))
    connection.execute(
        update(_ORDERS)
        .where(_ORDERS.c.id == order)
        .values(body=_ORDERS.c.body.op("||")(literal(one.after.model_dump(mode="json"), JSON)))
    )
    write_terms(connection, shop, order, terms_of(order, after))


def amendments_of(connection: Connection, order: str) -> tuple[Amended, ...]:
    """Every amendment of an order that was tried, the first one first."""
    rows = connection.execute(
        select(_AMENDMENTS).where(_AMENDMENTS.c.order_id == order).order_by(_AMENDMENTS.c.number)
    )
    return tuple(_amended(row) for row in rows.mappings())


def as_it_came(order: Order, amendments: Sequence[Amended]) -> Order:
    """The order as its shop first sent it, but for where it goes."""
    made = [one for one in amendments if not one.refused]
    return made[0].before.within(order) if made else order


def _amended(row: RowMapping) -> Amended:
    known = {name: row[name] for name in Amended.model_fields}
    return Amended.model_validate(known)
