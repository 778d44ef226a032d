"""The data keys that Temporal's histories are encrypted with, themselves encrypted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, LargeBinary, func, text
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record


class DataKeyRow(Record, table=True):
    """One order's key under a master key; an erased order's row stays, without its key."""

    __tablename__ = "data_keys"
    __table_args__ = (
        CheckConstraint("(wrapped IS NULL) = (erased_at IS NOT NULL)", name="erased_or_wrapped"),
        Index("ix_data_keys_master", "master", postgresql_where=text("wrapped IS NOT NULL")),
    )

    subject: str = Field(primary_key=True, sa_type=TEXT)
    master: str = Field(sa_type=TEXT)
    wrapped: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )
    erased_at: datetime | None = Field(default=None, sa_type=MOMENT)
