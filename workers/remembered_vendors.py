"""Vendors that answer what they answered then: from an order's memory, one call each.

Each keeps the Protocol of `activities`; nothing here reaches a vendor.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from activities.mail import MailSent
from activities.payment_requests import (
    CaptureResult,
    PaymentSecured,
    RefundPayment,
    Voided,
)
from activities.settling import Found
from activities.shipping import BoughtLabels, Quotes
from activities.warehouse import HandedOff, Replaced, Told
from backoffice.books import Books
from domain.address import Address, Seller
from domain.attempt import Attempt
from domain.failures import Refused
from domain.mail import MailKind
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    ConfirmationNeeded,
    Decline,
    ExistingIntent,
    InDoubt,
    NotCaptured,
    Payer,
    Refunded,
    Transfer,
)
from domain.record import OrderOnRecord
from domain.risk import Assessment
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote
from domain.warehouse import CustomsLine, Handoff, HandoffAnswer
from workers.memory import Call


@dataclass
class RememberedMoney:
    """The payment provider, from memory."""

    books: Books
    call: Call
    name: str

    def authorize(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        method: AuthorizeMethod | Transfer,
        payer: Payer,
        *,
        parts: bool = False,
    ) -> Authorization | Decline | ConfirmationNeeded:
        """What came of it."""
        return self._secured()

    def look(
        self, order_id: str, reference: str, money: Money
    ) -> Authorization | Decline | ConfirmationNeeded:
        """What came of it."""
        return self._secured()

    def assess(self, order_id: str, reference: str) -> Assessment:
        """What came of it."""
        found: Assessment = self.call.answer
        return found

    def renew(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        reference: str,
        *,
        parts: bool = False,
    ) -> Authorization | Decline:
        """What came of it."""
        outcome = self._secured()
        if isinstance(outcome, ConfirmationNeeded):
            raise ValueError("a method that was kept and waits for its customer")
        return outcome

    def verify(
        self, order_id: str, money: Money, intent: ExistingIntent
    ) -> Authorization | Decline:
        """What came of it."""
        outcome = self._secured()
        if isinstance(outcome, ConfirmationNeeded):
            raise ValueError("a checkout's authorization that waits for its customer")
        return outcome

    def _secured(self) -> Authorization | Decline | ConfirmationNeeded:
        secured: PaymentSecured = self.call.answer
        outcome = secured.decline or secured.authorization or secured.confirmation
        if outcome is None:
            raise ValueError("an authorization without an outcome")
        return outcome

    def capture(
        self,
        attempt: Attempt,
        reference: str,
        money: Money,
        *,
        final: bool = True,
        before: Money | None = None,
        rest: Money | None = None,
    ) -> Captured | NotCaptured:
        """What came of it."""
        result: CaptureResult = self.call.answer
        if result.captured is None:
            return NotCaptured(reason=result.reason)
        return Captured(reference=reference, money=result.captured, released=result.released)

    def void(
        self,
        attempt: Attempt,
        order_id: str,
        reference: str | None,
        in_doubt: InDoubt | None,
        taken: Money | None = None,
        held: Money | None = None,
    ) -> Authorization | None:
        """An older build's answer does not say it: then it is what the records have as held."""
        if isinstance(self.call.answer, Voided):
            return self.call.answer.let_go
        remains = self.books.remains.of(order_id)
        if remains.held is None or remains.reference is None:
            return None
        return Authorization(reference=reference or remains.reference, money=remains.held)

    def refund(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """What was given back; the provider's own name for it is not in the answer."""
        request = self.call.request
        known = request.reference if isinstance(request, RefundPayment) else reference
        return Refunded(reference=f"{known}:refund", money=self.call.answer)

    def give_back(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        """What came of it."""
        found: Refunded = self.call.answer
        return found

    def look_at_refund(self, refund: str) -> Refunded:
        """How it stood."""
        found: Refunded = self.call.answer
        return found


@dataclass(frozen=True)
class RememberedEngine:
    """The engine, from memory."""

    call: Call

    def runs(self, order_id: str) -> bool:
        """Whether the order was open then."""
        found: Found = self.call.answer
        return found.runs


@dataclass(frozen=True)
class RememberedCourier:
    """The courier, from memory."""

    call: Call
    look_seconds: float = 0
    call_seconds: float = 0

    def quotes(
        self,
        order_id: str,
        parcel: PlannedParcel,
        sender: Seller,
        to: Address,
        currency: str,
        customs: tuple[CustomsLine, ...],
    ) -> tuple[Quote, ...]:
        """The rates for this parcel."""
        answer: Quotes = self.call.answer
        return tuple(one for one in answer.quotes if one.parcel == parcel.id)

    def buy(
        self,
        attempt: Attempt,
        label: str,
        quote: Quote,
        form: LabelFormat,
        unwanted: Callable[[], bool],
    ) -> Label | LabelError:
        """The label, or why there was none."""
        answer: BoughtLabels = self.call.answer
        found = next((one for one in answer.labels if one.id == label), None)
        return found or LabelError(message=answer.error)

    def bought(self, label: str, quote: Quote, form: LabelFormat) -> tuple[Label, ...]:
        """Surplus labels were seen to then."""
        return ()

    def void(self, attempt: Attempt, transaction: str) -> bool:
        """It is void."""
        return True


@dataclass(frozen=True)
class RememberedWarehouse:
    """The warehouse, from memory, whichever it was."""

    call: Call

    def at(self, shop: str, code: str) -> "RememberedWarehouse":
        """The one that was asked."""
        return self

    def hand_off(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        """What it answered."""
        answer: HandedOff = self.call.answer
        return answer.answer

    def amend(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        """What it answered."""
        answer: HandedOff = self.call.answer
        return answer.answer

    def readdress(self, attempt: Attempt, shipment: str, ship_to: Address) -> bool:
        """Whether it could."""
        return cast("Told", self.call.answer).done

    def replace(self, attempt: Attempt, handoff: Handoff) -> bool:
        """Whether it did."""
        return cast("Replaced", self.call.answer).done

    def cancel(
        self, attempt: Attempt, shipment: str, reason: str, *, unless_picked: bool = False
    ) -> bool:
        """Whether it could."""
        return cast("Told", self.call.answer).done

    def release(self, attempt: Attempt, shipment: str, labels: tuple[Label, ...]) -> bool:
        """Whether it could."""
        return cast("Told", self.call.answer).done

    def recall(self, attempt: Attempt, shipment: str, reason: str) -> None:
        """It was asked."""
        return


@dataclass(frozen=True)
class RememberedMail:
    """The mail provider, from memory."""

    call: Call

    def send(
        self, key: str, kind: MailKind, on_record: OrderOnRecord, facts: dict[str, str]
    ) -> str:
        """It was accepted. Raises Refused where it was not."""
        answer: MailSent = self.call.answer
        if not answer.sent:
            raise Refused("mail", answer.reason)
        return "from memory"
