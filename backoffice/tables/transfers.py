"""Money that came to the bank account, and what became of it. Who paid, only the bank knows."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, func, text
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record, one_of


class BookingState(StrEnum):
    """NEW is to be looked at, RETURNING to be sent back; a STRAY waits for a person. An order that
    is OPEN has it; it is DONE once that has ended, or once it went back."""

    NEW = "new"
    OPEN = "open"
    STRAY = "stray"
    RETURNING = "returning"
    DONE = "done"


class BookingRow(Record, table=True):
    """One booking. ``order_id`` is whose it is, by its reference or by a person's word."""

    __tablename__ = "bookings"
    __table_args__ = (
        one_of("state", BookingState),
        Index("ix_bookings_to_do", "position", postgresql_where=text("state <> 'done'")),
        Index("ix_bookings_order_id", "order_id"),
    )

    id: str = Field(primary_key=True, sa_type=TEXT)
    position: int = Field(sa_type=BigInteger, unique=True)
    at: datetime = Field(sa_type=MOMENT)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=TEXT)
    reference: str = Field(sa_type=TEXT)
    order_id: str | None = Field(default=None, sa_type=TEXT)
    state: str = Field(sa_type=TEXT)
    seen_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
