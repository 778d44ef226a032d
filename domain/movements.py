"""Money that moves at a provider: what came in, went back, was kept as a fee, and was paid out.

A movement is the provider's own entry and never changes; a sum over movements is the balance there.
Source: Stripe, "Balance transaction types", "Payout reconciliation"; a bank's statement of account.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from domain.model import Model
from domain.money import Money


class MovementKind(StrEnum):
    """What a movement is to the books.

    RECEIVED and SENT_BACK move money that is not captured (a bank's): it is here, and not earned.
    REFUND_RETURNED and PAYOUT_RETURNED have not arrived and are back. OTHER is the provider's own
    business with the account (a reserve, a top-up).
    """

    CAPTURE = "capture"
    REFUND = "refund"
    REFUND_RETURNED = "refund_returned"
    DISPUTE = "dispute"
    FEE = "fee"
    RECEIVED = "received"
    SENT_BACK = "sent_back"
    OTHER = "other"
    PAYOUT = "payout"
    PAYOUT_RETURNED = "payout_returned"

    @property
    def of_payouts(self) -> bool:
        """Whether it takes money from the provider to the seller's bank, or back."""
        return self in (MovementKind.PAYOUT, MovementKind.PAYOUT_RETURNED)


class Movement(Model):
    """One entry of a provider's account, by the provider's name for it.

    ``money`` is signed, before the ``fee`` that was kept of it, both in the account's currency.
    ``presented`` is what it was for the customer, in theirs. ``word`` is the provider's own for the
    kind, ``subject`` what it is about (a charge, refund, dispute, payout, or our operation),
    ``payment`` the payment behind it, ``mark`` the order that the provider was told.
    """

    provider: str
    id: str
    kind: MovementKind
    word: str
    at: datetime
    available_at: datetime | None = None
    money: Money
    fee: Money
    presented: Money
    subject: str = ""
    payment: str = ""
    mark: str = ""

    @model_validator(mode="after")
    def _one_account(self) -> Self:
        if self.fee.currency != self.money.currency:
            raise ValueError("a fee is in the currency of the account")
        return self

    @property
    def net(self) -> Money:
        """What it does to the balance."""
        return self.money - self.fee


class PayoutStatus(StrEnum):
    """How far a payout is. One that was PAID may still come back FAILED."""

    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    PAID = "paid"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def came_back(self) -> bool:
        """Whether its money is in the provider's balance again."""
        return self in (PayoutStatus.FAILED, PayoutStatus.CANCELED)


class Payout(Model):
    """Money on its way from the provider to the seller's bank.

    ``listed`` says that the provider can name its movements; of one that was asked for by hand
    (not ``automatic``) it never can.
    """

    provider: str
    id: str
    money: Money
    status: PayoutStatus
    created_at: datetime
    arrives_on: date
    automatic: bool
    listed: bool
    reason: str = ""


class ListPage(Model):
    """A page of a provider's list, newest first: between which of its names it lies, and whether
    there is ``more`` in the direction that was asked for. Without a ``newest`` it is empty."""

    newest: str = ""
    oldest: str = ""
    more: bool = False


class MovementPage(ListPage):
    """A page of movements."""

    movements: tuple[Movement, ...]


class PayoutPage(ListPage):
    """A page of payouts."""

    payouts: tuple[Payout, ...]
