"""Refunds by staff: what was pressed, and each refund at the provider that came of it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from backoffice.tables.base import JSON, MOMENT, TEXT, Json, Record, one_of
from domain.payment import RefundStatus
from domain.refunds import RefundKind


class RefundRow(Record, table=True):
    """An order's n-th refund: who wants it, why, and what for (``lines`` and ``shipping``).

    ``key`` is the caller's own: the same key again is the same refund.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("kind", RefundKind),
        UniqueConstraint("order_id", "key"),
        CheckConstraint("number > 0", name="number_from_one"),
        CheckConstraint("amount > 0", name="amount_above_zero"),
    )

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(sa_type=TEXT)
    kind: str = Field(sa_type=TEXT)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=TEXT)
    lines: list[Json] = Field(sa_type=JSON)
    shipping: bool
    who: str = Field(sa_type=TEXT)
    why: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)


class RefundPartRow(Record, table=True):
    """A refund at the provider, of one capture: what was asked, and the provider's own figures.

    ``key`` is its idempotency key; ``amount`` is what was asked for until the provider says what
    it gives back.
    """

    __tablename__ = "refund_parts"
    __table_args__ = (
        one_of("status", RefundStatus),
        ForeignKeyConstraint(
            ["order_id", "number"],
            ["refunds.order_id", "refunds.number"],
            name="fk_refund_parts_refund",
        ),
        CheckConstraint("asked > 0", name="asked_above_zero"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        Index("ix_refund_parts_order_id", "order_id"),
        Index("ix_refund_parts_reference", "reference"),
    )

    key: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT)
    number: int
    sequence: int
    shipment: str = Field(sa_type=TEXT)
    payment: str = Field(sa_type=TEXT)
    asked: int = Field(sa_type=BigInteger)
    portions: list[Json] = Field(sa_type=JSON)
    earlier: list[Json] = Field(sa_type=JSON)
    shipping: bool
    last: bool
    reference: str = Field(sa_type=TEXT)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=TEXT)
    status: str = Field(sa_type=TEXT)
    reason: str = Field(sa_type=TEXT)
    changed_at: datetime = Field(sa_type=MOMENT)
