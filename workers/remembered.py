"""Activities done again on the books alone: the vendors answer what they answered then.

Nothing here reaches a vendor, but for label files, which are only read. The same activity code
writes the same entries under the same keys, so that what is on record already stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio.testing import ActivityEnvironment

from activities.documents import DocumentActivities, LabelFiles, Papers, Printer
from activities.mail import MailActivities, MailSent
from activities.payment import (
    CaptureResult,
    PaymentActivities,
    PaymentSecured,
    RefundPayment,
    Voided,
)
from activities.records import RecordActivities
from activities.shipping import BoughtLabels, Quotes, ShippingActivities
from activities.stock import StockActivities
from activities.warehouse import HandedOff, Told, WarehouseActivities
from backoffice.books import Books
from backoffice.paperwork import PaperworkBook
from domain.address import Address, Customer, Seller
from domain.attempt import Attempt
from domain.failures import Refused
from domain.mail import MailKind
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    Captured,
    Decline,
    ExistingIntent,
    NotCaptured,
    Refunded,
)
from domain.record import Commit, Committed, OrderOnRecord
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote
from domain.warehouse import CustomsLine, Handoff, HandoffAnswer
from workers.memory import Call


@dataclass
class _Money:
    """The payment provider, from memory."""

    books: Books
    call: Call
    name: str

    def authorize(
        self,
        attempt: Attempt,
        order_id: str,
        money: Money,
        method: AuthorizeMethod,
        customer: Customer,
    ) -> Authorization | Decline:
        return self._secured()

    def verify(
        self, order_id: str, money: Money, intent: ExistingIntent
    ) -> Authorization | Decline:
        return self._secured()

    def _secured(self) -> Authorization | Decline:
        secured: PaymentSecured = self.call.answer
        outcome = secured.decline or secured.authorization
        if outcome is None:
            raise ValueError("an authorization without an outcome")
        return outcome

    def capture(self, attempt: Attempt, reference: str, money: Money) -> Captured | NotCaptured:
        result: CaptureResult = self.call.answer
        if result.captured is None:
            return NotCaptured(reason=result.reason)
        return Captured(reference=reference, money=result.captured)

    def void(self, attempt: Attempt, order_id: str, reference: str | None) -> Authorization | None:
        """An older build's answer does not say it: then it is what the records have as held."""
        if isinstance(self.call.answer, Voided):
            return self.call.answer.let_go
        remains = self.books.remains.of(order_id)
        if remains.held is None or remains.reference is None:
            return None
        return Authorization(reference=reference or remains.reference, money=remains.held)

    def refund(self, attempt: Attempt, reference: str, money: Money) -> Refunded:
        request = self.call.request
        known = request.reference if isinstance(request, RefundPayment) else reference
        return Refunded(reference=f"{known}:refund", money=self.call.answer)


@dataclass(frozen=True)
class _Courier:
    """The courier, from memory."""

    call: Call

    def quotes(
        self,
        order_id: str,
        parcel: PlannedParcel,
        sender: Seller,
        to: Address,
        currency: str,
        customs: tuple[CustomsLine, ...],
    ) -> tuple[Quote, ...]:
        answer: Quotes = self.call.answer
        return tuple(one for one in answer.quotes if one.parcel == parcel.id)

    def buy(
        self, attempt: Attempt, label: str, quote: Quote, form: LabelFormat
    ) -> Label | LabelError:
        answer: BoughtLabels = self.call.answer
        found = next((one for one in answer.labels if one.id == label), None)
        return found or LabelError(message=answer.error)

    def bought(self, label: str, quote: Quote, form: LabelFormat) -> tuple[Label, ...]:
        return ()

    def void(self, attempt: Attempt, transaction: str) -> bool:
        return True


