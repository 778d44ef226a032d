"""Handoffs, labels, and what couriers reported about them."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, text
from sqlmodel import Field

from backoffice.tables.base import JSON, MOMENT, SORTED_BY_CODE_POINT, TEXT, Json, Record, one_of
from domain.shipping import LabelFormat
from domain.status import OrderStatus
from domain.stock import MAIN
from domain.tracking import CourierStatus


class HandoffRow(Record, table=True):
    """A shipment's handoff document with the warehouse's answer, and which warehouse that is.

    Of an order that goes in several shipments each has its own status, by its newest transition;
    otherwise ``status`` is empty, and the order's counts. ``moves`` counts how often it has gone to
    another warehouse: where the document's is smaller, its handoff there is under way.
    """

    __tablename__ = "handoffs"
    __table_args__ = (one_of("status", OrderStatus),)

    shipment: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    document: Json = Field(sa_type=JSON)
    accepted: bool
    reference: str = Field(sa_type=TEXT)
    reason: str = Field(sa_type=TEXT)
    at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    warehouse: str = Field(default=MAIN, sa_type=TEXT, sa_column_kwargs={"server_default": MAIN})
    status: str | None = Field(default=None, sa_type=TEXT)
    status_number: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    moves: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class LabelRow(Record, table=True):
    """A bought label with its courier's newest word; cost in the currency's minor unit."""

    __tablename__ = "labels"
    __table_args__ = (
        one_of("format", LabelFormat),
        one_of("courier_status", CourierStatus),
        UniqueConstraint("parcel", "version"),
        CheckConstraint("version > 0", name="version_from_one"),
        CheckConstraint("cost >= 0", name="cost_not_negative"),
        Index("ix_labels_polled_at", "polled_at", postgresql_where=text("voided_at IS NULL")),
    )

    id: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    shipment: str = Field(sa_type=TEXT)
    parcel: str = Field(sa_type=TEXT)
    version: int
    carrier: str = Field(sa_type=TEXT)
    service: str = Field(sa_type=TEXT)
    tracking_number: str = Field(sa_type=SORTED_BY_CODE_POINT, index=True)
    transaction: str = Field(sa_type=TEXT, unique=True)
    cost: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=TEXT)
    format: str = Field(sa_type=TEXT)
    url: str = Field(sa_type=TEXT)
    customs_url: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    bought_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    voided_at: datetime | None = Field(default=None, sa_type=MOMENT)
    courier_status: str = Field(sa_type=TEXT)
    courier_at: datetime | None = Field(default=None, sa_type=MOMENT)
    polled_at: datetime | None = Field(default=None, sa_type=MOMENT)


class LabelVoidRow(Record, table=True):
    """A label that must never print, whether or not it is (already) known to have been bought."""

    __tablename__ = "label_voids"

    label: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class CourierEventRow(Record, table=True):
    """One courier event about one label."""

    __tablename__ = "courier_events"
    __table_args__ = (one_of("status", CourierStatus),)

    id: str = Field(primary_key=True, sa_type=TEXT)
    label: str = Field(sa_type=TEXT, foreign_key="labels.id", index=True)
    status: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)
    detail: str = Field(sa_type=TEXT)
    recorded_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
