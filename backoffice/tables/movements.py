"""Money that moves at a provider, its payouts, and how far their lists were read."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, func
from sqlmodel import Field

from backoffice.tables.base import MOMENT, TEXT, Record, one_of
from domain.movements import MovementKind, PayoutStatus


class MovementRow(Record, table=True):
    """An entry of a provider's account: signed minor units. It is written once; only the payout
    that it is in is learnt later. Whose it is follows from ``payment`` and ``mark``."""

    __tablename__ = "provider_movements"
    __table_args__ = (
        one_of("kind", MovementKind),
        Index("ix_provider_movements_at", "at"),
        Index("ix_provider_movements_payment", "payment"),
        Index("ix_provider_movements_subject", "subject"),
        Index("ix_provider_movements_payout", "payout"),
    )

    provider: str = Field(primary_key=True, sa_type=TEXT)
    id: str = Field(primary_key=True, sa_type=TEXT)
    kind: str = Field(sa_type=TEXT)
    word: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)
    available_at: datetime | None = Field(default=None, sa_type=MOMENT)
    currency: str = Field(sa_type=TEXT)
    amount: int = Field(sa_type=BigInteger)
    fee: int = Field(sa_type=BigInteger)
    presented_currency: str = Field(sa_type=TEXT)
    presented: int = Field(sa_type=BigInteger)
    subject: str = Field(sa_type=TEXT)
    payment: str = Field(sa_type=TEXT)
    mark: str = Field(sa_type=TEXT)
    payout: str | None = Field(default=None, sa_type=TEXT)
    read_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class PayoutRow(Record, table=True):
    """A payout as it stands. ``listed`` says that its movements can be asked for, ``read_at`` since
    when all of them are on record."""

    __tablename__ = "payouts"
    __table_args__ = (
        one_of("status", PayoutStatus),
        Index("ix_payouts_created_at", "created_at"),
    )

    provider: str = Field(primary_key=True, sa_type=TEXT)
    id: str = Field(primary_key=True, sa_type=TEXT)
    currency: str = Field(sa_type=TEXT)
    amount: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=TEXT)
    created_at: datetime = Field(sa_type=MOMENT)
    arrives_on: date = Field(sa_type=Date())
    automatic: bool
    listed: bool
    reason: str = Field(sa_type=TEXT)
    read_at: datetime | None = Field(default=None, sa_type=MOMENT)


class ReadingRow(Record, table=True):
    """How far a provider's list was read, from both ends: all between ``newest`` and ``oldest`` is
    on record, and nothing is older once it is ``complete``.

    All that happened until ``read_to`` is on record. It is read again at ``due_at``, by whoever
    holds the lease.
    """

    __tablename__ = "readings"

    name: str = Field(primary_key=True, sa_type=TEXT)
    newest: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    oldest: str = Field(default="", sa_type=TEXT, sa_column_kwargs={"server_default": ""})
    complete: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    read_to: datetime | None = Field(default=None, sa_type=MOMENT)
    due_at: datetime = Field(sa_type=MOMENT)
    leased_until: datetime | None = Field(default=None, sa_type=MOMENT)


class BalanceRow(Record, table=True):
    """What a provider said was in the account, and what its movements on record came to then."""

    __tablename__ = "provider_balances"

    provider: str = Field(primary_key=True, sa_type=TEXT)
    currency: str = Field(primary_key=True, sa_type=TEXT)
    amount: int = Field(sa_type=BigInteger)
    movements: int = Field(sa_type=BigInteger)
    at: datetime = Field(sa_type=MOMENT)
