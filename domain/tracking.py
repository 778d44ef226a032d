"""What couriers report, as one state machine for all of them."""

from enum import StrEnum

from domain.model import Model, Moment, OptionalText, Text


class CourierStatus(StrEnum):
    """Where a parcel is. PRE_TRANSIT says only that a label exists."""

    UNKNOWN = "unknown"
    PRE_TRANSIT = "pre_transit"
    TRANSIT = "transit"
    FAILURE = "failure"
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


_RANK = {
    CourierStatus.UNKNOWN: 0,
    CourierStatus.PRE_TRANSIT: 1,
    CourierStatus.TRANSIT: 2,
    CourierStatus.FAILURE: 3,
    CourierStatus.RETURNED: 4,
    CourierStatus.DELIVERED: 4,
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
