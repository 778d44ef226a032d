"""What couriers report, as one state machine for all of them."""

from enum import StrEnum

from domain.model import Model, Moment, OptionalText, Text


class CourierStatus(StrEnum):
    """Where a parcel is. PRE_TRANSIT says only that a label exists.

    ``attempt_failed`` is tried again, ``failure`` is not. What is ``lost`` may turn up, and what is
    ``damaged`` may be delivered all the same. ``returned`` is on its way back to the sender, where
    couriers then report it as delivered: to the customer it never is.
    """

    UNKNOWN = "unknown"
    PRE_TRANSIT = "pre_transit"
    TRANSIT = "transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DAMAGED = "damaged"
    FAILURE = "failure"
    LOST = "lost"
    RETURNED = "returned"
    DELIVERED = "delivered"

    @property
    def in_couriers_hands(self) -> bool:
        """Whether the courier has had the parcel: this, and no earlier event, is a hand-over."""
        return _RANK[self] >= _RANK[CourierStatus.TRANSIT]

    @property
    def final(self) -> bool:
        """Whether nothing more is to come."""
        return self in (CourierStatus.DELIVERED, CourierStatus.RETURNED)

    @property
    def is_trouble(self) -> bool:
        """Whether it may not come, or not whole."""
        return self in (CourierStatus.DAMAGED, CourierStatus.FAILURE, CourierStatus.LOST)


_RANK = {
    CourierStatus.UNKNOWN: 0,
    CourierStatus.PRE_TRANSIT: 1,
    CourierStatus.TRANSIT: 2,
    CourierStatus.OUT_FOR_DELIVERY: 3,
    CourierStatus.ATTEMPT_FAILED: 4,
    CourierStatus.AVAILABLE_FOR_PICKUP: 5,
    CourierStatus.DAMAGED: 6,
    CourierStatus.FAILURE: 7,
    CourierStatus.LOST: 8,
    CourierStatus.RETURNED: 9,
    CourierStatus.DELIVERED: 9,
}


def advance(now: CourierStatus, event: CourierStatus) -> CourierStatus:
    """The status after an event: late, double and out-of-order events change nothing."""
    if now.final or _RANK[event] <= _RANK[now]:
        return now
    return event


class CourierEvent(Model):
    """One courier event about one tracking number, unique by its id."""

    id: Text
    tracking_number: Text
    status: CourierStatus
    at: Moment
    detail: OptionalText = ""
