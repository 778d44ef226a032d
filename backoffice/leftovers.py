"""Questions about what orders leave behind: goods, papers, money and labels without an owner.

Each selects order, subject, reason in words, and since when.
"""

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
)

from backoffice.patience import Patience, Question
from backoffice.tables.base import table
from backoffice.tables.disputes import DisputeRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import CreditNoteRow, InvoiceRow
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.shipping import LabelRow, LabelVoidRow
from backoffice.tables.stock import StockEntryRow
from domain.disputes import DisputeState
from domain.payment import PaymentEventKind
from domain.status import OrderStatus
from domain.stock import StockKind

_ORDERS, _MONEY, _STOCK = table(OrderRow), table(PaymentEventRow), table(StockEntryRow)
_LABELS, _VOIDS = table(LabelRow), table(LabelVoidRow)
_INVOICES, _NOTES, _DISPUTES = table(InvoiceRow), table(CreditNoteRow), table(DisputeRow)
_SELLERS = [state.value for state in DisputeState if state.leaves_the_money]

_UNSHIPPED_ENDS = (OrderStatus.DECLINED, OrderStatus.OUT_OF_STOCK, OrderStatus.CANCELLED)
_GONE = (
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
    OrderStatus.NOT_DELIVERED,
    OrderStatus.COMPLETED,
)


def reserved(patience: Patience) -> Question:
    """Pieces that an ended order still has reserved."""
    return (
        select(
            _ORDERS.c.id,
            _STOCK.c.sku,
            literal("the order has ended as ")
            + func.min(_ORDERS.c.status)
            + " with "
            + cast(func.sum(_STOCK.c.reserved), String)
            + " pieces of "
            + _STOCK.c.sku
            + " still reserved",
            func.min(_ORDERS.c.ended_at),
        )
        .join(_STOCK, _STOCK.c.order_id == _ORDERS.c.id)
        .where(_ended(patience))
        .group_by(_ORDERS.c.id, _STOCK.c.sku)
        .having(func.sum(_STOCK.c.reserved) != 0)
    )


def issued(patience: Patience) -> Question:
    """Pieces that were issued for an order that ended unshipped, and are not booked back. What was
    never there was written off, and does not come back."""
    return (
        select(
            _ORDERS.c.id,
            _STOCK.c.sku,
            literal("the order has ended as ")
            + func.min(_ORDERS.c.status)
            + ", and "
            + cast(-func.sum(_STOCK.c.on_hand), String)
            + " pieces of "
            + _STOCK.c.sku
            + " that were issued for it are not booked back: see where they are. Where they are "
            + "here, `ordersaga settle` books them back and credits the invoice",
            func.min(_ORDERS.c.ended_at),
        )
        .join(_STOCK, _STOCK.c.order_id == _ORDERS.c.id)
        .where(_ended_unshipped(patience), _STOCK.c.kind != StockKind.WRITE_OFF.value)
        .group_by(_ORDERS.c.id, _STOCK.c.sku)
        .having(func.sum(_STOCK.c.on_hand) < 0)
    )


def invoiced(patience: Patience) -> Question:
    """Invoices of orders that ended unshipped, and are not credited in full."""
    net, tax = (
        _INVOICES.c[part]
        + select(func.coalesce(func.sum(_NOTES.c[part]), 0))
        .where(_NOTES.c.invoice == _INVOICES.c.key)
        .correlate(_INVOICES)
        .scalar_subquery()
        for part in ("net", "tax")
    )
    return (
        select(
            _ORDERS.c.id,
            _INVOICES.c.number,
            literal("the order has ended as ")
            + _ORDERS.c.status
            + ", and invoice "
            + _INVOICES.c.number
            + " is not credited in full",
            _ORDERS.c.ended_at,
        )
        .join(_INVOICES, _INVOICES.c.order_id == _ORDERS.c.id)
        .where(_ended_unshipped(patience), or_(net != 0, tax != 0))
    )


def held(patience: Patience) -> Question:
    """Money that is held for an ended order."""
    let_go = _sum(PaymentEventKind.VOID, PaymentEventKind.CAPTURE)
    return select(
        _ORDERS.c.id,
        literal("money"),
        literal("the order has ended, and the money held for it was neither taken nor let go"),
        _ORDERS.c.ended_at,
    ).where(_ended(patience), _sum(PaymentEventKind.AUTHORIZATION) > 0, let_go == 0)


