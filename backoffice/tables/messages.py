"""What comes in and what goes out: inbox, callbacks to shops, mails to people."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlmodel import Field

from backoffice.tables.base import JSON, MOMENT, TEXT, Json, Record, one_of
from domain.mail import MailKind, MailState


class InboxState(StrEnum):
    """What became of a message. KEPT is on record for its own sake: nobody is to be told."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    KEPT = "kept"


class InboxRow(Record, table=True):
    """A verified fact from outside. Its order may be unknown still, so nothing refers to it."""

    __tablename__ = "inbox"
    __table_args__ = (
        one_of("state", InboxState),
        UniqueConstraint("source", "event_id"),
        Index("ix_inbox_due", "due_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_inbox_order_id", "order_id"),
        Index("ix_inbox_waiting", "order_id", "id", postgresql_where=text("state = 'waiting'")),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    source: str = Field(sa_type=TEXT)
    event_id: str = Field(sa_type=TEXT)
    kind: str = Field(sa_type=TEXT)
    order_id: str | None = Field(default=None, sa_type=TEXT)
    payload: Json = Field(sa_type=JSON)
    signal: str | None = Field(default=None, sa_type=TEXT)
    state: str = Field(sa_type=TEXT)
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reason: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    due_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    received_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    done_at: datetime | None = Field(default=None, sa_type=MOMENT)


class CallbackRow(Record, table=True):
    """One status change on its way to the shop; numbers have no gaps, unlike transitions'.

    What is told of a dispute follows on no ``transition`` of the order.

    ``position`` is the place in the shops' pull feed, given once the row is visible to all.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "transition"],
            ["transitions.order_id", "transitions.number"],
            name="fk_callbacks_transition",
        ),
        UniqueConstraint("order_id", "number"),
        UniqueConstraint("order_id", "transition"),
        Index("ix_callbacks_due", "shop", "due_at", postgresql_where=text("delivered_at IS NULL")),
        Index("ix_callbacks_unplaced", "id", postgresql_where=text("position IS NULL")),
        Index("ix_callbacks_feed", "shop", "position"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id")
    order_id: str = Field(sa_type=TEXT)
    number: int
    transition: int | None = None
    type: str = Field(sa_type=TEXT)
    payload: Json = Field(sa_type=JSON)
    position: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reason: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    due_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    created_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    delivered_at: datetime | None = Field(default=None, sa_type=MOMENT)


class MailRow(Record, table=True):
    """One mail; more than one send means that one of them had an unknown outcome."""

    __tablename__ = "mails"
    __table_args__ = (
        one_of("kind", MailKind),
        one_of("state", MailState),
        CheckConstraint("sends >= 0", name="sends_not_negative"),
    )

    key: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    kind: str = Field(sa_type=TEXT)
    recipient: str = Field(sa_type=TEXT)
    state: str = Field(sa_type=TEXT)
    since: datetime = Field(sa_type=MOMENT)
    sends: int = 0
    message_id: str = Field(default="", sa_type=TEXT)
