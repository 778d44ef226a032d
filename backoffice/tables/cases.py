"""What needs a person, and what the person answered."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, TEXTS, Record, one_of
from domain.cases import CaseAnswer, CaseKind


class CaseRow(Record, table=True):
    """A case. Its order may be one that is not on record (an orphan), and then has no shop."""

    __tablename__ = "cases"
    __table_args__ = (
        one_of("kind", CaseKind),
        Index(
            "ix_cases_open",
            "shop",
            "opened_at",
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_cases_order_id", "order_id"),
    )

    id: str = Field(primary_key=True, sa_type=TEXT)
    shop: str | None = Field(default=None, sa_type=TEXT, foreign_key="shops.id")
    order_id: str = Field(sa_type=TEXT)
    kind: str = Field(sa_type=TEXT)
    shipment: str | None = Field(default=None, sa_type=TEXT)
    reason: str = Field(sa_type=TEXT)
    opened_at: datetime = Field(sa_type=MOMENT)
    answer_by: datetime | None = Field(default=None, sa_type=MOMENT)
    answers: list[str] = Field(sa_type=TEXTS)
    closed_at: datetime | None = Field(default=None, sa_type=MOMENT)


class CaseAnswerRow(Record, table=True):
    """The first answer to a case; it may be on record before the case itself is."""

    __tablename__ = "case_answers"
    __table_args__ = (one_of("answer", CaseAnswer),)

    case_id: str = Field(primary_key=True, sa_type=TEXT)
    answer: str = Field(sa_type=TEXT)
    who: str = Field(sa_type=TEXT)
    why: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)
