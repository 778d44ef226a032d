"""Disputes of payments, what happened to each, and the evidence as it was sent."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
    text,
)
from sqlmodel import Field

from backoffice.tables.base import JSON, JSON_OR_NOTHING, MOMENT, TEXT, Json, Record, one_of
from domain.disputes import DisputeEventKind, DisputeState


class DisputeRow(Record, table=True):
    """A dispute under the provider's name for it, as the provider had it when it was last asked.

    ``turn`` counts who has taken it up: what an earlier one brings is late. ``rung`` says that
    there may be news since. ``round`` counts how often it was asked for evidence. ``evidence`` is
    what goes to the provider (``uploads`` names the files there), ``pack`` the whole file; both
    stay as they are from the moment that they are to be sent. ``refused`` says why they were not
    taken.
    """

    __tablename__ = "disputes"
    __table_args__ = (
        one_of("state", DisputeState),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("submissions >= 0", name="submissions_not_negative"),
        Index("ix_disputes_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_disputes_order_id", "order_id"),
    )

    id: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id")
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id")
    payment: str = Field(sa_type=TEXT)
    state: str = Field(sa_type=TEXT)
    amount: int = Field(default=0, sa_type=BigInteger)
    currency: str = Field(default="", sa_type=TEXT)
    reason: str = Field(default="", sa_type=TEXT)
    opened_at: datetime | None = Field(default=None, sa_type=MOMENT)
    due_by: datetime | None = Field(default=None, sa_type=MOMENT)
    answer_by: datetime | None = Field(default=None, sa_type=MOMENT)
    submissions: int = 0
    round: int = 0
    evidence: Json | None = Field(default=None, sa_type=JSON_OR_NOTHING)
    uploads: Json = Field(sa_type=JSON)
    pack: bytes | None = Field(default=None, sa_type=LargeBinary)
    refused: str = Field(default="", sa_type=TEXT)
    due_at: datetime | None = Field(default=None, sa_type=MOMENT)
    leased_until: datetime | None = Field(default=None, sa_type=MOMENT)
    rung: bool = False
    turn: int = 0
    failures: int = 0
    heard_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class DisputeEventRow(Record, table=True):
    """Something that happened to a dispute, once under its key. Money is in the minor unit of its
    own currency, below zero where the provider took it."""

    __tablename__ = "dispute_events"
    __table_args__ = (
        one_of("kind", DisputeEventKind),
        UniqueConstraint("dispute", "key"),
        Index("ix_dispute_events_order_id", "order_id"),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    dispute: str = Field(sa_type=TEXT, foreign_key="disputes.id")
    order_id: str = Field(sa_type=TEXT)
    key: str = Field(sa_type=TEXT)
    kind: str = Field(sa_type=TEXT)
    state: str | None = Field(default=None, sa_type=TEXT)
    amount: int | None = Field(default=None, sa_type=BigInteger)
    fee: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = Field(default=None, sa_type=TEXT)
    detail: str = Field(default="", sa_type=TEXT)
    at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
