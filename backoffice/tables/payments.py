"""The log of what happened to money, and which order owns a provider's reference."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record, one_of
from domain.payment import PaymentEventKind


class PaymentEventRow(Record, table=True):
    """One entry: amount in the currency's minor unit. Sums are derived, never stored."""

    __tablename__ = "payment_events"
    __table_args__ = (
        one_of("kind", PaymentEventKind),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    key: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    kind: str = Field(sa_type=TEXT)
    amount: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=TEXT)
    provider: str = Field(sa_type=TEXT)
    reference: str = Field(sa_type=TEXT, index=True)
    shipment: str | None = Field(default=None, sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)
    capture_before: datetime | None = Field(default=None, sa_type=MOMENT)


class PaymentClaimRow(Record, table=True):
    """A provider's reference and the one order that it belongs to."""

    __tablename__ = "payment_claims"

    provider: str = Field(primary_key=True, sa_type=TEXT)
    reference: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id")
