"""What reconciliation remembers: which orders it looked at, and how far it has read a provider."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record


class EngineCheckRow(Record, table=True):
    """The last look at an order in the engine.

    A run of ``length`` events whose timer fires at ``timer_at`` need not be looked into again.
    """

    __tablename__ = "engine_checks"
    __table_args__ = (Index("ix_engine_checks_checked_at", "checked_at"),)

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    checked_at: datetime = Field(sa_type=MOMENT)
    run_id: str = Field(sa_type=TEXT)
    length: int
    timer_at: datetime | None = Field(default=None, sa_type=MOMENT)


class ReviewRow(Record, table=True):
    """A review of a provider's lists: up to when it was done, and who does it now until when."""

    __tablename__ = "reviews"

    name: str = Field(primary_key=True, sa_type=TEXT)
    done_to: datetime = Field(sa_type=MOMENT)
    leased_until: datetime | None = Field(default=None, sa_type=MOMENT)


class SuspicionRow(Record, table=True):
    """A difference that a review has seen; it counts once it is still there at a later one."""

    __tablename__ = "suspicions"

    id: str = Field(primary_key=True, sa_type=TEXT)
    first_seen: datetime = Field(sa_type=MOMENT)
    last_seen: datetime = Field(sa_type=MOMENT)
