"""Where an order is: its status, the twenty steps, and which status may follow which."""

from collections.abc import Iterable
from enum import IntEnum, StrEnum


class Step(IntEnum):
    """The twenty steps of an order, numbered as people who run shops count them."""

    RECEIVED = 1
    PAYMENT = 2
    CONFIRMATION = 3
    RECORDS = 4
    HANDOFF = 5
    PICKING = 6
    BOOKING = 7
    TRACKING_RECORDED = 8
    STOCK = 9
    RESTOCK_ALERT = 10
    DOCUMENTS = 11
    PACKING = 12
    HAND_OVER = 13
    SHIPPING_NOTICE = 14
    DELIVERY = 15
    COMPLAINT = 16
    SOLUTION = 17
    RETURN = 18
    REPLACEMENT = 19
    REVIEW = 20


class OrderStatus(StrEnum):
    """What shop, staff and customer are told. The workflow alone sets it."""

    ACCEPTED = "accepted"
    BACKORDERED = "backordered"
    RESERVED = "reserved"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_SECURED = "payment_secured"
    IN_REVIEW = "in_review"
    IN_FULFILMENT = "in_fulfilment"
    PICKED = "picked"
    READY_TO_PACK = "ready_to_pack"
    PACKED = "packed"
    CAPTURED = "captured"
    RELEASED = "released"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    COMPLETED = "completed"
    DECLINED = "declined"
    OUT_OF_STOCK = "out_of_stock"
    CANCELLING = "cancelling"
    RECALLING = "recalling"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the order."""
        return not _FOLLOWS[self]


_S = OrderStatus
_FOLLOWS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.ACCEPTED: frozenset({_S.RESERVED, _S.BACKORDERED, _S.OUT_OF_STOCK, _S.CANCELLING}),
    _S.BACKORDERED: frozenset({_S.RESERVED, _S.OUT_OF_STOCK, _S.CANCELLING}),
    _S.RESERVED: frozenset({_S.PAYMENT_SECURED, _S.AWAITING_PAYMENT, _S.DECLINED, _S.CANCELLING}),
    _S.AWAITING_PAYMENT: frozenset(
        {_S.AWAITING_PAYMENT, _S.PAYMENT_SECURED, _S.DECLINED, _S.CANCELLING}
    ),
    _S.PAYMENT_SECURED: frozenset({_S.IN_REVIEW, _S.IN_FULFILMENT, _S.CANCELLING}),
    _S.IN_REVIEW: frozenset({_S.PAYMENT_SECURED, _S.CANCELLING}),
    _S.IN_FULFILMENT: frozenset({_S.IN_FULFILMENT, _S.PICKED, _S.CANCELLING, _S.CAPTURED}),
    _S.PICKED: frozenset({_S.READY_TO_PACK, _S.CANCELLING, _S.CAPTURED}),
    _S.READY_TO_PACK: frozenset(
        {_S.READY_TO_PACK, _S.PACKED, _S.CANCELLING, _S.CAPTURED, _S.SHIPPED}
    ),
    _S.PACKED: frozenset({_S.CAPTURED, _S.CANCELLING, _S.RECALLING, _S.RELEASED, _S.SHIPPED}),
    _S.CAPTURED: frozenset({_S.RELEASED, _S.RECALLING, _S.SHIPPED}),
    _S.RELEASED: frozenset({_S.SHIPPED, _S.RECALLING}),
    _S.RECALLING: frozenset({_S.CANCELLED, _S.SHIPPED}),
    _S.SHIPPED: frozenset({_S.DELIVERED, _S.NOT_DELIVERED}),
    _S.DELIVERED: frozenset({_S.COMPLETED}),
    _S.NOT_DELIVERED: frozenset({_S.COMPLETED, _S.DELIVERED}),
    _S.CANCELLING: frozenset({_S.CANCELLED, _S.CAPTURED, _S.SHIPPED}),
    _S.COMPLETED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.OUT_OF_STOCK: frozenset(),
    _S.CANCELLED: frozenset(),
}


def may_follow(now: OrderStatus, then: OrderStatus) -> bool:
    """Whether an order in status ``now`` may go to status ``then``."""
    return then in _FOLLOWS[now]


_WAY = (
    _S.ACCEPTED,
    _S.BACKORDERED,
    _S.RESERVED,
    _S.AWAITING_PAYMENT,
    _S.PAYMENT_SECURED,
    _S.IN_REVIEW,
    _S.IN_FULFILMENT,
    _S.PICKED,
    _S.READY_TO_PACK,
    _S.PACKED,
    _S.CAPTURED,
    _S.RELEASED,
    _S.SHIPPED,
    _S.NOT_DELIVERED,
    _S.DELIVERED,
)
"""How far a shipment has come. One that comes back lies before one that has arrived."""


def status_of(shipments: Iterable[OrderStatus]) -> OrderStatus:
    """What an order is whose shipments are in these statuses, until it ends.

    It is where the least advanced of those is that go to the customer; what is cancelled counts
    only where nothing else is left.

    Raises:
        ValueError: there are no shipments.
    """
    known = set(shipments)
    if not known:
        raise ValueError("an order has a shipment at least")
    on_the_way = [status for status in _WAY if status in known]
    if on_the_way:
        return on_the_way[0]
    return _S.RECALLING if _S.RECALLING in known else _S.CANCELLING


class CancelMoment(StrEnum):
    """What a cancel means depends on how far the goods and the money have come."""

    BEFORE_CAPTURE = "before_capture"
    BEFORE_HAND_OVER = "before_hand_over"
    AFTER_HAND_OVER = "after_hand_over"
    ENDED = "ended"
