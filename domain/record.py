"""What one transaction of the back office writes, and what activities read back from it."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.address import Address, Seller
from domain.documents import DocumentKind, FileFormat
from domain.journal import Journal
from domain.model import LongText, Model, OptionalText, Text
from domain.order import Amended, Order, Substitute
from domain.payment import PaymentEvent
from domain.policy import Policy
from domain.refunds import Standing
from domain.shipping import Label
from domain.stock import RestockNeed, StockEntry
from domain.warehouse import Handoff, HandoffAnswer


@dataclass(frozen=True)
class Document:
    """A document on paper. ``key`` is unique: the same document is never stored twice."""

    key: str
    shipment: str
    kind: DocumentKind
    format: FileFormat
    content: bytes
    number: str = ""
    label: str = ""


@dataclass(frozen=True)
class HandoffRecord:
    """A handoff document with the warehouse's answer."""

    handoff: Handoff
    answer: HandoffAnswer


class NewAddress(Model):
    """Where an order's parcels go from now on; the n-th change of an order, counted from 1."""

    number: int
    address: Address
    who: Text
    why: LongText = ""
    at: datetime


@dataclass(frozen=True)
class Commit:
    """Everything that is written together, in one transaction. Writing it again changes nothing.

    ``voided`` are ids of labels that must never print again; ``replaced`` is what the warehouse is
    to pick from now on, where it is not what was handed off, with the ``substitutes`` in it.
    """

    order: str
    journal: Journal = field(default_factory=Journal)
    payments: tuple[PaymentEvent, ...] = ()
    handoff: HandoffRecord | None = None
    labels: tuple[Label, ...] = ()
    voided: tuple[str, ...] = ()
    stock: tuple[StockEntry, ...] = ()
    documents: tuple[Document, ...] = ()
    address: NewAddress | None = None
    amendment: Amended | None = None
    amended_handoff: Handoff | None = None
    refunds: tuple[Standing, ...] = ()
    replaced: Handoff | None = None
    substitutes: tuple[Substitute, ...] = ()


@dataclass(frozen=True)
class Committed:
    """What came of a commit: the label on record for each parcel, levels that fell low, and the
    number of the invoice that was issued with it.

    A label that was handed in and is not among ``labels`` is a surplus: another try was first.
    """

    labels: tuple[Label, ...] = ()
    restock: tuple[RestockNeed, ...] = ()
    invoice: str = ""


class Shop(Model):
    """A shop as activities need it: who sells, where restock alerts go, and by which rules."""

    id: str
    seller: Seller
    restock_email: str
    status_page: OptionalText = ""
    policy: Policy = Policy()


class OrderOnRecord(Model):
    """An order with its shop, as the back office holds them, and what the customer is promised.

    ``page`` is the secret in the address of the customer's own page. Of one that replaces pieces of
    another order, ``replaces`` is that one's number, and the page is that one's.
    """

    order_id: str
    order: Order
    shop: Shop
    promised_by: datetime | None = None
    page: str = ""
    replaces: str = ""
