"""How an order is paid, and the log of what happened to its money."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.address import Customer
from domain.model import Code, LongText, Model, Moment, OptionalText, Text, unsaid
from domain.money import Money
from domain.risk import Assessment

_CARD_NUMBER = re.compile(r"\d(?:[._:/+#-]?\d){11,18}")


def _no_card_number(name: str) -> str:
    if _CARD_NUMBER.fullmatch(name):
        raise ValueError(
            "looks like a card number: give the payment provider's own name for the method, as its "
            "form on your page returns it"
        )
    return name


MethodName = Annotated[Code, AfterValidator(_no_card_number)]
"""A provider's name for a payment method (``pm_...``). Card numbers must never come here."""


class AuthorizeMethod(Model):
    """A payment method to authorize now and capture at hand-over.

    ``consent`` is when the customer agreed that the method is kept for off-session use; without
    it the method is used for this one authorization only.
    """

    terms: Literal["authorize"] = "authorize"
    payment_method: MethodName
    customer: Code | None = None
    consent: Moment | None = None


class ExistingIntent(Model):
    """A PaymentIntent that the shop's checkout already authorized, to be verified."""

    terms: Literal["payment_intent"] = "payment_intent"
    payment_intent: Code


class Prepaid(Model):
    """Paid to the channel (a marketplace); the reference is the channel's own."""

    terms: Literal["prepaid"] = "prepaid"
    reference: Code


class NothingDue(Model):
    """Nothing to pay: a total of zero."""

    terms: Literal["nothing_due"] = "nothing_due"


class Transfer(Model):
    """A bank transfer in advance: the order waits until all of it has come, by the policy's day."""

    terms: Literal["transfer"] = "transfer"


PaymentTerms = Annotated[
    AuthorizeMethod | ExistingIntent | Prepaid | NothingDue | Transfer,
    Field(discriminator="terms"),
]


class KeptMethod(Model):
    """What an order says of its own money: hold it anew with the method of the authorization
    ``reference``, which the customer agreed to have kept for that."""

    terms: Literal["kept"] = "kept"
    reference: Code


HoldTerms = Annotated[
    AuthorizeMethod | ExistingIntent | Prepaid | NothingDue | Transfer | KeptMethod,
    Field(discriminator="terms"),
]
"""What money is held by: the order's terms, and what may take their place before it ships."""


class PaymentWay(StrEnum):
    """Which payment provider an order's money is at. The worker knows who that is."""

    CARD = "card"
    TRANSFER = "transfer"


def held_at(terms: HoldTerms) -> PaymentWay | None:
    """Where money is held under these terms, so that it must be captured; None where nowhere."""
    match terms:
        case AuthorizeMethod() | ExistingIntent() | KeptMethod():
            return PaymentWay.CARD
        case Transfer():
            return PaymentWay.TRANSFER
        case Prepaid() | NothingDue():
            return None


class Payer(Model):
    """Who pays. Where ``waits`` is set, a bank that wants them to confirm is waited for, and sends
    them back to ``back_to`` (an address, or nothing where the shop's checkout asks them)."""

    customer: Customer
    waits: bool = False
    back_to: OptionalText = ""


class Authorization(Model):
    """Money held for an order. It lapses at ``capture_before``: the provider's word, not ours.

    With ``multicapture`` it can be taken in parts; else a capture lets go of what it leaves.
    """

    reference: Code
    money: Money
    capture_before: datetime | None = None
    assessment: Assessment = Assessment()
    multicapture: Annotated[bool, unsaid(usual=False)] = False


class InDoubt(Model):
    """An authorization that was asked for, and whose outcome nobody has heard.

    ``key`` is the idempotency key that it was asked for under. ``settled`` says that the last
    try is so long ago that it is not under way any more; one that was held up may still be sent.
    """

    key: str
    money: Money
    settled: bool = False


