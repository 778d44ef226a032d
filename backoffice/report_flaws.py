"""Why an order is not perfect: for each flaw the orders that have it, from what left and arrived.

A reason that is recorded elsewhere is one more entry of `flaws`: a statement of its orders.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from backoffice.report_subjects import Subjects
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, StepFactRow, TransitionRow
from backoffice.tables.papers import (
    CreditNoteRow,
    DocumentRow,
    InvoiceRow,
    PrintJobRow,
    PrintState,
)
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.shipping import LabelRow
from domain.documents import DocumentKind
from domain.expected_path import HELD_TERMS
from domain.invoicing import CreditReason
from domain.journal import FactOutcome
from domain.money import currencies, exponent
from domain.payment import PaymentEventKind
from domain.reports import Flaw
from domain.status import OrderStatus
from domain.tracking import CourierStatus

_ORDERS, _TRANSITIONS, _FACTS = table(OrderRow), table(TransitionRow), table(StepFactRow)
_INVOICES, _NOTES, _MONEY = table(InvoiceRow), table(CreditNoteRow), table(PaymentEventRow)
_LABELS, _DOCUMENTS, _JOBS = table(LabelRow), table(DocumentRow), table(PrintJobRow)
_LATER = _DOCUMENTS.alias("later")
_THOUSANDTHS = sorted(code for code in currencies() if exponent(code) == 3)
"""Of a part in such a currency a provider may not be able to take the last digit."""
_GIVEN_UP = [CreditReason.CANCELLED.value, CreditReason.RECALLED.value]


@dataclass(frozen=True)
class Arrivals:
    """``trips`` are the shipments that left (order_id, shipment, delivered_at, late): late is None
    where it has not arrived, and where nobody knows. ``invoices`` are those of them that stand."""

    trips: CTE
    invoices: CTE


def arrivals(about: Subjects) -> Arrivals:
    """What of these orders has left, of whichever shipment."""
    trips = _trips(about)
    taken_back = select(_NOTES.c.key).where(
        _NOTES.c.invoice == _INVOICES.c.key, _NOTES.c.reason.in_(_GIVEN_UP)
    )
    invoices = (
        select(_INVOICES.c.order_id, _INVOICES.c.shipment, _INVOICES.c.gross, _INVOICES.c.portions)
        .where(_of(trips, _INVOICES.c.order_id, _INVOICES.c.shipment), ~taken_back.exists())
        .cte("standing_invoices")
    )
    return Arrivals(trips, invoices)


def flaws(found: Arrivals) -> Mapping[Flaw, Select[str]]:
    """The orders that have each flaw; an order may be named more than once."""
    trips = found.trips
    return {
        Flaw.LATE: select(trips.c.order_id).where(trips.c.late),
        Flaw.NOT_DELIVERED: select(trips.c.order_id).where(trips.c.delivered_at.is_(None)),
        Flaw.SHORT: _short(found),
        Flaw.SUBSTITUTED: _substituted(found),
        Flaw.NOT_CHARGED: _not_charged(found),
        Flaw.RETURNED: select(_LABELS.c.order_id).where(
            _of(trips, _LABELS.c.order_id, _LABELS.c.shipment),
            _LABELS.c.courier_status == CourierStatus.RETURNED.value,
        ),
        Flaw.REISSUED: _reissued(trips),
        Flaw.INVOICE_TAKEN_BACK: select(_NOTES.c.order_id).where(
            _of(trips, _NOTES.c.order_id, _NOTES.c.shipment), _NOTES.c.reason.in_(_GIVEN_UP)
        ),
    }


def _of(trips: CTE, order: ColumnElement[str], shipment: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether something is about a shipment that left. The order leads to it by an index."""
    return and_(order.in_(select(trips.c.order_id)), shipment.in_(select(trips.c.shipment)))


def _trips(about: Subjects) -> CTE:
    """The order's own word on whether it was late; where it has none, the promise on record."""
    arrived = func.min(_TRANSITIONS.c.at).filter(
        _TRANSITIONS.c.status == OrderStatus.DELIVERED.value
    )
    left = func.bool_or(_TRANSITIONS.c.status == OrderStatus.SHIPPED.value)
    moved = (
        select(_TRANSITIONS.c.order_id, _TRANSITIONS.c.shipment, arrived.label("delivered_at"))
        .where(
            _TRANSITIONS.c.order_id.in_(select(about.orders.c.id)),
            _TRANSITIONS.c.shipment.is_not(None),
            _TRANSITIONS.c.status.in_([OrderStatus.SHIPPED.value, OrderStatus.DELIVERED.value]),
        )
        .group_by(_TRANSITIONS.c.order_id, _TRANSITIONS.c.shipment)
        .having(left)
        .cte("moved")
    )
    told = _FACTS.c.late
    after = moved.c.delivered_at > about.orders.c.promised_by
    return (
        select(
            moved.c.order_id,
            moved.c.shipment,
            moved.c.delivered_at,
            case((moved.c.delivered_at.is_not(None), func.coalesce(told, after))).label("late"),
        )
        .join(about.orders, about.orders.c.id == moved.c.order_id)
        .outerjoin(
            _FACTS,
            and_(
                _FACTS.c.order_id == moved.c.order_id,
                _FACTS.c.shipment == moved.c.shipment,
                _FACTS.c.operation == "delivered",
                _FACTS.c.outcome == FactOutcome.DONE.value,
            ),
        )
        .cte("trips")
    )


