"""Money and labels as a provider lists them, judged by what is on record.

Source: the rule that nothing stays at a provider that no order owns. What a review may do by
itself is in docs/decisions: let go of money, and of labels, that certainly nobody wants.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.cases import CaseKind
from domain.model import Model
from domain.money import Money
from domain.status import OrderStatus

UNSHIPPED_ENDS = (OrderStatus.DECLINED, OrderStatus.OUT_OF_STOCK, OrderStatus.CANCELLED)

LOOKED_FOR = timedelta(hours=1)
"""So long an order itself looks for a label whose purchase it has not heard of."""


class MoneySeen(Model):
    """A payment at the provider that bears an order's mark."""

    reference: str
    order: str
    created_at: datetime
    held: Money
    captured: Money
    refunded: Money


@dataclass(frozen=True)
class MoneyOnRecord:
    """What the records say: the order (None: unknown), sums of this payment, and another one that
    holds money for the same order. ``by_hand`` is what people gave back, perhaps there."""

    status: OrderStatus | None = None
    captured: int = 0
    refunded: int = 0
    by_hand: int = 0
    owned: bool = False
    other: str | None = None


class LabelSeen(Model):
    """A live label at the provider that bears a label id of ours."""

    transaction: str
    order: str
    label: str
    tracking_number: str
    created_at: datetime

    @property
    def parcel(self) -> str:
        """The parcel that it was bought for."""
        return self.label.rpartition("-l")[0]


@dataclass(frozen=True)
class LabelOnRecord:
    """What the records say: the order (None: unknown), whether this very label is live or void
    there, and the tracking number of another live one for its parcel."""

    status: OrderStatus | None = None
    live: bool = False
    voided: bool = False
    other: str | None = None


@dataclass(frozen=True)
class Suspicion:
    """What does not fit. ``surplus`` is what certainly nobody wants: the review lets go of it."""

    kind: CaseKind
    subject: str
    reason: str
    surplus: bool = False


def suspect_money(seen: MoneySeen, known: MoneyOnRecord) -> Suspicion | None:
    """What is wrong with a payment, if anything."""
    name = seen.reference
    if known.status is None:
        if not (seen.held.amount or seen.captured.amount > seen.refunded.amount):
            return None
        what = f"{seen.held} held" if seen.held.amount else f"{seen.captured} captured"
        return Suspicion(
            CaseKind.STRAY_MONEY,
            name,
            f"{name} has {what} for an order that is not on record. Look whether it was lost in a "
            "restore; else give the money back at the provider",
        )
    if seen.held.amount:
        return _held(seen, known)
    given = seen.refunded.amount - known.refunded
    if seen.captured.amount == known.captured and given in (0, known.by_hand):
        return None
    return Suspicion(
        CaseKind.MONEY_DIFFERS,
        f"{name}:{seen.captured.amount}:{seen.refunded.amount}",
        f"{name}: the provider has captured {seen.captured} and given back {seen.refunded}; on "
        f"record it is {known.captured} and {known.refunded} in the currency's smallest unit",
    )


def _held(seen: MoneySeen, known: MoneyOnRecord) -> Suspicion | None:
    held = f"{seen.reference} holds {seen.held}"
    if known.status is not None and known.status in UNSHIPPED_ENDS:
        words = f"{held}, although the order has ended as {known.status.value} without shipping"
        return Suspicion(CaseKind.STRAY_MONEY, seen.reference, words, surplus=True)
    if known.other is not None and not known.owned:
        words = f"{held} for an order whose money is in {known.other}: let go of one of them"
        return Suspicion(CaseKind.STRAY_MONEY, seen.reference, words)
    if known.status is OrderStatus.COMPLETED:
        words = f"{held}, although the order has ended: capture it if it is due, else void it"
        return Suspicion(CaseKind.STRAY_MONEY, seen.reference, words)
    return None


def suspect_label(seen: LabelSeen, known: LabelOnRecord, now: datetime) -> Suspicion | None:
    """What is wrong with a live label, if anything."""
    what = f"label {seen.tracking_number} ({seen.transaction}) is live"
    if known.status is None:
        words = f"{what} for an order that is not on record"
        return Suspicion(CaseKind.STRAY_LABEL, seen.transaction, words)
    reason = ""
    if known.status in UNSHIPPED_ENDS:
        reason = f"{what}, although the order has ended as {known.status.value}"
    elif known.voided:
        reason = f"{what}, although it is void on record"
    elif known.other is not None and not known.live:
        reason = f"{what}, although its parcel travels under {known.other}"
    if reason:
        return Suspicion(CaseKind.STRAY_LABEL, seen.transaction, reason, surplus=True)
    if known.live or now - seen.created_at < LOOKED_FOR:
        return None
    words = f"{what}, and the order does not know it: void it, or send the parcel under it"
    return Suspicion(CaseKind.STRAY_LABEL, seen.transaction, words)
