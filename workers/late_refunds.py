"""Refunds that come back, and no order looks after them: it has ended, or gave back what was
undone."""

from datetime import UTC, datetime

from backoffice.books import Books
from backoffice.inbox import Message
from domain.cases import Case, CaseKind
from domain.payment import RefundStatus
from domain.status import OrderStatus
from providers.stripe_events import StripeEventKind


def came_back(message: Message, status: OrderStatus) -> Case | None:
    """A refund of an order that has ended has failed: the customer does not have the money."""
    return _case(message, f"after the order had ended {status.value}") if _failed(message) else None


def came_back_unheard(books: Books, message: Message) -> Case | None:
    """The order is open, and hears of refunds by staff alone."""
    subject = str(message.payload.get("subject"))
    mine = _failed(message) and books.refunds.is_for_what_was_undone(
        message.order_id or "", subject
    )
    return _case(message, "though what it was for is undone") if mine else None


def _failed(message: Message) -> bool:
    status = message.payload.get("status")
    changed = message.kind == StripeEventKind.REFUND_CHANGED.value
    return changed and status == RefundStatus.FAILED.value


def _case(message: Message, when: str) -> Case:
    refund = str(message.payload.get("subject"))
    return Case(
        id=f"{message.order_id}:{CaseKind.REFUND_FAILED.value}:{refund}"[:100],
        order=message.order_id or "",
        kind=CaseKind.REFUND_FAILED,
        reason=f"Refund {refund} has come back {when}: give the money back at the payment "
        "provider, or otherwise",
        opened_at=datetime.now(UTC),
    )