@dataclass(frozen=True)
class _Warehouse:
    """The warehouse, from memory."""

    call: Call

    def hand_off(self, attempt: Attempt, handoff: Handoff) -> HandoffAnswer:
        answer: HandedOff = self.call.answer
        return answer.answer

    def cancel(self, attempt: Attempt, shipment: str, reason: str) -> bool:
        return cast("Told", self.call.answer).done

    def release(self, attempt: Attempt, shipment: str, labels: tuple[Label, ...]) -> bool:
        return cast("Told", self.call.answer).done

    def recall(self, attempt: Attempt, shipment: str, reason: str) -> None:
        return None


@dataclass(frozen=True)
class _Mail:
    """The mail provider, from memory."""

    call: Call

    def send(
        self, key: str, kind: MailKind, on_record: OrderOnRecord, facts: dict[str, str]
    ) -> str:
        answer: MailSent = self.call.answer
        if not answer.sent:
            raise Refused("mail", answer.reason)
        return "from memory"


@dataclass(frozen=True)
class _Records:
    """The records, with entries dated when they were made."""

    books: Books
    at: datetime

    def commit(self, commit: Commit) -> Committed:
        return self.books.records.commit(self.dated(commit))

    def order(self, order_id: str) -> OrderOnRecord:
        return self.books.records.order(order_id)

    def dated(self, commit: Commit) -> Commit:
        """Whatever is dated after the answer was made just now, and belongs to it."""
        facts = tuple(
            one if one.ended_at <= self.at else one.model_copy(update={"ended_at": self.at})
            for one in commit.journal.facts
        )
        payments = tuple(one.model_copy(update={"at": self.at}) for one in commit.payments)
        journal = commit.journal.model_copy(update={"facts": facts})
        return replace(commit, journal=journal, payments=payments)


@dataclass(frozen=True)
class Reenactment:
    """Does calls again on the books."""

    books: Books
    files: LabelFiles
    printer: Printer
    provider: str

    def do(self, call: Call) -> None:
        """Put on record what an answered call put there; again changes nothing.

        Raises:
            ValueError, NotOnRecord, UnknownSku, NotReserved: the books lack what it stands on.
        """
        if call.answered is None:
            return
        if call.failed:
            request = call.request
            self.books.records.commit(Commit(order=request.order_id, journal=request.journal))
            return
        environment = ActivityEnvironment()
        environment.info = replace(
            ActivityEnvironment.default_info(),
            attempt=call.attempt,
            scheduled_time=call.began,
            current_attempt_scheduled_time=call.began,
        )
        environment.run(self._activity(call, call.answered), call.request)

    def _activity(self, call: Call, at: datetime) -> Callable[[Any], Any]:
        books, records = self.books, _Records(self.books, at)
        payment = PaymentActivities(_Money(books, call, self.provider), books.claims, records)
        stock = StockActivities(books.stock, records)
        warehouse = WarehouseActivities(_Warehouse(call), books.catalogue, records)
        shipping = ShippingActivities(_Courier(call), books.handoffs, records)
        number = call.answer.invoice if isinstance(call.answer, Papers) else ""
        paperwork = PaperworkBook(books.database, lambda: at, number)
        documents = DocumentActivities(self.files, self.printer, paperwork, records)
        return {
            "authorize_payment": payment.authorize,
            "capture_payment": payment.capture,
            "void_payment": payment.void,
            "refund_payment": payment.refund,
            "reserve_stock": stock.reserve,
            "release_stock": stock.release,
            "put_away_stock": stock.put_away,
            "hand_off": warehouse.hand_off,
            "cancel_at_warehouse": warehouse.cancel,
            "release_parcels": warehouse.release,
            "recall_parcels": warehouse.recall,
            "ask_quotes": shipping.quote,
            "buy_labels": shipping.buy,
            "void_labels": shipping.void,
            "void_known_labels": shipping.void_known,
            "send_mail": MailActivities(_Mail(call), books.mails, records, timedelta(0)).send,
            "prepare_papers": documents.prepare,
            "record": RecordActivities(records).record,
        }[call.activity]
