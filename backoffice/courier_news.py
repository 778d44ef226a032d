"""What a courier's event means to an order: most mean nothing, and cost nothing.

In-transit chatter is a fact of a parcel. The order hears of the first time that the courier had
it, and of how the way ended: each at most once for a tracking number, whether a webhook or a poll
brought it.

A courier can be quicker than our own books: what it tells of a label that is bought and not yet on
record is kept for a while and taken then.
"""

from datetime import timedelta

from backoffice.books import Books
from backoffice.inbox import Message
from backoffice.tracking import Known
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus

SIGNAL = "courier_event"
EARLY = "courier/early"
"""The inbox's source of events whose label is not on record."""
EARLY_TRIES = 10
"""With pauses that double, a quarter of an hour. By then the label is somebody else's, or so late
that its courier is asked."""
_LONGEST_PAUSE = 300
_ON_THE_WAY = (
    CourierStatus.TRANSIT,
    CourierStatus.OUT_FOR_DELIVERY,
    CourierStatus.ATTEMPT_FAILED,
    CourierStatus.AVAILABLE_FOR_PICKUP,
)
"""Nothing that an order waits for once it has left."""
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


def hear_courier(books: Books, event: CourierEvent) -> bool:
    """Take what a webhook told, or keep it for its label; False for what tells nothing new.

    That a label exists is told as soon as it is bought, and nobody waits for it: it is not kept.
    """
    if take_courier_event(books, event):
        return True
    if not event.status.in_couriers_hands:
        return False
    return books.inbox.put(EARLY, event.id, SIGNAL, None, event.model_dump(mode="json"), SIGNAL)


def try_early(books: Books, message: Message) -> None:
    """Take a kept event if its label is on record by now; the last try lets it go.

    It leaves nothing behind in the inbox: the shop may use its courier account for other parcels.
    """
    event = CourierEvent.read(message.payload)
    if take_courier_event(books, event) or message.attempts >= EARLY_TRIES:
        books.inbox.forget(message.id)
    else:
        pause = timedelta(seconds=min(2**message.attempts, _LONGEST_PAUSE))
        books.inbox.later(message.id, "its label is not on record", pause)


def _matters(books: Books, event: CourierEvent, known: Known) -> bool:
    if not event.status.in_couriers_hands or event.status is not known.status:
        return False
    if event.status in _ON_THE_WAY:
        return books.records.status(known.order_id) in _BEFORE_SHIPPED
    return True
