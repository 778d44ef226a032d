"""Activities done again on the books alone: the vendors answer what they answered then.

Nothing here reaches a vendor, but for label files, which are only read. The same activity code
writes the same entries under the same keys, so that what is on record already stays as it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from temporalio.testing import ActivityEnvironment

from activities.documents import LabelFiles, Papers, Printer, TakenBack
from activities.operations import operation_of
from backoffice.books import Books
from backoffice.paperwork import PaperworkBook
from backoffice.replacement_orders import ReplacementBook
from domain.record import Commit, Committed, OrderOnRecord
from domain.replacement import PlacedReplacement
from providers.bank_calls import BANK
from workers.activities import Activity, Outside, Patience, put_together
from workers.memory import Call
from workers.payment_ways import PaymentWays
from workers.remembered_stock import (
    RememberedLine,
    RememberedMoves,
    RememberedOffers,
    RememberedStock,
)
from workers.remembered_vendors import (
    RememberedCourier,
    RememberedEngine,
    RememberedMail,
    RememberedMoney,
    RememberedWarehouse,
)
from workers.warehouses import Directory

NO_DOUBT = Patience(in_doubt_for=timedelta(0), mail_ambiguity=timedelta(0))
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

    def operation(self, call: Call) -> str | None:
        """What a call carried out; None where it only wrote the journal."""
        return operation_of(self._activity(call, call.began), call.request)

    def _activity(self, call: Call, at: datetime) -> Activity:
        books = replace(
            self.books,
            stock=RememberedStock(self.books.database, at, call.answer),
            moves=RememberedMoves(self.books.database, at, call.answer),
            backorders=RememberedLine(self.books.database, at, call.answer),
            replacements=ReplacementBook(self.books.database, then=_placed(call.answer)),
            substitutions=RememberedOffers(self.books.database, at, call.answer),
        )
        outside = Outside(
            payment=PaymentWays(
                RememberedMoney(books, call, self.provider), RememberedMoney(books, call, BANK)
            ),
            warehouses=RememberedWarehouse(call),
            courier=RememberedCourier(call),
            files=self.files,
            mail=RememberedMail(call),
            printer=self.printer,
            engine=RememberedEngine(call),
            sites=Directory(books.warehouses),
        )
        paperwork = PaperworkBook(books.database, lambda: at, _numbers(call.answer))
        known = put_together(outside, books, _Records(books, at), paperwork, NO_DOUBT)
        return known[call.activity]


def _placed(answer: object) -> PlacedReplacement | None:
    return answer if isinstance(answer, PlacedReplacement) else None


def _numbers(answer: object) -> tuple[str, ...]:
    """The numbers that papers had; an older build's answers do not say them."""
    match answer:
        case Papers(invoice=number) if number:
            return (number,)
        case TakenBack(credit_notes=numbers):
            return numbers
        case _:
            return ()
