"""What was handed off, and how far a shipment is on record."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, cast, func, select, tuple_

from backoffice.catalogue import CatalogueBook
from backoffice.database import Database
from backoffice.shipments import label_of
from backoffice.tables.base import table
from backoffice.tables.messages import InboxRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import InvoiceRow
from backoffice.tables.shipping import HandoffRow, LabelRow
from domain.customs import customs_line
from domain.order import Order
from domain.shipping import Label, Portion
from domain.status import OrderStatus
from domain.stock import MAIN
from domain.warehouse import CustomsLine, Handoff, HandoffAnswer, Picked, PickedLine

PICKED = "picked"
"""The kind under which the inbox keeps what the warehouse picked."""

_HANDOFFS, _ORDERS = table(HandoffRow), table(OrderRow)
_STATUS = func.coalesce(_HANDOFFS.c.status, _ORDERS.c.status)
_LABELS, _INBOX, _INVOICES = table(LabelRow), table(InboxRow), table(InvoiceRow)


@dataclass(frozen=True)
class ShipmentState:
    """A shipment as messages about it are checked: what was asked, and what is known since.

    ``picked`` is what the warehouse last reported, in the inbox; ``to_pack`` what the packing slip
    lists, once it is printed; ``labels`` are the live ones. ``under_way`` is a
    handoff to another warehouse whose answer is not on record yet.
    """

    order_id: str
    shop: str
    status: OrderStatus
    warehouse: str
    handoff: Handoff
    answer: HandoffAnswer
    picked: tuple[PickedLine, ...] | None
    labels: tuple[Label, ...]
    to_pack: tuple[Portion, ...] | None = None
    under_way: bool = False

    @property
    def is_short(self) -> bool:
        """Whether the warehouse last reported that pieces are missing for good."""
        return any(line.short for line in self.picked or ())


@dataclass(frozen=True)
class FloorShipment:
    """A shipment that the warehouse has accepted, and its status, which is mostly its order's."""

    status: OrderStatus
    handoff: Handoff


