"""Reading an order's page: one query for each part of it, all of one moment."""

from sqlalchemy import Connection, RowMapping, Select, Text, cast, select

from backoffice.amendments import amendments_of
from backoffice.cases import case_of, cases_statement
from backoffice.complaints import complaints_of
from backoffice.dispute_pages import disputes_of
from backoffice.entries import entry_of
from backoffice.ledgers import event_of, totals_of
from backoffice.line import waits_for
from backoffice.promises import promises_of
from backoffice.refunds import refunds_of
from backoffice.replacement_views import replaced_by, replaces_of
from backoffice.shipment_pages import shipments_of
from backoffice.substitutions import offers_of
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.messages import CallbackRow, MailRow
from backoffice.tables.orders import OrderRow, StepFactRow, TransitionRow
from backoffice.tables.papers import DocumentRow, PrintJobRow, PrintState
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.stock import StockEntryRow
from backoffice.views import (
    CallbackView,
    CaseView,
    DocumentView,
    MailView,
    MoneyView,
    OrderView,
)
from domain.documents import DocumentKind, FileFormat
from domain.journal import FactOutcome, News, StepFact, Transition
from domain.mail import MailKind, MailState
from domain.order import Order
from domain.refunds import RefundWord
from domain.status import OrderStatus, Step
from domain.stock import StockEntry

_ORDERS, _CALLBACKS, _MAILS = table(OrderRow), table(CallbackRow), table(MailRow)
_DOCUMENTS, _JOBS = table(DocumentRow), table(PrintJobRow)
_TRANSITIONS, _FACTS = table(TransitionRow), table(StepFactRow)
_PAYMENTS, _STOCK, _CASES = table(PaymentEventRow), table(StockEntryRow), table(CaseRow)