class DeclineKind(StrEnum):
    """Why an authorization was not given. HARD and MISMATCH end the order's payment."""

    HARD = "hard"
    CARD = "card_declined"
    FUNDS = "insufficient_funds"
    AUTHENTICATION = "authentication_required"
    EXPIRED = "expired"
    MISMATCH = "mismatch"


_ANOTHER_METHOD = frozenset(
    {DeclineKind.CARD, DeclineKind.FUNDS, DeclineKind.AUTHENTICATION, DeclineKind.EXPIRED}
)


class Decline(Model):
    """An ordinary outcome: no money is held. ``message`` can be shown to the customer."""

    kind: DeclineKind
    code: OptionalText = ""
    message: OptionalText = ""

    @property
    def another_method_may_do(self) -> bool:
        """Whether the customer can still pay, with another card or by confirming this one."""
        return self.kind in _ANOTHER_METHOD


class TransferAsked(Model):
    """What a customer is to transfer: ``money`` in all, to this account (an IBAN) and its holder.
    ``received`` is what has come of it by now."""

    holder: Text
    account: Code
    money: Money
    received: Money

    @property
    def missing(self) -> Money:
        """What has not come yet."""
        return self.money - self.received


class ConfirmationNeeded(Model):
    """An ordinary outcome: the customer has something to do before there is money.

    Their bank wants them (3-D Secure): ``url`` is its page for that; without one the shop's
    checkout asks, by ``reference``. Or they are to ``transfer`` it, under that reference.
    """

    reference: Code
    url: LongText = ""
    transfer: Annotated[TransferAsked | None, unsaid(None)] = None


class Captured(Model):
    """What the provider says it took: at most what was authorized. ``released`` is what it let go
    of at the same time; None where nothing was left."""

    reference: str
    money: Money
    released: Money | None = None


class NotCaptured(Model):
    """An ordinary outcome: no money was taken, and asking again would not help."""

    reason: OptionalText


class RefundStatus(StrEnum):
    """How far a refund is. PENDING may take days, and one that SUCCEEDED may come back FAILED.

    ASKED has no answer yet. BY_HAND was given back past the provider, says a person.
    """

    ASKED = "asked"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    BY_HAND = "by_hand"

    @property
    def accepted(self) -> bool:
        """Whether the provider gives the money back, as far as it knows by now."""
        return self in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


class Refunded(Model):
    """What the provider says of money that it gives back, or (FAILED) does not, and why."""

    reference: str
    money: Money
    status: Annotated[RefundStatus, unsaid(RefundStatus.SUCCEEDED)] = RefundStatus.SUCCEEDED
    reason: Annotated[OptionalText, unsaid("")] = ""


class PaymentEventKind(StrEnum):
    """What can happen to money; every sum is derived from these."""

    AUTHORIZATION = "authorization"
    DECLINE = "decline"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    PREPAID = "prepaid"


class PaymentEvent(Model):
    """One entry of an order's money log, unique by its business key."""

    key: str
    kind: PaymentEventKind
    money: Money
    provider: str
    reference: str
    shipment: str | None = None
    at: datetime
    capture_before: datetime | None = None


_PAID = (PaymentEventKind.CAPTURE, PaymentEventKind.PREPAID, PaymentEventKind.REFUND_FAILED)


def settled(events: tuple[PaymentEvent, ...], currency: str) -> Money:
    """What the customer has paid and still has paid: captures and prepayments less refunds, but
    for those that came back."""
    total = Money.zero(currency)
    for event in events:
        if event.kind in _PAID:
            total = total + event.money
        elif event.kind is PaymentEventKind.REFUND:
            total = total - event.money
    return total


def renewal(held_at: datetime, lapses: datetime, before: timedelta) -> datetime:
    """When an authorization is made anew: in good time, and not in the first half of its life.

    One that lapses sooner than ``before`` would be made anew all the time.
    """
    return max(lapses - before, held_at + (lapses - held_at) / 2)
