"""What a courier's event means to an order: most mean nothing, and cost nothing.

In-transit chatter is a fact of a parcel. The order hears of the first time that the courier had
it, and of how the way ended: each at most once for a tracking number, whether a webhook or a poll
brought it.
"""

from backoffice.books import Books
from backoffice.tracking import Known
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus

SIGNAL = "courier_event"
_BEFORE_SHIPPED = frozenset(OrderStatus) - {
    OrderStatus.SHIPPED,
    OrderStatus.DELIVERED,
    OrderStatus.NOT_DELIVERED,
    OrderStatus.COMPLETED,
}


def take_courier_event(books: Books, event: CourierEvent) -> bool:
    """Record an event and put it into the inbox if the order waits for it; False if unknown.

    Taking it again changes nothing, so a process may die between the two writes.
    """
    known = books.tracking.record(event)
    if known is None:
        return False
    if known.erased:  # a courier's words may name the person
        event = event.model_copy(update={"detail": ""})
    if _matters(books, event, known):
        books.inbox.put(
            "courier",
            f"{event.tracking_number}:{event.status.value}",
            SIGNAL,
            known.order_id,
            event.model_dump(mode="json"),
            SIGNAL,
        )
    return True


def _matters(books: Books, event: CourierEvent, known: Known) -> bool:
    if not event.status.in_couriers_hands or event.status is not known.status:
        return False
    if event.status is CourierStatus.TRANSIT:
        return books.records.status(known.order_id) in _BEFORE_SHIPPED
    return True