def page(connection: Connection, name: str) -> OrderView:
    """Everything about an order that is on record, read in a snapshot, or it may show half of what
    is committed meanwhile. Raises IndexError for any other."""
    own = select(*_ORDERS.c, cast(_ORDERS.c.body, Text).label("text"))
    row = _rows(connection, own.where(_ORDERS.c.id == name))[0]
    order = Order.model_validate_json(row["text"])
    facts = _facts(connection, name)
    late = [one.late for one in facts if one.late is not None]
    return OrderView(
        order_id=name,
        shop=row["shop"],
        status=OrderStatus(row["status"]),
        status_at=row["status_at"],
        accepted_at=row["accepted_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        erased_at=row["erased_at"],
        promised_by=row["promised_by"],
        promises=promises_of(connection, name),
        delivered_late=any(late) if late else None,
        order=order,
        replaces=replaces_of(row),
        replaced_by=replaced_by(connection, name),
        amendments=amendments_of(connection, name),
        transitions=_transitions(connection, name),
        facts=facts,
        money=_money(connection, name, order.currency),
        refunds=refunds_of(connection, name),
        disputes=disputes_of(connection, name),
        complaints=complaints_of(connection, name),
        stock=_stock(connection, name),
        waits_for=waits_for(connection, name),
        substitutions=offers_of(connection, name),
        shipments=shipments_of(connection, name),
        mails=_mails(connection, name),
        documents=_documents(connection, name),
        cases=_case_views(connection, name),
        callbacks=_callbacks(connection, name),
    )


def _rows(connection: Connection, statement: Select[*tuple[object, ...]]) -> list[RowMapping]:
    return list(connection.execute(statement).mappings())


def _transitions(connection: Connection, name: str) -> tuple[Transition, ...]:
    where = _TRANSITIONS.c.order_id == name
    rows = _rows(connection, select(_TRANSITIONS).where(where).order_by(_TRANSITIONS.c.number))
    return tuple(
        Transition(
            number=row["number"],
            status=OrderStatus(row["status"]),
            step=Step(row["step"]),
            at=row["at"],
            shipment=row["shipment"],
            detail=row["detail"],
            order=None if row["of_order"] is None else OrderStatus(row["of_order"]),
            news=None if row["news"] is None else News(row["news"]),
            refund=None if row["refund"] is None else RefundWord.model_validate(row["refund"]),
        )
        for row in rows
    )


def _facts(connection: Connection, name: str) -> tuple[StepFact, ...]:
    where = _FACTS.c.order_id == name
    rows = _rows(connection, select(_FACTS).where(where).order_by(_FACTS.c.started_at))
    return tuple(
        StepFact(
            key=row["key"],
            step=Step(row["step"]),
            operation=row["operation"],
            shipment=row["shipment"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            attempt=row["attempt"],
            outcome=FactOutcome(row["outcome"]),
            detail=row["detail"],
            late=row["late"],
        )
        for row in rows
    )


def _money(connection: Connection, name: str, currency: str) -> MoneyView:
    where = _PAYMENTS.c.order_id == name
    rows = _rows(connection, select(_PAYMENTS).where(where).order_by(_PAYMENTS.c.at))
    events = tuple(event_of(row) for row in rows)
    totals = totals_of(events, currency)
    return MoneyView(
        events=events,
        authorized=totals.authorized,
        captured=totals.captured,
        voided=totals.voided,
        refunded=totals.refunded,
        settled=totals.settled,
    )


def _stock(connection: Connection, name: str) -> tuple[StockEntry, ...]:
    where = _STOCK.c.order_id == name
    rows = _rows(connection, select(_STOCK).where(where).order_by(_STOCK.c.id))
    return tuple(entry_of(row) for row in rows)


def _mails(connection: Connection, name: str) -> tuple[MailView, ...]:
    rows = _rows(
        connection, select(_MAILS).where(_MAILS.c.order_id == name).order_by(_MAILS.c.since)
    )
    return tuple(
        MailView(
            key=row["key"],
            kind=MailKind(row["kind"]),
            recipient=row["recipient"],
            state=MailState(row["state"]),
            since=row["since"],
            sends=row["sends"],
        )
        for row in rows
    )


def _documents(connection: Connection, name: str) -> tuple[DocumentView, ...]:
    rows = _rows(
        connection,
        select(
            _DOCUMENTS.c.key,
            _DOCUMENTS.c.shipment,
            _DOCUMENTS.c.kind,
            _DOCUMENTS.c.format,
            _DOCUMENTS.c.number,
            _DOCUMENTS.c.created_at,
            _JOBS.c.state,
            _JOBS.c.station,
        )
        .outerjoin(_JOBS, _JOBS.c.document == _DOCUMENTS.c.key)
        .where(_DOCUMENTS.c.order_id == name)
        .order_by(_DOCUMENTS.c.created_at, _JOBS.c.id),
    )
    return tuple(
        DocumentView(
            id=row["key"],
            shipment=row["shipment"],
            kind=DocumentKind(row["kind"]),
            format=FileFormat(row["format"]),
            number=row["number"],
            created_at=row["created_at"],
            print_state=None if row["state"] is None else PrintState(row["state"]),
            station=row["station"],
        )
        for row in rows
    )


def _case_views(connection: Connection, name: str) -> tuple[CaseView, ...]:
    rows = _rows(
        connection,
        cases_statement().where(_CASES.c.order_id == name).order_by(_CASES.c.opened_at),
    )
    cases = [case_of(row) for row in rows]
    return tuple(CaseView(case=one.case, answer=one.answer) for one in cases)


def _callbacks(connection: Connection, name: str) -> tuple[CallbackView, ...]:
    rows = _rows(
        connection,
        select(_CALLBACKS).where(_CALLBACKS.c.order_id == name).order_by(_CALLBACKS.c.number),
    )
    return tuple(
        CallbackView(
            number=row["number"],
            type=row["type"],
            created_at=row["created_at"],
            delivered_at=row["delivered_at"],
            attempts=row["attempts"],
            reason=row["reason"],
        )
        for row in rows
    )
