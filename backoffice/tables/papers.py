"""Documents, invoice numbers, and the queue that stations print from."""

from datetime import datetime
from enum import StrEnum

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
from domain.documents import DocumentKind, FileFormat
from domain.invoicing import CreditReason


class PrintState(StrEnum):
    """How far a print job is. A claimed job whose lease has ended can be claimed again.

    FAILED waits for a person; WITHDRAWN never prints again: its label is void.
    """

    WAITING = "waiting"
    CLAIMED = "claimed"
    PRINTED = "printed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class DocumentRow(Record, table=True):
    """A document on paper, stored once under its key."""

    __tablename__ = "documents"
    __table_args__ = (one_of("kind", DocumentKind), one_of("format", FileFormat))

    key: str = Field(primary_key=True, sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    shipment: str = Field(sa_type=TEXT)
    kind: str = Field(sa_type=TEXT)
    format: str = Field(sa_type=TEXT)
    content: bytes = Field(sa_type=LargeBinary)
    number: str = Field(sa_type=TEXT)
    label: str = Field(sa_type=TEXT)
    created_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class PrintJobRow(Record, table=True):
    """A document's place in its shop's print queue; ``lease_until`` is set while claimed."""

    __tablename__ = "print_jobs"
    __table_args__ = (
        one_of("state", PrintState),
        CheckConstraint(
            "(state = 'claimed') = (lease_until IS NOT NULL)", name="lease_while_claimed"
        ),
        Index(
            "ix_print_jobs_open",
            "shop",
            "id",
            postgresql_where=text("state IN ('waiting', 'claimed', 'failed')"),
        ),
    )

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    document: str = Field(sa_type=TEXT, foreign_key="documents.key", unique=True)
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id")
    state: str = Field(sa_type=TEXT)
    station: str | None = Field(default=None, sa_type=TEXT)
    attempts: int = 0
    reason: str = Field(default="", sa_type=TEXT)
    lease_until: datetime | None = Field(default=None, sa_type=MOMENT)
    changed_at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class InvoiceSeriesRow(Record, table=True):
    """The last number drawn for a seller in a year; its row is the lock that keeps out gaps."""

    __tablename__ = "invoice_series"

    shop: str = Field(primary_key=True, sa_type=TEXT, foreign_key="shops.id")
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class CreditNoteSeriesRow(Record, table=True):
    """The same for credit notes, which are numbered apart."""

    __tablename__ = "credit_note_series"

    shop: str = Field(primary_key=True, sa_type=TEXT, foreign_key="shops.id")
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class NumberedPaper(Record):
    """What is on record of every paper with a number; sums are in the order's minor unit.

    ``key`` is the operation that it was issued under.
    """

    key: str = Field(primary_key=True, sa_type=TEXT)
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id")
    year: int
    sequence: int
    number: str = Field(sa_type=TEXT)
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id", index=True)
    shipment: str = Field(sa_type=TEXT)
    document: str = Field(sa_type=TEXT, foreign_key="documents.key", unique=True)
    issued_at: datetime = Field(sa_type=MOMENT)
    net: int = Field(sa_type=BigInteger)
    tax: int = Field(sa_type=BigInteger)
    gross: int = Field(sa_type=BigInteger)


class InvoiceRow(NumberedPaper, table=True):
    """An issued invoice, with the portions of the order's lines that it covers, and which part of
    the order they are. ``by_rate`` are its sums by tax rate; empty in those of earlier builds."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("shop", "year", "sequence"),
        UniqueConstraint("shop", "number"),
        CheckConstraint("sequence > 0", name="sequence_from_one"),
        CheckConstraint("net + tax = gross AND net >= 0 AND tax >= 0", name="adds_up"),
    )

    portions: list[Json] = Field(sa_type=JSON)
    part: Json = Field(sa_type=JSON, sa_column_kwargs={"server_default": text("'{}'")})
    by_rate: list[Json] | None = Field(default=None, sa_type=JSON_OR_NOTHING)


class CreditNoteRow(NumberedPaper, table=True):
    """A credit note: its sums, none above zero, are taken off those of ``invoice``.

    ``by_rate`` are the same by tax rate, above zero; None on one that takes off all of it.
    """

    __tablename__ = "credit_notes"
    __table_args__ = (
        UniqueConstraint("shop", "year", "sequence"),
        UniqueConstraint("shop", "number"),
        CheckConstraint("sequence > 0", name="sequence_from_one"),
        CheckConstraint("net + tax = gross AND net <= 0 AND tax <= 0", name="adds_up"),
        one_of("reason", CreditReason),
    )

    invoice: str = Field(sa_type=TEXT, foreign_key="invoices.key", index=True)
    reason: str = Field(sa_type=TEXT)
    by_rate: list[Json] | None = Field(default=None, sa_type=JSON_OR_NOTHING)
