"""The mails of an order: one of each kind, but for what no provider can promise."""

from datetime import datetime
from enum import StrEnum

from domain.model import Model


class MailKind(StrEnum):
    """What a mail says; with its subject (order, shipment, SKU) it is sent once."""

    CONFIRMATION = "confirmation"
    SUBSTITUTION = "substitution"
    BACKORDERED = "backordered"
    PAYMENT_NEEDED = "payment_needed"
    DECLINED = "declined"
    OUT_OF_STOCK = "out_of_stock"
    ADDRESS_CHANGED = "address_changed"
    AMENDED = "amended"
    DELIVERY_LATER = "delivery_later"
    DELIVERY_LATE = "delivery_late"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    PART_CANCELLED = "part_cancelled"
    REFUNDED = "refunded"
    COMPLAINT = "complaint"
    SOLUTION = "solution"
    COMPLAINT_DECLINED = "complaint_declined"
    RESTOCK = "restock"
    REVIEW = "review"


class MailFact(Model):
    """Something a mail says beyond what is on record: a reason, a tracking number, a SKU."""

    name: str
    value: str


class MailState(StrEnum):
    """How far a mail is. AMBIGUOUS waits for the provider's own word before it is repeated."""

    SENDING = "sending"
    AMBIGUOUS = "ambiguous"
    SENT = "sent"
    PROCESSED = "processed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class MailOnRecord(Model):
    """An outbox row: how far this mail is and since when its fate is unknown."""

    key: str
    state: MailState
    since: datetime
    sends: int
