"""Where parcels are: courier events, each once, and what they make of a parcel's status."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, RowMapping, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.shipping import CourierEventRow, HandoffRow, LabelRow
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus, advance

_LABELS, _ORDERS, _EVENTS = table(LabelRow), table(OrderRow), table(CourierEventRow)
_HANDOFFS = table(HandoffRow)
_FINAL = [status.value for status in CourierStatus if status.final]
_ON_THE_WAY = [
    status.value
    for status in (
        OrderStatus.CAPTURED,
        OrderStatus.RELEASED,
        OrderStatus.RECALLING,
        OrderStatus.SHIPPED,
        OrderStatus.NOT_DELIVERED,
    )
]


@dataclass(frozen=True)
class Known:
    """What an event is about, whether it was new, and what it changed."""

    order_id: str
    shop: str
    shipment: str
    parcel: str
    new: bool
    status_before: CourierStatus
    status: CourierStatus
    erased: bool = False

    @property
    def moved(self) -> bool:
        """Whether the parcel's status changed."""
        return self.status is not self.status_before


@dataclass(frozen=True)
class Underway:
    """A parcel that the courier is to be asked about."""

    order_id: str
    shipment: str
    parcel: str
    label: str
    carrier: str
    tracking_number: str
    transaction: str
    status: CourierStatus


class TrackingBook:
    """Courier events by tracking number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, event: CourierEvent) -> Known | None:
        """Write an event and move its parcel's status on, if it is news.

        None for a tracking number that is not on record. Late, double and out-of-order events
        change nothing.
        """
        with self._database.transaction() as connection:
            label = _locked(connection, event.tracking_number)
            if label is None:
                return None
            written = connection.scalars(
                insert(_EVENTS).on_conflict_do_nothing().returning(_EVENTS.c.id),
                {
                    "id": event.id,
                    "label": label["id"],
                    "status": event.status.value,
                    "at": event.at,
                    "detail": "" if label["erased_at"] is not None else event.detail,
                },
            ).one_or_none()
            before = CourierStatus(label["courier_status"])
            status = before if written is None else advance(before, event.status)
            if status is not before:
                connection.execute(
                    update(_LABELS)
                    .where(_LABELS.c.id == label["id"])
                    .values(courier_status=status.value, courier_at=event.at)
                )
        return Known(
            order_id=label["order_id"],
            shop=label["shop"],
            shipment=label["shipment"],
            parcel=label["parcel"],
            new=written is not None,
            status_before=before,
            status=status,
            erased=label["erased_at"] is not None,
        )

    def shipment_of(self, tracking_number: str) -> str | None:
        """The shipment that a label was bought for, void or not; None where none is on record."""
        newest = (
            select(_LABELS.c.shipment)
            .where(_LABELS.c.tracking_number == tracking_number)
            .order_by(_LABELS.c.version.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            return connection.scalars(newest).one_or_none()

    def to_poll(self, limit: int, older_than: timedelta) -> tuple[Underway, ...]:
        """Parcels that should be moving and were silent, and not asked about, for so long.

        Each counts as asked from now on, so that two processes never ask about the same.
        """
        before = func.now() - older_than
        silent = (
            select(_LABELS.c.id)
            .join(_ORDERS, _ORDERS.c.id == _LABELS.c.order_id)
            .outerjoin(_HANDOFFS, _HANDOFFS.c.shipment == _LABELS.c.shipment)
            .where(
                _ORDERS.c.ended_at.is_(None),
                _LABELS.c.voided_at.is_(None),
                _LABELS.c.courier_status.not_in(_FINAL),
                func.coalesce(_HANDOFFS.c.status, _ORDERS.c.status).in_(_ON_THE_WAY),
                func.coalesce(_LABELS.c.polled_at, _LABELS.c.bought_at) <= before,
                or_(_LABELS.c.courier_at.is_(None), _LABELS.c.courier_at <= before),
            )
            .order_by(_LABELS.c.polled_at.asc().nulls_first(), _LABELS.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True, of=_LABELS)
            .cte("silent")
        )
        taken = (
            update(_LABELS)
            .where(_LABELS.c.id.in_(select(silent.c.id)))
            .values(polled_at=func.now())
            .returning(_LABELS)
        )
        with self._database.transaction() as connection:
            return tuple(_underway(row) for row in connection.execute(taken).mappings())

    def polled(self, tracking_number: str) -> None:
        """Note that the courier was asked just now."""
        with self._database.transaction() as connection:
            connection.execute(
                update(_LABELS)
                .where(_LABELS.c.tracking_number == tracking_number)
                .values(polled_at=func.now())
            )


def _locked(connection: Connection, tracking_number: str) -> RowMapping | None:
    """The label of a tracking number, its row locked: the live one, else the newest."""
    return (
        connection.execute(
            select(
                _LABELS.c.id,
                _LABELS.c.order_id,
                _LABELS.c.shipment,
                _LABELS.c.parcel,
                _LABELS.c.courier_status,
                _ORDERS.c.shop,
                _ORDERS.c.erased_at,
            )
            .join(_ORDERS, _ORDERS.c.id == _LABELS.c.order_id)
            .where(_LABELS.c.tracking_number == tracking_number)
            .order_by(_LABELS.c.voided_at.desc().nulls_first(), _LABELS.c.bought_at.desc())
            .limit(1)
            .with_for_update(key_share=True, of=_LABELS)
        )
        .mappings()
        .one_or_none()
    )


def _underway(row: RowMapping) -> Underway:
    return Underway(
        order_id=row["order_id"],
        shipment=row["shipment"],
        parcel=row["parcel"],
        label=row["id"],
        carrier=row["carrier"],
        tracking_number=row["tracking_number"],
        transaction=row["transaction"],
        status=CourierStatus(row["courier_status"]),
    )
