"""What a warehouse is to pick from now on, and what goes in place of what: on record together."""

from sqlalchemy import Connection, Text, cast, func, literal, select, update

from backoffice.tables.base import JSON, TEXTS, table
from backoffice.tables.orders import OrderRow
from backoffice.tables.shipping import HandoffRow
from backoffice.terms import TermKind, fold, write_terms
from domain.order import Order, Substitute
from domain.warehouse import Handoff

_ORDERS, _HANDOFFS = table(OrderRow), table(HandoffRow)
_PATH = literal(["substitutes"], TEXTS)


def write_replaced(
    connection: Connection, shop: str, handoff: Handoff, substitutes: tuple[Substitute, ...]
) -> None:
    """Change a shipment's handoff, unless a later change is on record; its order's row is locked.

    The order itself says from then on what goes in place of what, and is found by it.
    """
    document = connection.scalars(
        select(cast(_HANDOFFS.c.document, Text)).where(_HANDOFFS.c.shipment == handoff.shipment)
    ).one()
    before = Handoff.model_validate_json(document)
    if before.replacement <= handoff.replacement:
        new = handoff.model_copy(update={"amendment": before.amendment, "moves": before.moves})
        connection.execute(
            update(_HANDOFFS)
            .where(_HANDOFFS.c.shipment == handoff.shipment)
            .values(document=new.model_dump(mode="json"))
        )
    body = connection.scalars(
        select(cast(_ORDERS.c.body, Text)).where(_ORDERS.c.id == handoff.order)
    ).one()
    order = Order.model_validate_json(body).with_substitutes(substitutes)
    substitutes_known = [one.model_dump(mode="json") for one in order.substitutes]
    connection.execute(
        update(_ORDERS)
        .where(_ORDERS.c.id == handoff.order)
        .values(body=func.jsonb_set(_ORDERS.c.body, _PATH, literal(substitutes_known, JSON)))
    )
    terms = {(TermKind.SKU, fold(one.sku)) for one in substitutes}
    terms |= {(TermKind.BIN, fold(line.bin)) for line in handoff.lines}
    write_terms(connection, shop, handoff.order, terms)
