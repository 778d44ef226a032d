"""Activities done again on the books alone: the vendors answer what they answered then.

Nothing here reaches a vendor, but for label files, which are only read. The same activity code
writes the same entries under the same keys, so that what is on record already stays as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.documents import DocumentActivities, LabelFiles, Papers, Printer, TakenBack
from activities.mail import MailActivities
from activities.payment import (
    PaymentActivities,
)
from activities.records import RecordActivities
from activities.shipping import ShippingActivities
from activities.stock import StockActivities
from activities.warehouse import WarehouseActivities
from backoffice.books import Books
from backoffice.paperwork import PaperworkBook
from domain.record import Commit, Committed, OrderOnRecord
from workers.memory import Call
from workers.remembered_vendors import (
    RememberedCourier,
    RememberedMail,
    RememberedMoney,
    RememberedWarehouse,
)

NO_DOUBT = timedelta(0)
"""Nothing is under way any more of what was answered."""


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
        if call.failed or call.answered is None:
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
        payment = PaymentActivities(
            RememberedMoney(books, call, self.provider), books.claims, records, NO_DOUBT
        )
        stock = StockActivities(books.stock, records)
        warehouse = WarehouseActivities(RememberedWarehouse(call), books.catalogue, records)
        shipping = ShippingActivities(
            RememberedCourier(call), books.handoffs, books.labels, records, NO_DOUBT
        )
        paperwork = PaperworkBook(books.database, lambda: at, _numbers(call.answer))
        documents = DocumentActivities(self.files, self.printer, paperwork, records)
        return {
            "authorize_payment": payment.authorize,
            "capture_payment": payment.capture,
            "void_payment": payment.void,
            "refund_payment": payment.refund,
            "reserve_stock": stock.reserve,
            "release_stock": stock.release,
            "put_away_stock": documents.put_away,
            "hand_off": warehouse.hand_off,
            "cancel_at_warehouse": warehouse.cancel,
            "release_parcels": warehouse.release,
            "recall_parcels": warehouse.recall,
            "ask_quotes": shipping.quote,
            "buy_labels": shipping.buy,
            "void_labels": shipping.void,
            "void_known_labels": shipping.void_known,
            "send_mail": MailActivities(
                RememberedMail(call), books.mails, records, timedelta(0)
            ).send,
            "prepare_papers": documents.prepare,
            "record": RecordActivities(records).record,
        }[call.activity]


def _numbers(answer: object) -> tuple[str, ...]:
    """The numbers that papers had; an older build's answers do not say them."""
    match answer:
        case Papers(invoice=number) if number:
            return (number,)
        case TakenBack(credit_notes=numbers):
            return numbers
        case _:
            return ()