class HandoffBook:
    """Handoff documents by shipment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def customs_of(self, shipment: str) -> tuple[CustomsLine, ...]:
        """The customs lines of a shipment's handoff; none within a country."""
        found = self.handoff(shipment)
        return () if found is None else found.customs

    def customs_today(self, shipment: str) -> tuple[CustomsLine, ...]:
        """The same for a parcel across a border, and what the catalogue has learnt of lines that
        it could not declare when they were handed off."""
        found = self.handoff(shipment)
        if found is None:
            return ()
        with self._database.reading() as connection:
            body = connection.scalars(
                select(cast(_ORDERS.c.body, Text)).where(_ORDERS.c.id == found.order)
            ).one()
        order, declared = Order.model_validate_json(body), {one.line for one in found.customs}
        products = CatalogueBook(self._database).products(
            found.shop, tuple(one.sku for one in found.lines)
        )
        more = (
            customs_line(line, products[line.sku], one.quantity)
            for one in found.lines
            if one.line not in declared
            and (line := order.line(one.line)) is not None
            and line.sku in products
        )
        return (*found.customs, *(one for one in more if one is not None))

    def handoff(self, shipment: str) -> Handoff | None:
        """The document that was handed off for a shipment."""
        with self._database.reading() as connection:
            text = connection.scalars(
                select(cast(_HANDOFFS.c.document, Text)).where(_HANDOFFS.c.shipment == shipment)
            ).one_or_none()
        return None if text is None else Handoff.model_validate_json(text)

    def on_the_floor(
        self,
        shop: str,
        statuses: Collection[OrderStatus],
        limit: int = 100,
        after: str | None = None,
        warehouse: str = MAIN,
    ) -> tuple[FloorShipment, ...]:
        """A warehouse's accepted shipments in these statuses, the first handed off first, from the
        one that follows shipment ``after``.
        """
        where = [
            _ORDERS.c.shop == shop,
            _STATUS.in_([status.value for status in statuses]),
            _HANDOFFS.c.accepted.is_(True),
            _HANDOFFS.c.warehouse == warehouse,
        ]
        if after is not None:
            before = _HANDOFFS.alias()
            last = select(before.c.at, before.c.shipment).where(before.c.shipment == after)
            where.append(tuple_(_HANDOFFS.c.at, _HANDOFFS.c.shipment) > last.scalar_subquery())
        with self._database.transaction() as connection:
            rows = connection.execute(
                select(_STATUS, cast(_HANDOFFS.c.document, Text))
                .join(_ORDERS, _ORDERS.c.id == _HANDOFFS.c.order_id)
                .where(*where)
                .order_by(_HANDOFFS.c.at, _HANDOFFS.c.shipment)
                .limit(limit)
            ).all()
        return tuple(
            FloorShipment(OrderStatus(status), Handoff.model_validate_json(document))
            for status, document in rows
        )

    def shipment_state(self, shipment: str, shop: str | None = None) -> ShipmentState | None:
        """A shipment's state; None where none was handed off (for this shop, if one is given)."""
        with self._database.transaction() as connection:
            where: ColumnElement[bool] = _HANDOFFS.c.shipment == shipment
            if shop is not None:
                where = where & (_ORDERS.c.shop == shop)
            found = connection.execute(
                select(
                    _ORDERS.c.id,
                    _ORDERS.c.shop,
                    _STATUS.label("status"),
                    _HANDOFFS.c.warehouse,
                    _HANDOFFS.c.moves,
                    _HANDOFFS.c.accepted,
                    _HANDOFFS.c.reference,
                    _HANDOFFS.c.reason,
                    cast(_HANDOFFS.c.document, Text).label("document"),
                )
                .join(_ORDERS, _ORDERS.c.id == _HANDOFFS.c.order_id)
                .where(where)
            )
            row = found.mappings().one_or_none()
            return None if row is None else _state(connection, shipment, row)


def _state(connection: Connection, shipment: str, row: RowMapping) -> ShipmentState:
    picked = connection.scalars(
        select(cast(_INBOX.c.payload, Text))
        .where(
            _INBOX.c.order_id == row["id"],
            _INBOX.c.kind == PICKED,
            _INBOX.c.payload["shipment"].as_string() == shipment,
            func.coalesce(_INBOX.c.payload["warehouse"].as_string(), MAIN) == row["warehouse"],
        )
        .order_by(_INBOX.c.id.desc())
        .limit(1)
    ).one_or_none()
    labels = connection.execute(
        select(_LABELS)
        .where(_LABELS.c.shipment == shipment, _LABELS.c.voided_at.is_(None))
        .order_by(_LABELS.c.parcel)
    )
    handoff = Handoff.model_validate_json(row["document"])
    return ShipmentState(
        order_id=row["id"],
        shop=row["shop"],
        status=OrderStatus(row["status"]),
        warehouse=row["warehouse"],
        handoff=handoff,
        under_way=handoff.moves < row["moves"],
        answer=HandoffAnswer(
            accepted=row["accepted"], reference=row["reference"], reason=row["reason"]
        ),
        picked=None if picked is None else Picked.model_validate_json(picked).lines,
        labels=tuple(label_of(label) for label in labels.mappings()),
        to_pack=_to_pack(connection, row["id"], shipment),
    )


def _to_pack(connection: Connection, order: str, shipment: str) -> tuple[Portion, ...] | None:
    """What the newest invoice covers: it was printed together with the packing slip."""
    portions = connection.scalars(
        select(_INVOICES.c.portions)
        .where(_INVOICES.c.order_id == order, _INVOICES.c.shipment == shipment)
        .order_by(_INVOICES.c.year.desc(), _INVOICES.c.sequence.desc())
        .limit(1)
    ).one_or_none()
    return None if portions is None else tuple(Portion.model_validate(one) for one in portions)
