"""Orders whose papers and payments differ: invoiced and not captured, or the other way round."""

from sqlalchemy import Connection, Select, Subquery, case, func, select, union_all

from backoffice.account_taxes import CURRENCY
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import CreditNoteRow, InvoiceRow
from backoffice.tables.payments import PaymentEventRow
from domain.accounts import OpenItem, Period
from domain.money import Money
from domain.payment import PaymentEventKind

_INVOICES, _NOTES = table(InvoiceRow), table(CreditNoteRow)
_ORDERS, _EVENTS = table(OrderRow), table(PaymentEventRow)
_K = PaymentEventKind
_IN = (_K.CAPTURE.value, _K.REFUND_FAILED.value)


def open_items(connection: Connection, period: Period, shop: str | None) -> tuple[OpenItem, ...]:
    """As it stood at the end of the period. What was paid to the channel is between it and the
    seller: such orders are left out."""
    papers, payments = _papers(period), _payments(period)
    invoiced = func.coalesce(papers.c.amount, 0)
    paid = func.coalesce(payments.c.amount, 0)
    to_channel = (
        select(_EVENTS.c.key)
        .where(_EVENTS.c.order_id == _ORDERS.c.id, _EVENTS.c.kind == _K.PREPAID.value)
        .exists()
    )
    wanted = (
        select(_ORDERS.c.id, _ORDERS.c.shop, CURRENCY, invoiced, paid)
        .outerjoin(papers, papers.c.order_id == _ORDERS.c.id)
        .outerjoin(payments, payments.c.order_id == _ORDERS.c.id)
        .where(invoiced != paid, ~to_channel)
        .order_by(_ORDERS.c.accepted_at, _ORDERS.c.id)
    )
    if shop is not None:
        wanted = wanted.where(_ORDERS.c.shop == shop)
    return tuple(
        OpenItem.of(
            order,
            owner,
            Money(amount=int(due), currency=currency),
            Money(amount=int(here), currency=currency),
        )
        for order, owner, currency, due, here in connection.execute(wanted)
    )


def _papers(period: Period) -> Subquery:
    """Invoices, less credit notes, which are below zero themselves."""

    def of(papers: type[InvoiceRow | CreditNoteRow]) -> Select[*tuple[object, ...]]:
        paper = table(papers)
        return select(paper.c.order_id, paper.c.gross).where(paper.c.issued_at < period.end)

    every = union_all(of(InvoiceRow), of(CreditNoteRow)).subquery()
    total = func.sum(every.c.gross).label("amount")
    return select(every.c.order_id, total).group_by(every.c.order_id).subquery()


def _payments(period: Period) -> Subquery:
    amount = case(
        (_EVENTS.c.kind.in_(_IN), _EVENTS.c.amount),
        (_EVENTS.c.kind == _K.REFUND.value, -_EVENTS.c.amount),
        else_=0,
    )
    return (
        select(_EVENTS.c.order_id, func.sum(amount).label("amount"))
        .where(_EVENTS.c.at < period.end)
        .group_by(_EVENTS.c.order_id)
        .subquery()
    )
