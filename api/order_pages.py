"""What the API shows of orders and cases: the records' own words, cases with their answers."""

from datetime import datetime
from typing import Annotated, Self

from backoffice.cases import CaseOnRecord
from backoffice.views import (
    CallbackView,
    DisputeView,
    DocumentView,
    MailView,
    MoneyView,
    OrderHit,
    OrderView,
    RefundView,
    ReplacementView,
    ShipmentView,
)
from domain.backorder import WaitsFor
from domain.cases import Answer, Case, CaseAnswer
from domain.complaints import ComplaintOnRecord
from domain.disputes import DisputeWord
from domain.journal import StepFact, Transition
from domain.model import Model, unsaid
from domain.order import Amended, Order, Replaces
from domain.promise import NewPromise
from domain.refunds import RefundWord
from domain.status import OrderStatus
from domain.stock import StockEntry
from domain.substitution import Offer


class CaseEntry(Case):
    """A case, and who closed it how, if anybody has."""

    closed_at: datetime | None = None
    answer: CaseAnswer | None = None
    answered_by: str = ""
    answered_why: str = ""

    @classmethod
    def of(cls, case: Case, answer: Answer | None) -> Self:
        """A case with its answer, flat."""
        shown = dict(case)
        if answer is not None:
            shown |= {"closed_at": answer.at, "answer": answer.answer}
            shown |= {"answered_by": answer.who, "answered_why": answer.why}
        return cls.model_validate(shown)

    @classmethod
    def on_record(cls, found: CaseOnRecord) -> Self:
        """A case as the back office has it."""
        return cls.of(found.case, found.answer)


class OrderPage(Model):
    """Everything that is on record about one order. Amounts are in the currency's minor unit.

    ``promised_by`` is what the customer is promised, ``promises`` are the days that they were told
    after the first; ``delivered_late`` is known once a parcel was delivered. ``replaces`` is the
    order of which it replaces pieces, ``replaced_by`` are those that replace pieces of it.
    """

    order_id: str
    shop: str
    status: OrderStatus
    status_at: datetime
    accepted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    erased_at: datetime | None
    promised_by: datetime | None
    promises: tuple[NewPromise, ...]
    delivered_late: bool | None
    order: Order
    replaces: Replaces | None = None
    replaced_by: tuple[ReplacementView, ...] = ()
    amendments: tuple[Amended, ...]
    transitions: tuple[Transition, ...]
    facts: tuple[StepFact, ...]
    money: MoneyView
    refunds: tuple[RefundView, ...]
    complaints: tuple[ComplaintOnRecord, ...] = ()
    disputes: tuple[DisputeView, ...] = ()
    stock: tuple[StockEntry, ...]
    waits_for: tuple[WaitsFor, ...]
    substitutions: tuple[Offer, ...] = ()
    shipments: tuple[ShipmentView, ...]
    mails: tuple[MailView, ...]
    documents: tuple[DocumentView, ...]
    cases: tuple[CaseEntry, ...]
    callbacks: tuple[CallbackView, ...]

    @classmethod
    def of(cls, view: OrderView) -> Self:
        """The page for an order on record."""
        cases = tuple(CaseEntry.of(one.case, one.answer) for one in view.cases)
        return cls.model_validate(dict(view) | {"cases": cases})


class OrderList(Model):
    """Orders that were found, newest first; ``next`` asks for what follows, as ``after``."""

    orders: tuple[OrderHit, ...]
    next: str | None = None


class CaseList(Model):
    """Open cases, oldest first; ``next`` asks for what follows, as ``after``."""

    cases: tuple[CaseEntry, ...]
    next: str | None = None


class OrderEvent(Model):
    """One change of an order's status, numbered from 1 without gaps; as in callbacks.

    Of an order that goes in several shipments it is about one; ``order_status`` is the whole's.
    ``promised_by`` is when the customer is promised to have it.
    With a ``refund`` the status is as it was: money is given back, or a refund has failed; so it is
    with a ``dispute`` of its payment. ``replaces`` is the order of which this one replaces pieces.
    """

    id: str
    type: str
    order: str
    number: str
    channel: str
    sequence: int
    status: OrderStatus
    order_status: Annotated[OrderStatus | None, unsaid(None)] = None
    at: datetime
    shipment: str | None = None
    detail: str = ""
    promised_by: Annotated[datetime | None, unsaid(None)] = None
    refund: Annotated[RefundWord | None, unsaid(None)] = None
    dispute: Annotated[DisputeWord | None, unsaid(None)] = None
    replaces: Annotated[str | None, unsaid(None)] = None
    tracking: tuple[dict[str, str], ...] = ()
