"""Shippo's words for labels, refunds and rates, and the domain's."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum

from shippo.models.components import (
    LabelFileTypeEnum,
    Rate,
    RefundStatus,
    ResponseMessage,
    Transaction,
    TransactionStatusEnum,
)

from domain.money import Money, exponent
from domain.shipping import Label, LabelFormat, Quote


class Fate(Enum):
    """How it stands with a label."""

    LIVE = "live"
    BEING_MADE = "being made"
    NEVER_MADE = "never made"
    VOID = "void"
    NOT_VOIDABLE = "live, and not refunded"


_S = TransactionStatusEnum
FATES: Mapping[TransactionStatusEnum, Fate] = {
    _S.SUCCESS: Fate.LIVE,
    _S.QUEUED: Fate.BEING_MADE,
    _S.WAITING: Fate.BEING_MADE,
    _S.ERROR: Fate.NEVER_MADE,
    _S.REFUNDPENDING: Fate.VOID,
    _S.REFUNDED: Fate.VOID,
    _S.REFUNDREJECTED: Fate.NOT_VOIDABLE,
}

REFUNDS: Mapping[RefundStatus, bool] = {
    RefundStatus.QUEUED: True,
    RefundStatus.PENDING: True,
    RefundStatus.SUCCESS: True,
    RefundStatus.ERROR: False,
}
"""Whether the carrier gives, or is about to give, the money back."""

FORMATS: Mapping[LabelFormat, LabelFileTypeEnum] = {
    LabelFormat.PDF: LabelFileTypeEnum.PDF,
    LabelFormat.PDF_4X6: LabelFileTypeEnum.PDF_4X6,
    LabelFormat.ZPL: LabelFileTypeEnum.ZPLII,
    LabelFormat.PNG: LabelFileTypeEnum.PNG,
}

_TEXT_LENGTH = 250


def fate(transaction: Transaction) -> Fate:
    """How it stands with the label of a transaction; one without an address is being made."""
    status = transaction.status
    if status is None:
        return Fate.BEING_MADE
    known = FATES[status]
    if known is Fate.LIVE and not transaction.label_url:
        return Fate.BEING_MADE
    return known


def label_of(label: str, quote: Quote, form: LabelFormat, transaction: Transaction) -> Label:
    """A transaction's label; its price and service are those of the quote it was bought for."""
    parcel, _, version = label.rpartition("-l")
    return Label(
        id=label,
        parcel=parcel,
        version=int(version),
        carrier=quote.carrier,
        service=quote.service,
        tracking_number=transaction.tracking_number or "",
        transaction=transaction.object_id or "",
        cost=quote.cost,
        format=form,
        url=transaction.label_url or "",
        customs_url=transaction.commercial_invoice_url or "",
    )


def quote_of(parcel: str, rate: Rate) -> Quote | None:
    """A rate as a quote; None for one that cannot be named or whose price is no money."""
    service = rate.servicelevel
    cost = _money(rate.amount, rate.currency)
    if cost is None or not service.token:
        return None
    return Quote(
        parcel=parcel,
        rate=rate.object_id,
        carrier=rate.provider[:_TEXT_LENGTH],
        service=service.token[:_TEXT_LENGTH],
        name=(service.name or "")[:_TEXT_LENGTH],
        cost=cost,
        transit_days=rate.estimated_days,
    )


def _money(amount: str, currency: str) -> Money | None:
    """A decimal string as minor units, exactly: "5.49" EUR is 549; a fraction of a cent is none."""
    try:
        minor = Decimal(amount).scaleb(exponent(currency))
        whole = int(minor)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return Money(amount=whole, currency=currency) if whole == minor and whole >= 0 else None


def decimal_text(money: Money) -> str:
    """Money as Shippo writes it: 549 EUR is "5.49", 549 JPY is "549"."""
    return f"{Decimal(money.amount).scaleb(-exponent(money.currency)):f}"


def words_of(messages: Iterable[ResponseMessage] | None) -> str:
    """What carriers said, in one line."""
    texts = [f"{one.source}: {one.text}" if one.source else one.text for one in messages or ()]
    return "; ".join(text for text in texts if text)[:1000]
