"""Which parts of an order's memory the records have, and the messages among them brought back."""

from collections.abc import Mapping
from dataclasses import dataclass

from activities.mail import SendMail
from backoffice.books import Books
from backoffice.courier_news import SIGNAL as COURIER_EVENT
from backoffice.courier_news import take_courier_event
from backoffice.inbox import source_of
from backoffice.restores import Progress
from domain.ids import idempotency_key
from domain.journal import FactOutcome, Journal
from domain.mail import MailKind
from domain.tracking import CourierEvent
from domain.warehouse import HandedOver, Packed, Picked, RecallResult
from workers.fitting import Report, misfits
from workers.memory import Call, Heard, Memory

MESSAGES: Mapping[str, type[Report | CourierEvent]] = {
    "picked": Picked,
    "packed": Packed,
    "handed_over": HandedOver,
    "recall_result": RecallResult,
    COURIER_EVENT: CourierEvent,
}
"""What an order is told, by signal."""

HINTS = frozenset(("goods_news", "payment_news"))
"""Signals that say nothing: the order looks itself, and nothing is missing where they are."""


@dataclass(frozen=True)
class BroughtBack:
    """How many messages from the warehouse were missing on record, and those of what an order was
    told that it has not taken, in words."""

    count: int
    misfits: tuple[str, ...]


def put_messages_on_record(books: Books, memory: Memory) -> BroughtBack:
    """What the order was told is known to the records as well: the API judges the warehouse's next
    report by the last one. So what the order has refused stays off the record.

    A message that somebody sent straight to the workflow, without an id, never was on record, and
    one that is malformed must not be: what is on record is read again with every later report.
    """
    count = 0
    refused: list[str] = []
    for one in memory.heard:
        if one.signal in HINTS:
            continue
        match _read(one):
            case CourierEvent() as event:
                take_courier_event(books, event)
            case None:
                refused.append(f"{one.signal} (it cannot be read)")
            case report if report.id:
                state = books.handoffs.shipment_state(report.shipment, memory.given.shop)
                problems = misfits(memory, one, report, state)
                if problems:
                    refused.append(f"{one.signal} {report.id} ({'; '.join(problems)[:250]})")
                else:
                    count += _bring_back(books, memory, one, report)
            case _:
                continue
    return BroughtBack(count, tuple(dict.fromkeys(refused)))


def _bring_back(books: Books, memory: Memory, heard: Heard, report: Report) -> bool:
    return books.inbox.bring_back(
        source_of(memory.given.shop, report.warehouse),
        report.id,
        heard.signal,
        memory.given.order_id,
        report.model_dump(mode="json"),
    )


def _read(heard: Heard) -> Report | CourierEvent | None:
    """None for nonsense, which the order has refused as well."""
    kind = MESSAGES.get(heard.signal)
    try:
        return None if kind is None else kind.read(heard.payload)
    except ValueError:
        return None


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
    promises = {one.number for one in journal.promises}
    told = numbers <= before.numbers and promises <= before.promises
    return told and facts <= before.done and cases <= before.cases
