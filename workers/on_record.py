"""Which parts of an order's memory the records have, and the messages among them brought back."""

from activities.mail import SendMail
from backoffice.books import Books
from backoffice.courier_news import SIGNAL as COURIER_EVENT
from backoffice.courier_news import take_courier_event
from backoffice.restores import Progress
from domain.ids import idempotency_key
from domain.journal import FactOutcome, Journal
from domain.mail import MailKind
from domain.tracking import CourierEvent
from workers.memory import Call, Memory

_WAREHOUSE = ("picked", "packed", "handed_over", "recall_result")


def put_messages_on_record(books: Books, memory: Memory) -> int:
    """What the order was told is known to the records as well: the API judges the warehouse's next
    report by the last one. How many of the warehouse's were missing.

    A message that somebody sent straight to the workflow, without an id, never was on record.
    """
    count = 0
    given = memory.given
    for one in memory.heard:
        name = one.payload.get("id")
        if one.signal in _WAREHOUSE and isinstance(name, str):
            source = f"warehouse/{given.shop}"
            order = given.order_id
            count += books.inbox.bring_back(source, name, one.signal, order, one.payload)
        elif one.signal == COURIER_EVENT:
            try:
                event = CourierEvent.read(one.payload)
            except ValueError:
                continue
            take_courier_event(books, event)
    return count


def is_on_record(call: Call, operation: str | None, before: Progress) -> bool:
    """Whether the records have a call's effect: its fact was written in the same transaction.

    ``operation`` is what it carried out; None where it only wrote the journal.
    """
    request = call.request
    if call.failed or operation is None:
        return _has_journal(request.journal, before)
    if isinstance(request, SendMail) and request.kind is MailKind.RESTOCK:
        return False  # one fact for all articles of an order
    subject = request.shipment or request.order_id
    return idempotency_key(subject, operation, request.sequence) in before.done


def _has_journal(journal: Journal, before: Progress) -> bool:
    numbers = {one.number for one in journal.transitions}
    facts = {one.key for one in journal.facts if one.outcome is not FactOutcome.FAILED}
    cases = {one.id for one in journal.cases} | {one.case for one in journal.answers}
    return numbers <= before.numbers and facts <= before.done and cases <= before.cases
