"""What answers a dispute: everything on record about the order that was paid.

Nothing in it says when it was put together: the same records are always the same evidence.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from domain.address import Address
from domain.disputes import RefundMade
from domain.documents import DocumentKind, FileFormat
from domain.mail import MailKind, MailState
from domain.model import Model
from domain.money import Money
from domain.order import Order
from domain.payment import PaymentEvent, RefundStatus
from domain.shipping import Label
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus


@dataclass(frozen=True)
class Paper:
    """A document on record: an invoice, a packing slip, a label, a credit note, customs papers."""

    kind: DocumentKind
    format: FileFormat
    number: str
    shipment: str
    at: datetime
    content: bytes

    @property
    def name(self) -> str:
        """What its file is called."""
        plain = re.sub(r"[^A-Za-z0-9.-]+", "-", self.number or self.shipment)
        return f"{self.kind.value}-{plain}.{self.format.value}"


@dataclass(frozen=True)
class Parcel:
    """A label that was not void, and what its courier reported."""

    shipment: str
    label: Label
    bought_at: datetime
    events: tuple[CourierEvent, ...]


@dataclass(frozen=True)
class MailSent:
    """A mail: to whom, how far it is known to have come, and the provider's own id of it."""

    kind: MailKind
    recipient: str
    state: MailState
    at: datetime
    message_id: str


@dataclass(frozen=True)
class Moment:
    """A change of the order's status."""

    status: OrderStatus
    at: datetime
    shipment: str | None


@dataclass(frozen=True)
class Moved:
    """A shipping address that was changed: where the parcel was to go before."""

    before: Address
    at: datetime


@dataclass(frozen=True)
class Evidence:
    """All of it. ``shipments`` are those that the disputed payment was captured for."""

    dispute: str
    payment: str
    disputed: Money | None
    reason: str
    seller: str
    order_id: str
    accepted_at: datetime
    order: Order
    shipments: tuple[str, ...]
    money: tuple[PaymentEvent, ...]
    refunds: tuple[RefundMade, ...]
    moments: tuple[Moment, ...]
    parcels: tuple[Parcel, ...]
    mails: tuple[MailSent, ...]
    moved: tuple[Moved, ...]
    papers: tuple[Paper, ...]

    @property
    def given_back(self) -> tuple[RefundMade, ...]:
        """Refunds of the disputed payment that have reached the customer, or are on their way."""
        return tuple(one for one in self.refunds if one.status is not RefundStatus.FAILED)

    @property
    def handed_over_at(self) -> datetime | None:
        """When the first parcel was in the courier's hands, by the courier's own word or ours."""
        scans = (one.at for parcel in self.parcels for one in parcel.events if _in_hands(one))
        told = (one.at for one in self.moments if one.status is OrderStatus.SHIPPED)
        return min((*scans, *told), default=None)

    @property
    def delivered_at(self) -> datetime | None:
        """When the last parcel was delivered; None while one of them is not."""
        days = [_delivery(one) for one in self.parcels]
        known = [one for one in days if one is not None]
        return max(known) if known and len(known) == len(days) else None


def _in_hands(event: CourierEvent) -> bool:
    return event.status.in_couriers_hands


def _delivery(parcel: Parcel) -> datetime | None:
    days = [one.at for one in parcel.events if one.status is CourierStatus.DELIVERED]
    return min(days, default=None)


class Prepared(Model):
    """What goes to the provider: texts by its field for them, and papers by theirs, under the
    names that they have in the file."""

    texts: dict[str, str]
    papers: dict[str, str]


def named(papers: tuple[Paper, ...]) -> dict[str, Paper]:
    """Papers by the names of their files, of which no two are alike."""
    found: dict[str, Paper] = {}
    for paper in sorted(papers, key=lambda one: (one.name, one.at, one.content)):
        name, number = paper.name, 1
        while name in found:
            number += 1
            stem, _, suffix = paper.name.rpartition(".")
            name = f"{stem}-{number}.{suffix}"
        found[name] = paper
    return found
