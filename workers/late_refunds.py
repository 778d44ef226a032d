"""Refunds that come back when their order has ended, and nobody hears of it any more."""

from datetime import UTC, datetime

from backoffice.inbox import Message
from domain.cases import Case, CaseKind
from domain.payment import RefundStatus
from domain.status import OrderStatus
from providers.stripe_events import StripeEventKind


def came_back(message: Message, status: OrderStatus) -> Case | None:
    """A refund of an order that has ended has failed: the customer does not have the money."""
    if (
        message.kind != StripeEventKind.REFUND_CHANGED.value
        or message.payload.get("status") != RefundStatus.FAILED.value
    ):
        return None
    refund = str(message.payload.get("subject"))
    return Case(
        id=f"{message.order_id}:{CaseKind.REFUND_FAILED.value}:{refund}"[:100],
        order=message.order_id or "",
        kind=CaseKind.REFUND_FAILED,
        reason=f"Refund {refund} has come back after the order had ended {status.value}: give the "
        "money back at the payment provider, or otherwise",
        opened_at=datetime.now(UTC),
    )
