"""The way that an order is expected to take, operation by operation, for reports of the real one.

An operation is a recorded fact's own word for what was done (`buy_labels`). It is expected of an
order, or of each of its shipments, once that has come as far as the status which it leads to:
an order that ended early is not asked for what comes later.
"""

from enum import StrEnum

from domain.cases import CaseKind
from domain.model import Model
from domain.status import OrderStatus, Step

_S, _C = OrderStatus, CaseKind


class Need(StrEnum):
    """What an order must be like for an operation to be expected of it.

    MONEY is held at a payment provider, and something is due for the shipment. A REVIEW is asked
    for by the shop's policy, welcome to the customer, and everything that left has arrived.
    """

    MONEY = "money"
    REVIEW = "review"


class Waypoint(Model):
    """An operation on the expected way. ``others`` do the same in its place.

    ``by`` is the first status that lies behind it. ``closes`` says that its step is done with it.
    """

    step: Step
    operation: str
    by: OrderStatus
    of_shipment: bool = True
    others: tuple[str, ...] = ()
    needs: Need | None = None
    closes: bool = True

    @property
    def operations(self) -> tuple[str, ...]:
        """Whichever of these is recorded as done, it was passed."""
        return (self.operation, *self.others)


def _of_order(
    step: Step,
    operation: str,
    by: OrderStatus,
    others: tuple[str, ...] = (),
    needs: Need | None = None,
) -> Waypoint:
    return Waypoint(
        step=step, operation=operation, by=by, of_shipment=False, others=others, needs=needs
    )


PATH = (
    _of_order(Step.RECEIVED, "reserve", _S.RESERVED, ("reserve_what_is_there", "look_for_goods")),
    _of_order(Step.PAYMENT, "authorize", _S.PAYMENT_SECURED, ("look_at_payment",)),
    _of_order(Step.CONFIRMATION, "mail_confirmation", _S.IN_FULFILMENT),
    _of_order(Step.RECORDS, "record", _S.IN_FULFILMENT),
    Waypoint(step=Step.HANDOFF, operation="hand_off", by=_S.IN_FULFILMENT),
    Waypoint(step=Step.PICKING, operation="picked", by=_S.PICKED),
    Waypoint(step=Step.BOOKING, operation="quote", by=_S.READY_TO_PACK, closes=False),
    Waypoint(step=Step.BOOKING, operation="buy_labels", by=_S.READY_TO_PACK),
    Waypoint(step=Step.TRACKING_RECORDED, operation="tracking", by=_S.READY_TO_PACK),
    Waypoint(step=Step.STOCK, operation="issue", by=_S.READY_TO_PACK),
    Waypoint(step=Step.DOCUMENTS, operation="papers", by=_S.READY_TO_PACK),
    Waypoint(step=Step.PACKING, operation="packed", by=_S.PACKED),
    Waypoint(
        step=Step.HAND_OVER, operation="capture", by=_S.RELEASED, needs=Need.MONEY, closes=False
    ),
    Waypoint(step=Step.HAND_OVER, operation="release", by=_S.SHIPPED, closes=False),
    Waypoint(step=Step.HAND_OVER, operation="handed_over", by=_S.SHIPPED),
    Waypoint(step=Step.SHIPPING_NOTICE, operation="mail_shipped", by=_S.SHIPPED),
    Waypoint(step=Step.DELIVERY, operation="delivered", by=_S.DELIVERED),
    _of_order(Step.REVIEW, "mail_review", _S.COMPLETED, needs=Need.REVIEW),
)
"""The twenty steps as a plain order takes them. Step 10 depends on the shelf and not on the order;
steps 16 to 19 are nobody's plan."""

FORWARD = (
    _S.RESERVED,
    _S.PAYMENT_SECURED,
    _S.IN_FULFILMENT,
    _S.PICKED,
    _S.READY_TO_PACK,
    _S.PACKED,
    _S.CAPTURED,
    _S.RELEASED,
    _S.SHIPPED,
    _S.DELIVERED,
    _S.COMPLETED,
)
"""How far one has come, by the farthest of these that it ever was in."""

HELD_TERMS = ("authorize", "payment_intent", "transfer")
"""The payment terms under which a provider holds the money, so that it must be captured."""

LOOKS = (
    "look_for_goods",
    "look_at_payment",
    "look_at_review",
    "look_at_refund",
    "look_again",
    "find_elsewhere",
)
"""What only asks."""

NEVER_ADDED = (*LOOKS, "mail_restock")
"""What is no step that was added: a look, and a restock alert, which depends on the shelf."""

HEARD = (
    "record",
    "picked",
    "tracking",
    "issue",
    "packed",
    "handed_over",
    "delivered",
    "review",
    "rerouted",
)
"""Facts that an order notes by itself: their attempts count how often it was so. Other facts are
tries under an idempotency key, and only another key is another time."""

CASES_OF_STEPS = {
    _C.BACKORDER_ENDS: Step.RECEIVED,
    _C.NOT_STARTED: Step.RECEIVED,
    _C.AUTHORIZATION_ENDS: Step.PAYMENT,
    _C.WAREHOUSE_REJECTED: Step.HANDOFF,
    _C.PICK_OVERDUE: Step.PICKING,
    _C.SHORT_PICK: Step.PICKING,
    _C.NO_RATE: Step.BOOKING,
    _C.LABEL_FAILED: Step.BOOKING,
    _C.LABELLED_ANEW: Step.BOOKING,
    _C.LABEL_COSTS_MORE: Step.BOOKING,
    _C.PACK_OVERDUE: Step.PACKING,
    _C.BEYOND_BOOKING: Step.PACKING,
    _C.HAND_OVER_OVERDUE: Step.HAND_OVER,
    _C.CAPTURE_FAILED: Step.HAND_OVER,
    _C.GONE_UNRELEASED: Step.HAND_OVER,
    _C.INTERCEPT: Step.HAND_OVER,
    _C.DELIVERY_OVERDUE: Step.DELIVERY,
    _C.NOT_DELIVERED: Step.DELIVERY,
    _C.REFUND_FAILED: Step.SOLUTION,
}
"""Which step went wrong where a case of this kind was opened."""

CASES_OF_NO_STEP = frozenset(
    {
        _C.REVIEW,
        _C.SUBSTITUTION,
        _C.MESSAGE_REFUSED,
        _C.STUCK,
        _C.REFUSED_BY_PROVIDER,
        _C.CHANNEL_OWES,
        _C.COMPLAINT,
        _C.DISPUTE,
        _C.ORPHAN,
        _C.UNDELIVERABLE_CALLBACK,
        _C.LOST,
        _C.DEAD,
        _C.WEDGED,
        _C.IDLE,
        _C.RESET,
        _C.STRAY_MONEY,
        _C.MONEY_DIFFERS,
        _C.STRAY_LABEL,
    }
)
"""Cases that count for no step: a question that is no mistake, what a fact has counted already (a
message or a try that was refused), what a customer or their bank says, and what is about the engine
or the books."""


def is_of_shipment(step: Step) -> bool:
    """Whether a step is taken for each shipment, and not once for the order."""
    return any(one.of_shipment for one in PATH if one.step is step)
