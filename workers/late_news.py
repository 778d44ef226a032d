"""What is told of an order that has ended: most of it means nothing, and some needs a person."""

from datetime import UTC, datetime

from backoffice.books import Books
from backoffice.courier_news import SIGNAL
from backoffice.inbox import Message
from domain.cases import Case, CaseKind
from domain.status import OrderStatus
from domain.tracking import CourierStatus

_HANDED_OVER = "handed_over"
_NEVER_LEAVES = (OrderStatus.CANCELLED, OrderStatus.DECLINED, OrderStatus.OUT_OF_STOCK)


def case_of(books: Books, message: Message, status: OrderStatus) -> Case | None:
    """The case that a message about goods opens: a parcel of what was undone has left, or one that
    the order ended without comes back. None for everything else.
    """
    if message.signal not in (SIGNAL, _HANDED_OVER):
        return None
    shipment = _shipment_of(books, message)
    if status in _NEVER_LEAVES:
        told = shipment if message.signal == _HANDED_OVER else None
        return _gone(message, told, f"the order has ended {status.value}")
    if message.payload.get("status") == CourierStatus.RETURNED.value:
        return _comes_back(message, shipment)
    if shipment is not None and _was_undone(books, shipment):
        return _gone(message, shipment, f"{shipment} was cancelled")
    return None


def _shipment_of(books: Books, message: Message) -> str | None:
    if message.signal == _HANDED_OVER:
        return message.payload.get("shipment")
    return books.tracking.shipment_of(str(message.payload.get("tracking_number")))


def _was_undone(books: Books, shipment: str) -> bool:
    state = books.handoffs.shipment_state(shipment)
    return state is not None and state.status is OrderStatus.CANCELLED


def _gone(message: Message, shipment: str | None, although: str) -> Case:
    return _case(
        message,
        "gone",
        CaseKind.GONE_UNRELEASED,
        shipment,
        f"The courier has a parcel although {although}: intercept it, or charge the customer anew",
    )


def _comes_back(message: Message, shipment: str | None) -> Case:
    number = str(message.payload.get("tracking_number"))
    return _case(
        message,
        f"{number}:returned",
        CaseKind.NOT_DELIVERED,
        shipment,
        f"The courier brings the parcel {number} back, and its order has ended: inspect it, book "
        "it in, and settle with the customer",
    )


def _case(message: Message, about: str, kind: CaseKind, shipment: str | None, reason: str) -> Case:
    """The same thing told again is the same case."""
    order = message.order_id or ""
    return Case(
        id=f"{shipment or order}:{about}"[:100],
        order=order,
        kind=kind,
        shipment=shipment,
        reason=reason,
        opened_at=datetime.now(UTC),
    )
