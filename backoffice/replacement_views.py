"""What is shown of orders that replace pieces of another one, from both ends."""

from sqlalchemy import Connection, RowMapping, select

from backoffice.shipment_pages import live_labels
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.views import ReplacementView
from domain.order import Replaces
from domain.status import OrderStatus

_ORDERS = table(OrderRow)


def replaces_of(row: RowMapping) -> Replaces | None:
    """Which order the one in this row replaces pieces of, if any."""
    if row["replaces"] is None:
        return None
    return Replaces(
        order=row["replaces"], complaint=row["replaces_complaint"], offer=row["replaces_offer"]
    )


def replaced_by(connection: Connection, order_id: str) -> tuple[ReplacementView, ...]:
    """The orders that replace pieces of this one, the first one first."""
    rows = connection.execute(
        select(
            _ORDERS.c.id,
            _ORDERS.c.number,
            _ORDERS.c.replaces_complaint,
            _ORDERS.c.replaces_offer,
            _ORDERS.c.status,
        )
        .where(_ORDERS.c.replaces == order_id)
        .order_by(_ORDERS.c.accepted_at, _ORDERS.c.id)
    ).all()
    return tuple(
        ReplacementView(
            order=name,
            number=number,
            complaint=complaint,
            offer=offer,
            status=OrderStatus(status),
            tracking=live_labels(connection, name),
        )
        for name, number, complaint, offer, status in rows
    )
