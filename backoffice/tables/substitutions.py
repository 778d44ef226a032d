"""What customers were offered in place of pieces that were not there, and what they said."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from backoffice.tables.base import JSON, MOMENT, TEXT, Json, Record, one_of
from domain.substitution import AnsweredBy, OfferState


class SubstitutionRow(Record, table=True):
    """One offer: goods that are reserved until it is answered. ``offer`` is as it was made."""

    __tablename__ = "substitutions"
    __table_args__ = (
        one_of("state", OfferState),
        one_of("answered_by", AnsweredBy),
        Index("ix_substitutions_order_id", "order_id"),
    )

    id: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id")
    token: str = Field(sa_type=TEXT, unique=True)
    offer: Json = Field(sa_type=JSON)
    state: str = Field(sa_type=TEXT)
    offered_at: datetime = Field(sa_type=MOMENT)
    answered_at: datetime | None = Field(default=None, sa_type=MOMENT)
    answered_by: str | None = Field(default=None, sa_type=TEXT)
