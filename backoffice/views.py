"""An order on one page: everything that is on record about it."""

from datetime import datetime

from backoffice.tables.papers import PrintState
from domain.backorder import WaitsFor
from domain.cases import Answer, Case, CaseAnswer
from domain.complaints import ComplaintOnRecord
from domain.disputes import DisputeEventKind, DisputeState
from domain.documents import DocumentKind, FileFormat
from domain.journal import StepFact, Transition
from domain.mail import MailKind, MailState
from domain.model import Model
from domain.money import Money
from domain.order import Amended, Order, Replaces
from domain.payment import PaymentEvent, RefundStatus
from domain.promise import NewPromise
from domain.refunds import RefundedLine, RefundKind
from domain.shipping import Label
from domain.status import OrderStatus
from domain.stock import MAIN, StockEntry
from domain.substitution import Offer
from domain.tracking import CourierEvent, CourierStatus
from domain.warehouse import Handoff, HandoffAnswer


class MoneyView(Model):
    """What happened to the money, and its sums by kind."""

    events: tuple[PaymentEvent, ...]
    authorized: Money
    captured: Money
    voided: Money
    refunded: Money
    settled: Money


class RefundPartView(Model):
    """A refund at the provider: what was asked for, and the provider's own figures and words."""

    key: str
    shipment: str
    payment: str
    asked: Money
    reference: str
    status: RefundStatus
    money: Money
    reason: str
    changed_at: datetime


class RefundView(Model):
    """A refund by staff: who, why and what for, and its parts at the provider.

    ``money`` is what was asked for; what was given back is in the parts.
    """

    number: int
    kind: RefundKind
    key: str
    money: Money
    lines: tuple[RefundedLine, ...]
    shipping: bool
    who: str
    why: str
    at: datetime
    parts: tuple[RefundPartView, ...]


class DisputeEventView(Model):
    """Something that happened to a dispute. ``money`` is below zero where the provider took it,
    in the currency that it settles in."""

    kind: DisputeEventKind
    at: datetime
    state: DisputeState | None
    money: Money | None
    fee: Money | None
    detail: str


class DisputeView(Model):
    """A dispute as the provider had it when it was last asked, and what was decided about it.

    Evidence is due by ``due_by``; people may decide until ``answer_by``. ``refused`` says why the
    provider did not take it.
    """

    id: str
    order_id: str
    payment: str
    state: DisputeState
    money: Money | None
    reason: str
    opened_at: datetime | None
    due_by: datetime | None
    answer_by: datetime | None
    decision: CaseAnswer | None
    submissions: int
    refused: str
    events: tuple[DisputeEventView, ...]


class LabelView(Model):
    """A label, void or live, with what its courier reported, oldest first."""

    label: Label
    bought_at: datetime
    voided_at: datetime | None
    status: CourierStatus
    events: tuple[CourierEvent, ...]


class ShipmentView(Model):
    """A shipment: where it is, which warehouse has it, what was handed off, the warehouse's answer,
    and its labels."""

    shipment: str
    status: OrderStatus | None
    warehouse: str = MAIN
    handoff: Handoff | None
    answer: HandoffAnswer | None
    labels: tuple[LabelView, ...]


class MailView(Model):
    """A mail, and how far it is known to have come."""

    key: str
    kind: MailKind
    recipient: str
    state: MailState
    since: datetime
    sends: int


class DocumentView(Model):
    """A document and its print job, if stations print it; ``id`` fetches the bytes."""

    id: str
    shipment: str
    kind: DocumentKind
    format: FileFormat
    number: str
    created_at: datetime
    print_state: PrintState | None
    station: str | None


class CaseView(Model):
    """A case and its answer, if it has one."""

    case: Case
    answer: Answer | None


class CallbackView(Model):
    """A callback, and whether the shop has it."""

    number: int
    type: str
    created_at: datetime
    delivered_at: datetime | None
    attempts: int
    reason: str


class ReplacementView(Model):
    """An order that replaces pieces of another one, for which of its complaints and offers, where
    it is, and its live labels."""

    order: str
    number: str
    complaint: int
    offer: int
    status: OrderStatus
    tracking: tuple[Label, ...]


class OrderView(Model):
    """Everything about one order. ``promised_by`` is what the customer is promised, ``promises``
    are the days that were told after the first; ``delivered_late`` is known at the door.
    ``replaces`` is the order of which it replaces pieces, ``replaced_by`` are those that replace
    pieces of it.
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
    disputes: tuple[DisputeView, ...] = ()
    complaints: tuple[ComplaintOnRecord, ...] = ()
    stock: tuple[StockEntry, ...]
    waits_for: tuple[WaitsFor, ...]
    substitutions: tuple[Offer, ...] = ()
    shipments: tuple[ShipmentView, ...]
    mails: tuple[MailView, ...]
    documents: tuple[DocumentView, ...]
    cases: tuple[CaseView, ...]
    callbacks: tuple[CallbackView, ...]


class OrderHit(Model):
    """An order as a list of search results shows it."""

    order_id: str
    shop: str
    channel: str
    number: str
    customer: str
    email: str
    total: Money
    status: OrderStatus
    status_at: datetime
    accepted_at: datetime
