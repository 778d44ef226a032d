"""Reading an order's shipments: what was handed off, and where each label's parcel is."""

from collections import defaultdict

from sqlalchemy import Connection, RowMapping, select

from backoffice.shipments import label_of
from backoffice.tables.base import table
from backoffice.tables.orders import TransitionRow
from backoffice.tables.shipping import CourierEventRow, HandoffRow, LabelRow
from backoffice.views import LabelView, ShipmentView
from domain.shipping import Label
from domain.status import OrderStatus
from domain.stock import MAIN
from domain.tracking import CourierEvent, CourierStatus
from domain.warehouse import Handoff, HandoffAnswer

_TRANSITIONS = table(TransitionRow)
_LABELS, _EVENTS, _HANDOFFS = table(LabelRow), table(CourierEventRow), table(HandoffRow)


def shipments_of(connection: Connection, name: str) -> tuple[ShipmentView, ...]:
    """An order's shipments with their labels, in order of their ids."""
    handoffs = {
        row["shipment"]: row
        for row in connection.execute(
            select(_HANDOFFS).where(_HANDOFFS.c.order_id == name)
        ).mappings()
    }
    labels = _labels(connection, name)
    statuses, apart = _statuses(connection, name)
    return tuple(
        ShipmentView(
            shipment=shipment,
            status=statuses.get(shipment),
            warehouse=handoffs[shipment]["warehouse"] if shipment in handoffs else MAIN,
            handoff=_handoff(handoffs.get(shipment)),
            answer=_answer(handoffs.get(shipment)),
            labels=labels.get(shipment, ()),
        )
        for shipment in sorted(handoffs.keys() | labels.keys() | apart)
    )


def live_labels(connection: Connection, name: str) -> tuple[Label, ...]:
    """The labels under which an order's parcels travel."""
    mine = (_LABELS.c.order_id == name) & _LABELS.c.voided_at.is_(None)
    rows = connection.execute(select(_LABELS).where(mine).order_by(_LABELS.c.id)).mappings()
    return tuple(label_of(row) for row in rows)


def _statuses(connection: Connection, name: str) -> tuple[dict[str, OrderStatus], set[str]]:
    """Where each shipment is; and which there are of an order that goes in several, as one of
    those may wait for its goods."""
    told = select(_TRANSITIONS).where(
        _TRANSITIONS.c.order_id == name, _TRANSITIONS.c.shipment.is_not(None)
    )
    rows = list(connection.execute(told.order_by(_TRANSITIONS.c.number)).mappings())
    newest = {row["shipment"]: OrderStatus(row["status"]) for row in rows}
    return newest, {row["shipment"] for row in rows if row["of_order"] is not None}


def _handoff(row: RowMapping | None) -> Handoff | None:
    return None if row is None else Handoff.model_validate(row["document"])


def _answer(row: RowMapping | None) -> HandoffAnswer | None:
    if row is None:
        return None
    return HandoffAnswer(accepted=row["accepted"], reference=row["reference"], reason=row["reason"])


def _labels(connection: Connection, name: str) -> dict[str, tuple[LabelView, ...]]:
    events: defaultdict[str, list[CourierEvent]] = defaultdict(list)
    told = (
        select(_EVENTS, _LABELS.c.tracking_number)
        .join(_LABELS, _LABELS.c.id == _EVENTS.c.label)
        .where(_LABELS.c.order_id == name)
        .order_by(_EVENTS.c.at, _EVENTS.c.id)
    )
    for row in connection.execute(told).mappings():
        events[row["label"]].append(
            CourierEvent(
                id=row["id"],
                tracking_number=row["tracking_number"],
                status=CourierStatus(row["status"]),
                at=row["at"],
                detail=row["detail"],
            )
        )
    views: defaultdict[str, tuple[LabelView, ...]] = defaultdict(tuple)
    where = _LABELS.c.order_id == name
    bought = select(_LABELS).where(where).order_by(_LABELS.c.parcel, _LABELS.c.version)
    for row in connection.execute(bought).mappings():
        views[row["shipment"]] += (
            LabelView(
                label=label_of(row),
                bought_at=row["bought_at"],
                voided_at=row["voided_at"],
                status=CourierStatus(row["courier_status"]),
                events=tuple(events[row["id"]]),
            ),
        )
    return views