def charged(patience: Patience) -> Question:
    """Money that was taken for an order that ended unshipped, and is not given back: neither by us
    nor by the customer's bank."""
    disputed = exists().where(
        _DISPUTES.c.order_id == _ORDERS.c.id, _DISPUTES.c.state.not_in(_SELLERS)
    )
    return select(
        _ORDERS.c.id,
        literal("money"),
        literal("the order has ended as ")
        + _ORDERS.c.status
        + ", and the customer has not got all money back",
        _ORDERS.c.ended_at,
    ).where(
        _ended_unshipped(patience),
        _sum(PaymentEventKind.CAPTURE, PaymentEventKind.REFUND_FAILED)
        > _sum(PaymentEventKind.REFUND),
        ~disputed,
    )


def unpaid(patience: Patience) -> Question:
    """Goods that have left without their money being taken."""
    return select(
        _ORDERS.c.id,
        literal("money"),
        literal("the goods have left, and nothing was captured for them"),
        _ORDERS.c.status_at,
    ).where(
        _ORDERS.c.status.in_([status.value for status in _GONE]),
        _ORDERS.c.status_at <= func.now() - patience.grace,
        _ORDERS.c.status_at >= func.now() - patience.window,
        _sum(PaymentEventKind.AUTHORIZATION) > 0,
        _sum(PaymentEventKind.CAPTURE, PaymentEventKind.PREPAID) == 0,
    )


def labelled(patience: Patience) -> Question:
    """Live labels of orders that ended unshipped."""
    return (
        select(
            _ORDERS.c.id,
            _LABELS.c.id,
            literal("the order has ended as ")
            + _ORDERS.c.status
            + ", and label "
            + _LABELS.c.tracking_number
            + " is not void",
            _ORDERS.c.ended_at,
        )
        .join(_LABELS, _LABELS.c.order_id == _ORDERS.c.id)
        .where(_ended_unshipped(patience), _LABELS.c.voided_at.is_(None))
    )


def surplus_labels(patience: Patience) -> Question:
    """Labels that came on record after they had been voided."""
    return (
        select(
            _LABELS.c.order_id,
            _LABELS.c.id,
            literal("label ")
            + _LABELS.c.tracking_number
            + " came on record after it was voided; the carrier may not know",
            _LABELS.c.bought_at,
        )
        .join(_VOIDS, _VOIDS.c.label == _LABELS.c.id)
        .where(
            _LABELS.c.bought_at > _VOIDS.c.at,
            _LABELS.c.bought_at >= func.now() - patience.window,
        )
    )


def two_labels(patience: Patience) -> Question:
    """Parcels with more than one live label."""
    return (
        select(
            func.min(_LABELS.c.order_id),
            _LABELS.c.parcel,
            literal("a parcel has more than one live label: ")
            + func.string_agg(distinct(_LABELS.c.tracking_number), ", "),
            func.max(_LABELS.c.bought_at),
        )
        .where(
            _LABELS.c.voided_at.is_(None),
            _LABELS.c.bought_at >= func.now() - patience.window,
        )
        .group_by(_LABELS.c.parcel)
        .having(
            func.count() > 1,
            func.max(_LABELS.c.bought_at) <= func.now() - patience.grace,
        )
    )


def _ended(patience: Patience) -> ColumnElement[bool]:
    """Ended long enough ago that everything about it is on record, and not longer."""
    return and_(
        _ORDERS.c.ended_at <= func.now() - patience.grace,
        _ORDERS.c.ended_at >= func.now() - patience.window,
    )


def _ended_unshipped(patience: Patience) -> ColumnElement[bool]:
    """The same, and its goods never left."""
    return and_(
        _ended(patience), _ORDERS.c.status.in_([status.value for status in _UNSHIPPED_ENDS])
    )


def _sum(*kinds: PaymentEventKind) -> ColumnElement[int]:
    return (
        select(func.coalesce(func.sum(_MONEY.c.amount), 0))
        .where(
            _MONEY.c.order_id == _ORDERS.c.id,
            _MONEY.c.kind.in_([kind.value for kind in kinds]),
        )
        .correlate(_ORDERS)
        .scalar_subquery()
    )
