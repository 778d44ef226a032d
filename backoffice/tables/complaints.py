"""What customers complained about, and everything that happened to each complaint."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from backoffice.tables.base import JSON, JSON_OR_NOTHING, MOMENT, TEXT, Json, Record, one_of
from domain.complaints import ComplainedBy, ComplaintReason, ComplaintState


class ComplaintRow(Record, table=True):
    """An order's n-th complaint as it was made. ``key`` is the caller's own: the same key again is
    the same complaint."""

    __tablename__ = "complaints"
    __table_args__ = (
        one_of("reason", ComplaintReason),
        one_of("by", ComplainedBy),
        UniqueConstraint("order_id", "key"),
        CheckConstraint("number > 0", name="number_from_one"),
    )

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(sa_type=TEXT)
    reason: str = Field(sa_type=TEXT)
    by: str = Field(sa_type=TEXT)
    lines: list[Json] = Field(sa_type=JSON)
    words: str = Field(sa_type=TEXT)
    who: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)


class ComplaintWordRow(Record, table=True):
    """The n-th thing that happened to a complaint: its newest state is where it is."""

    __tablename__ = "complaint_words"
    __table_args__ = (
        one_of("state", ComplaintState),
        ForeignKeyConstraint(
            ["order_id", "complaint"],
            ["complaints.order_id", "complaints.number"],
            name="fk_complaint_words_complaint",
        ),
        CheckConstraint("number > 0", name="number_from_one"),
    )

    order_id: str = Field(primary_key=True, sa_type=TEXT)
    complaint: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    state: str = Field(sa_type=TEXT)
    who: str = Field(sa_type=TEXT)
    words: str = Field(sa_type=TEXT)
    solution: Json | None = Field(default=None, sa_type=JSON_OR_NOTHING)
    at: datetime = Field(sa_type=MOMENT)
