"""Forgetting the person behind an order: on request, or when the order is old enough.

What is kept is what was bought, what it cost, what happened to the money and when; and invoices
with their credit notes, which the law makes a seller keep. Everything that says who it was is
overwritten or deleted in one transaction, together with the key of the order's encrypted history.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    Text,
    cast,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)

from backoffice.amendments import amendments_of
from backoffice.data_keys import destroy
from backoffice.database import Database
from backoffice.dispute_pages import is_disputed, open_disputes
from backoffice.refusals import NotOnRecord
from backoffice.replacement_orders import replacements_of
from backoffice.tables.base import table
from backoffice.tables.cases import CaseAnswerRow, CaseRow
from backoffice.tables.complaints import ComplaintRow, ComplaintWordRow
from backoffice.tables.disputes import DisputeEventRow, DisputeRow
from backoffice.tables.messages import CallbackRow, InboxRow, InboxState, MailRow
from backoffice.tables.orders import (
    AddressChangeRow,
    AmendmentRow,
    OrderRow,
    StepFactRow,
    TermRow,
    TransitionRow,
)
from backoffice.tables.papers import DocumentRow, InvoiceRow, PrintJobRow
from backoffice.tables.refunds import RefundPartRow, RefundRow
from backoffice.tables.shipping import CourierEventRow, HandoffRow, LabelRow
from backoffice.tables.stock import StockEntryRow
from backoffice.terms import TermKind
from domain.documents import DocumentKind
from domain.erasure import (
    ERASED,
    contents_without_person,
    handoff_without_person,
    number_without_person,
    order_without_person,
)
from domain.order import Order
from domain.warehouse import Handoff

_ORDERS, _TERMS, _CASES = table(OrderRow), table(TermRow), table(CaseRow)
_ANSWERS, _INBOX = table(CaseAnswerRow), table(InboxRow)
_CALLBACKS, _HANDOFFS, _LABELS = table(CallbackRow), table(HandoffRow), table(LabelRow)
_COURIER, _DOCUMENTS = table(CourierEventRow), table(DocumentRow)
_JOBS, _INVOICES = table(PrintJobRow), table(InvoiceRow)
_AMENDMENTS = table(AmendmentRow)

_NUMBERED = literal(f"{ERASED} ").concat(cast(table(ComplaintRow).c.number, Text))
"""Callers' keys are told apart by it."""

BLANKS: dict[Table, dict[str, Any]] = {
    table(TransitionRow): {"detail": ""},
    table(StepFactRow): {"detail": ""},
    table(MailRow): {"recipient": ""},
    table(AddressChangeRow): {"before": {}, "address": {}, "who": ERASED, "why": ""},
    table(AmendmentRow): {"key": ERASED, "digest": ERASED, "who": ERASED, "why": "", "refused": ""},
    table(StockEntryRow): {"note": ""},
    _CASES: {"reason": ERASED},
    table(RefundRow): {"who": ERASED, "why": ""},
    table(RefundPartRow): {"reason": ""},
    table(DisputeRow): {"evidence": None, "pack": None, "refused": ""},
    table(DisputeEventRow): {"detail": ""},
    table(ComplaintRow): {"key": _NUMBERED, "words": "", "who": ERASED},
    table(ComplaintWordRow): {"words": "", "who": ERASED, "solution": None},
    _INBOX: {"payload": {}, "reason": ""},
    _CALLBACKS: {"reason": ""},
    _HANDOFFS: {"reason": "", "reference": ""},
    # The addresses of a label's files lead to the customer's own address.
    _LABELS: {"url": "", "customs_url": ""},
}
"""Columns that hold, or may hold, a person's words, and what they hold afterwards."""

_OF_A_PERSON = (TermKind.NAME, TermKind.EMAIL, TermKind.NUMBER)


class NotEnded(Exception):
    """The order has not ended on record: what it holds is needed to carry it out."""

    def __init__(self, status: str) -> None:
        """``status`` is where the order is."""
        super().__init__(f"the order is open ({status}); it can be erased once it has ended")