def _short(found: Arrivals) -> Select[str]:
    """Fewer pieces left than were ordered, as the order was amended."""
    line = func.jsonb_array_elements(_ORDERS.c.body["lines"], type_=JSONB).column_valued(
        "line", joins_implicitly=True
    )
    wanted = (
        select(_ORDERS.c.id, func.sum(line["quantity"].as_integer()).label("pieces"))
        .where(_ORDERS.c.id.in_(select(found.trips.c.order_id)))
        .group_by(_ORDERS.c.id)
        .subquery("wanted")
    )
    portion = _portion(found)
    sent = (
        select(
            found.invoices.c.order_id, func.sum(portion["quantity"].as_integer()).label("pieces")
        )
        .group_by(found.invoices.c.order_id)
        .subquery("sent")
    )
    return (
        select(wanted.c.id)
        .outerjoin(sent, sent.c.order_id == wanted.c.id)
        .where(func.coalesce(sent.c.pieces, 0) < wanted.c.pieces)
    )


def _substituted(found: Arrivals) -> Select[str]:
    """Something left that is none of the order's lines."""
    portion = _portion(found)
    known = func.jsonb_build_object(
        "lines",
        func.jsonb_build_array(func.jsonb_build_object("id", portion["line"].as_string())),
    )
    return (
        select(found.invoices.c.order_id)
        .join(_ORDERS, _ORDERS.c.id == found.invoices.c.order_id)
        .where(~_ORDERS.c.body.bool_op("@>")(known), portion["quantity"].as_integer() > 0)
    )


def _portion(found: Arrivals) -> ColumnElement[Any]:
    return func.jsonb_array_elements(found.invoices.c.portions, type_=JSONB).column_valued(
        "portion", joins_implicitly=True
    )


def _not_charged(found: Arrivals) -> Select[str]:
    """A shipment for which less was taken than its invoice comes to."""
    billed = (
        select(
            found.invoices.c.order_id,
            found.invoices.c.shipment,
            func.sum(found.invoices.c.gross).label("gross"),
        )
        .group_by(found.invoices.c.order_id, found.invoices.c.shipment)
        .subquery("billed")
    )
    taken = (
        select(_MONEY.c.shipment, func.sum(_MONEY.c.amount).label("amount"))
        .where(
            _of(found.trips, _MONEY.c.order_id, _MONEY.c.shipment),
            _MONEY.c.kind == PaymentEventKind.CAPTURE.value,
        )
        .group_by(_MONEY.c.shipment)
        .subquery("taken")
    )
    left_to_the_customer = case(
        (_ORDERS.c.body["currency"].as_string().in_(_THOUSANDTHS), 9), else_=0
    )
    return (
        select(billed.c.order_id)
        .join(_ORDERS, _ORDERS.c.id == billed.c.order_id)
        .outerjoin(taken, taken.c.shipment == billed.c.shipment)
        .where(
            _ORDERS.c.body["payment", "terms"].as_string().in_(HELD_TERMS),
            func.coalesce(taken.c.amount, 0) < billed.c.gross - left_to_the_customer,
        )
    )


def _reissued(trips: CTE) -> Select[str]:
    """Paper that was printed, and then a later one took its place."""
    later = select(_LATER.c.key).where(
        _LATER.c.order_id == _DOCUMENTS.c.order_id,
        _LATER.c.shipment == _DOCUMENTS.c.shipment,
        _LATER.c.kind == _DOCUMENTS.c.kind,
        _LATER.c.created_at > _DOCUMENTS.c.created_at,
    )
    is_slip = _DOCUMENTS.c.kind == DocumentKind.PACKING_SLIP.value
    return (
        select(_DOCUMENTS.c.order_id)
        .join(_JOBS, _JOBS.c.document == _DOCUMENTS.c.key)
        .outerjoin(_LABELS, _LABELS.c.id == _DOCUMENTS.c.label)
        .where(
            _of(trips, _DOCUMENTS.c.order_id, _DOCUMENTS.c.shipment),
            _JOBS.c.state == PrintState.PRINTED.value,
            or_(_LABELS.c.voided_at.is_not(None), and_(is_slip, later.exists())),
        )
    )
