"""Orders as accepted, what became of them, and how long each step took."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlmodel import Field

from backoffice.tables.base import (
    JSON,
    JSON_OR_NOTHING,
    MOMENT,
    SORTED_BY_CODE_POINT,
    TEXT,
    Json,
    Record,
    one_of,
)
from domain.journal import FactOutcome, News
from domain.promise import PromiseReason
from domain.status import OrderStatus

_SECRET = text("replace((gen_random_uuid())::text, '-'::text, ''::text)")


class OrderRow(Record, table=True):
    """An order. Its row is the lock under which everything about it is written.

    ``status_number`` is the number of the newest transition, 0 before the first. ``promised_by`` is
    when the customer is promised to have it, empty in orders from before promises. ``page`` is the
    secret of the customer's own page; nobody has it but their mails. One that ``replaces`` pieces
    of another order does so for one offer of one of that one's complaints, and is the only one.
    """

    __tablename__ = "orders"
    __table_args__ = (
        one_of("status", OrderStatus),
        UniqueConstraint("shop", "channel", "number"),
        UniqueConstraint("replaces", "replaces_complaint", "replaces_offer"),
        CheckConstraint("status_number >= 0", name="status_number_not_negative"),
        Index("ix_orders_shop_number", "shop", "number"),
        Index("ix_orders_accepted_at", "shop", text("accepted_at DESC"), "id"),
        Index("ix_orders_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index("ix_orders_page", "page", unique=True),
        Index("ix_orders_open", "status_at", postgresql_where=text("ended_at IS NULL")),
        Index(
            "ix_orders_unstarted",
            "accepted_at",
            postgresql_where=text("started_at IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, sa_type=TEXT)
    shop: str = Field(sa_type=TEXT, foreign_key="shops.id")
    channel: str = Field(sa_type=TEXT)
    number: str = Field(sa_type=TEXT)
    body: Json = Field(sa_type=JSON)
    sent_digest: str = Field(sa_type=TEXT)
    policy: str = Field(sa_type=TEXT, foreign_key="policies.digest")
    status: str = Field(sa_type=TEXT)
    status_number: int
    status_at: datetime = Field(sa_type=MOMENT)
    accepted_at: datetime = Field(sa_type=MOMENT)
    started_at: datetime | None = Field(default=None, sa_type=MOMENT)
    ended_at: datetime | None = Field(default=None, sa_type=MOMENT)
    promised_by: datetime | None = Field(default=None, sa_type=MOMENT)
    page: str = Field(sa_type=TEXT, sa_column_kwargs={"server_default": _SECRET})
    erased_at: datetime | None = Field(default=None, sa_type=MOMENT)
    replaces: str | None = Field(default=None, sa_type=TEXT)
    replaces_complaint: int | None = Field(default=None)
    replaces_offer: int | None = Field(default=None)


class DeliveryPromiseRow(Record, table=True):
    """A day that a customer was told after the first, and why; numbered by the order."""

    __tablename__ = "delivery_promises"
    __table_args__ = (one_of("reason", PromiseReason),)

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    shipment: str | None = Field(default=None, sa_type=TEXT)
    by: datetime = Field(sa_type=MOMENT)
    reason: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)


class AddressChangeRow(Record, table=True):
    """Where an order's parcels were to go before, and where from then on; numbered by the order."""

    __tablename__ = "address_changes"

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    before: Json = Field(sa_type=JSON)
    address: Json = Field(sa_type=JSON)
    who: str = Field(sa_type=TEXT)
    why: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)


class AmendmentRow(Record, table=True):
    """An amendment of an order that was tried: from what to what, or why it was refused."""

    __tablename__ = "amendments"
    __table_args__ = (CheckConstraint("number > 0", name="number_from_one"),)

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    key: str = Field(sa_type=TEXT)
    digest: str = Field(sa_type=TEXT)
    before: Json = Field(sa_type=JSON)
    after: Json = Field(sa_type=JSON)
    who: str = Field(sa_type=TEXT)
    why: str = Field(sa_type=TEXT)
    at: datetime = Field(sa_type=MOMENT)
    refused: str = Field(sa_type=TEXT)


class TermRow(Record, table=True):
    """A word by which an order is found, case-folded; the only other home of personal data."""

    __tablename__ = "order_terms"
    __table_args__ = (Index("ix_order_terms_term", "shop", "term", "order_id"),)

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    kind: str = Field(primary_key=True, sa_type=TEXT)
    term: str = Field(primary_key=True, sa_type=SORTED_BY_CODE_POINT)
    shop: str = Field(sa_type=TEXT)


class RefusalRow(Record, table=True):
    """What was refused at the border and why: field paths and reasons, no personal data."""

    __tablename__ = "refusals"
    __table_args__ = (Index("ix_refusals_shop_at", "shop", "at"),)

    id: int = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    shop: str = Field(sa_type=TEXT)
    source: str = Field(sa_type=TEXT)
    body_digest: str = Field(sa_type=TEXT)
    problems: list[str] = Field(sa_type=JSON)
    at: datetime = Field(
        sa_type=MOMENT, sa_column_kwargs={"server_default": func.now()}, default=None
    )


class TransitionRow(Record, table=True):
    """One change of an order's status, numbered by its workflow.

    Where the order goes in several shipments it is the change of one of them; ``of_order`` is what
    the order is from then on. With ``news`` it is no change: something else has happened. With a
    ``refund`` neither: the shop is told of that.
    """

    __tablename__ = "transitions"
    __table_args__ = (
        one_of("status", OrderStatus),
        one_of("of_order", OrderStatus),
        one_of("news", News),
        CheckConstraint("number > 0", name="number_from_one"),
    )

    order_id: str = Field(primary_key=True, sa_type=TEXT, foreign_key="orders.id")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    status: str = Field(sa_type=TEXT)
    step: int
    at: datetime = Field(sa_type=MOMENT)
    shipment: str | None = Field(default=None, sa_type=TEXT)
    detail: str = Field(sa_type=TEXT)
    of_order: str | None = Field(default=None, sa_type=TEXT)
    news: str | None = Field(default=None, sa_type=TEXT)
    refund: Json | None = Field(default=None, sa_type=JSON_OR_NOTHING)


class StepFactRow(Record, table=True):
    """One try at one step; ``late`` is whether a delivery came after what was promised."""

    __tablename__ = "step_facts"
    __table_args__ = (
        one_of("outcome", FactOutcome),
        Index("ix_step_facts_started_at", "started_at"),
        Index("ix_step_facts_order_id", "order_id"),
    )

    key: str = Field(primary_key=True, sa_type=TEXT)
    attempt: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    order_id: str = Field(sa_type=TEXT, foreign_key="orders.id")
    step: int
    operation: str = Field(sa_type=TEXT)
    shipment: str | None = Field(default=None, sa_type=TEXT)
    started_at: datetime = Field(sa_type=MOMENT)
    ended_at: datetime = Field(sa_type=MOMENT)
    outcome: str = Field(sa_type=TEXT)
    detail: str = Field(sa_type=TEXT)
    late: bool | None = Field(default=None)