class UnderDispute(NotEnded):
    """The customer's bank has not decided about its money: what the order holds is evidence."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "a dispute about the order is open, and what is on record is its evidence; it can be "
            "erased once the dispute is decided",
        )


@dataclass(frozen=True)
class Erasure:
    """What an erasure did. An ``encrypted`` history is unreadable now, as its key is gone.

    One that was written in the clear is kept by Temporal until its retention ends. ``replacements``
    are the orders that went with it: they were for the same person.
    """

    order_id: str
    erased_at: datetime
    encrypted: bool
    replacements: tuple[str, ...] = ()


@dataclass(frozen=True)
class DueOrder:
    """An order that is old enough to be erased."""

    order_id: str
    ended_at: datetime


class ErasureBook:
    """Erases orders that have ended, one by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(
        self, ended_before: datetime, limit: int = 100, after: datetime | None = None
    ) -> tuple[DueOrder, ...]:
        """Orders that ended before a day and are not erased yet, oldest first; none of which a
        dispute is open.

        ``after`` goes on behind the last one of before, whether or not it could be erased.
        """
        where = [
            _ORDERS.c.ended_at < ended_before,
            _ORDERS.c.erased_at.is_(None),
            ~exists().where(open_disputes(_ORDERS.c.id)),
        ]
        if after is not None:
            where.append(_ORDERS.c.ended_at > after)
        with self._database.reading() as connection:
            rows = connection.execute(
                select(_ORDERS.c.id, _ORDERS.c.ended_at)
                .where(*where)
                .order_by(_ORDERS.c.ended_at)
                .limit(limit)
            ).all()
        return tuple(DueOrder(*row) for row in rows)

    def erase(self, order_id: str) -> Erasure:
        """Erase the person behind an order, and behind those that replace pieces of it; doing it
        again finds nothing more.

        Raises:
            NotOnRecord: there is no such order.
            NotEnded: it has not ended, or one of those has not.
            UnderDispute: a dispute about it is open.
        """
        with self._database.transaction() as connection:
            order = _ended_order(connection, order_id)
            others = replacements_of(connection, order_id)
            ended = [(other, _ended_order(connection, other)) for other in others]
            for other, its in ended:
                _erase_one(connection, other, its)
            erased_at, encrypted = _erase_one(connection, order_id, order)
        return Erasure(order_id, erased_at, encrypted, others)

    def purge(self, before: datetime) -> int:
        """Delete messages of no order that came before a day; how many."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                delete(_INBOX)
                .where(_INBOX.c.order_id.is_(None), _INBOX.c.received_at < before)
                .returning(_INBOX.c.id)
            )
            return len(gone.all())


def _erase_one(connection: Connection, order_id: str, order: Order) -> tuple[datetime, bool]:
    """When it was erased first, and whether its history was encrypted."""
    _erase_order(connection, order_id, order)
    _erase_rows(connection, order_id)
    _erase_amendments(connection, order_id)
    _erase_papers(connection, order_id)
    encrypted = destroy(connection, order_id)
    erased_at = connection.scalars(
        update(_ORDERS)
        .where(_ORDERS.c.id == order_id)
        .values(erased_at=func.coalesce(_ORDERS.c.erased_at, func.now()))
        .returning(_ORDERS.c.erased_at)
    ).one()
    return erased_at, encrypted


def _ended_order(connection: Connection, order_id: str) -> Order:
    row = connection.execute(
        select(cast(_ORDERS.c.body, Text), _ORDERS.c.status, _ORDERS.c.replaces, _ORDERS.c.ended_at)
        .where(_ORDERS.c.id == order_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotOnRecord("order", order_id)
    body, status, replaces, ended_at = row
    if ended_at is None:
        raise NotEnded(status if replaces is None else f"its replacement {order_id}: {status}")
    if is_disputed(connection, order_id):
        raise UnderDispute
    return Order.model_validate_json(body)


def _erase_order(connection: Connection, order_id: str, order: Order) -> None:
    """The order itself, and the words by which it was found.

    Without its digest the same body again is another one: nobody places an erased order anew.
    """
    connection.execute(
        update(_ORDERS)
        .where(_ORDERS.c.id == order_id)
        .values(
            number=number_without_person(order_id),
            body=order_without_person(order_id, order).model_dump(mode="json"),
            sent_digest=ERASED,
        )
    )
    kinds = [kind.value for kind in _OF_A_PERSON]
    connection.execute(
        delete(_TERMS).where(_TERMS.c.order_id == order_id, _TERMS.c.kind.in_(kinds))
    )


def _erase_rows(connection: Connection, order_id: str) -> None:
    for each, blanks in BLANKS.items():
        connection.execute(update(each).where(each.c.order_id == order_id).values(**blanks))
    connection.execute(
        update(_INBOX)
        .where(_INBOX.c.order_id == order_id, _INBOX.c.state == InboxState.WAITING.value)
        .values(state=InboxState.GIVEN_UP.value, done_at=func.now())
    )
    cases = select(_CASES.c.id).where(_CASES.c.order_id == order_id)
    connection.execute(
        update(_ANSWERS).where(_ANSWERS.c.case_id.in_(cases)).values(who=ERASED, why="")
    )
    labels = select(_LABELS.c.id).where(_LABELS.c.order_id == order_id)
    connection.execute(update(_COURIER).where(_COURIER.c.label.in_(labels)).values(detail=""))
    told = func.jsonb_build_object("number", number_without_person(order_id), "detail", "")
    connection.execute(
        update(_CALLBACKS)
        .where(_CALLBACKS.c.order_id == order_id)
        .values(payload=_CALLBACKS.c.payload.op("||")(told))
    )
    for shipment, document in connection.execute(
        select(_HANDOFFS.c.shipment, cast(_HANDOFFS.c.document, Text)).where(
            _HANDOFFS.c.order_id == order_id
        )
    ).all():
        left = handoff_without_person(Handoff.model_validate_json(document))
        connection.execute(
            update(_HANDOFFS)
            .where(_HANDOFFS.c.shipment == shipment)
            .values(document=left.model_dump(mode="json"))
        )


def _erase_amendments(connection: Connection, order_id: str) -> None:
    """What was bought before and after stays, without what the customer chose in words."""
    for one in amendments_of(connection, order_id):
        connection.execute(
            update(_AMENDMENTS)
            .where(_AMENDMENTS.c.order_id == order_id, _AMENDMENTS.c.number == one.number)
            .values(
                before=contents_without_person(one.before).model_dump(mode="json"),
                after=contents_without_person(one.after).model_dump(mode="json"),
            )
        )


def _erase_papers(connection: Connection, order_id: str) -> None:
    """Labels and slips with their print jobs; invoices and their credit notes are kept."""
    papers = select(_DOCUMENTS.c.key).where(
        _DOCUMENTS.c.order_id == order_id,
        _DOCUMENTS.c.kind.not_in([DocumentKind.INVOICE.value, DocumentKind.CREDIT_NOTE.value]),
        _DOCUMENTS.c.key.not_in(select(_INVOICES.c.document)),
    )
    keys = list(connection.scalars(papers))
    connection.execute(delete(_JOBS).where(_JOBS.c.document.in_(keys)))
    connection.execute(delete(_DOCUMENTS).where(_DOCUMENTS.c.key.in_(keys)))
