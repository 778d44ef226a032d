"""One commit, one transaction: everything that an activity has to put on record."""

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from backoffice.addresses import write_address
from backoffice.amendments import write_amendment
from backoffice.case_entries import write_cases
from backoffice.complaints import write_complaints
from backoffice.journal import (
    Subject,
    advance,
    lock_order,
    write_facts,
    write_transitions,
)
from backoffice.ledger import post
from backoffice.promises import write_promises
from backoffice.refunds import write_refunds, write_standings
from backoffice.replacements import write_replaced
from backoffice.shipments import (
    amend_handoff,
    void_labels,
    withdraw_earlier,
    withdraw_jobs,
    write_handoff,
    write_labels,
)
from backoffice.tables.base import table
from backoffice.tables.papers import DocumentRow, PrintJobRow, PrintState
from backoffice.tables.payments import PaymentEventRow
from domain.documents import DocumentKind
from domain.payment import PaymentEvent
from domain.record import Commit, Committed, Document

_NEW_PAYMENTS = insert(table(PaymentEventRow)).on_conflict_do_nothing()
_NEW_DOCUMENTS = insert(table(DocumentRow)).on_conflict_do_nothing()
_NEW_JOBS = insert(table(PrintJobRow)).on_conflict_do_nothing()


def write(connection: Connection, commit: Commit) -> Committed:
    """Write all of a commit; what is on record already stays as it is.

    Parts that are empty cost nothing: a status with its fact is four statements, a fact is one.

    Raises:
        NotOnRecord: there is no such order.
        UnknownSku: a stock entry is about a SKU that the shop's catalogue lacks.
    """
    journal = commit.journal
    answer = Committed()
    if journal.promises:
        write_promises(connection, commit.order, journal.promises)
    if _is_more_than_facts(commit):
        if journal.transitions:
            subject = advance(connection, commit.order, journal.transitions)
        else:
            subject = lock_order(connection, commit.order)
        answer = _write_effects(connection, subject, commit)
        if journal.transitions:
            if commit.labels or commit.voided:
                subject = lock_order(connection, commit.order)
            write_transitions(connection, subject, journal.transitions)
        write_refunds(connection, commit.order, journal.refunds)
        write_standings(connection, commit.refunds)
        write_complaints(connection, commit.order, journal.complaints, journal.said)
        write_cases(connection, subject.shop, journal.cases, journal.answers)
    if journal.facts:
        write_facts(connection, commit.order, journal.facts)
    return answer


def _is_more_than_facts(commit: Commit) -> bool:
    journal = commit.journal
    decided = journal.transitions or journal.cases or journal.answers or journal.refunds
    complained = journal.complaints or journal.said
    goods = commit.handoff or commit.labels or commit.voided or commit.stock
    changed = commit.address or commit.amendment or commit.replaced
    money = commit.payments or commit.refunds
    return bool(decided or complained or goods or money or commit.documents or changed)


def _write_effects(connection: Connection, subject: Subject, commit: Commit) -> Committed:
    if commit.payments:
        connection.execute(
            _NEW_PAYMENTS, [_payment(commit.order, event) for event in commit.payments]
        )
    if commit.handoff is not None:
        write_handoff(connection, subject.shop, commit.handoff)
    labels = write_labels(connection, subject.shop, commit.order, commit.labels)
    void_labels(connection, commit.order, commit.voided)
    restock = post(connection, subject.shop, commit.stock)
    if commit.address is not None:
        write_address(connection, subject.shop, commit.order, commit.address)
    if commit.amendment is not None:
        write_amendment(connection, subject.shop, commit.order, commit.amendment)
    if commit.amended_handoff is not None:
        amend_handoff(connection, subject.shop, commit.amended_handoff)
    if commit.replaced is not None:
        write_replaced(connection, subject.shop, commit.replaced, commit.substitutes)
    _write_documents(connection, subject, commit.documents)
    return Committed(labels=labels, restock=restock)


def _write_documents(
    connection: Connection, subject: Subject, documents: Sequence[Document]
) -> None:
    """Store documents, and queue for printing what stations print.

    A voided label's is withdrawn at once.
    """
    if not documents:
        return
    connection.execute(
        _NEW_DOCUMENTS,
        [
            {
                "key": one.key,
                "order_id": subject.order,
                "shipment": one.shipment,
                "kind": one.kind.value,
                "format": one.format.value,
                "content": one.content,
                "number": one.number,
                "label": one.label,
            }
            for one in documents
        ],
    )
    jobs = [
        {
            "document": one.key,
            "shop": subject.shop,
            "state": PrintState.WAITING.value,
            "attempts": 0,
            "reason": "",
        }
        for one in documents
        if one.kind.printed_at_a_station
    ]
    if jobs:
        connection.execute(_NEW_JOBS, jobs)
    for one in documents:
        if one.kind is DocumentKind.PACKING_SLIP:
            withdraw_earlier(connection, one)
    if any(one.label for one in documents):
        withdraw_jobs(connection, subject.order)


def _payment(order: str, event: PaymentEvent) -> dict[str, object]:
    return {
        "key": event.key,
        "order_id": order,
        "kind": event.kind.value,
        "amount": event.money.amount,
        "currency": event.money.currency,
        "provider": event.provider,
        "reference": event.reference,
        "shipment": event.shipment,
        "at": event.at,
        "capture_before": event.capture_before,
    }
