"""The story that an order tells support in the Temporal UI. No personal data in it."""

from datetime import datetime

from domain.cases import Case
from domain.order import Order, Replaces
from domain.status import OrderStatus

_CANCEL_LEADS_TO = {
    OrderStatus.PACKED: "a recall if the capture is under way, else everything is undone",
    OrderStatus.CAPTURED: "a recall of the parcel and, if it is pulled, a full refund",
    OrderStatus.RELEASED: "a recall of the parcel and, if it is pulled, a full refund",
    OrderStatus.RECALLING: "nothing more: a recall is under way",
    OrderStatus.CANCELLING: "nothing more: it is being cancelled",
    OrderStatus.SHIPPED: "a refusal: the courier has the parcel; offer a return",
    OrderStatus.DELIVERED: "a refusal: the customer has the goods; offer a return",
    OrderStatus.NOT_DELIVERED: "a refusal: answer the open case instead",
}


def tell(
    order: Order,
    status: OrderStatus,
    since: datetime,
    waits_for: str,
    cases: tuple[Case, ...],
    replaces: Replaces | None = None,
) -> str:
    """Markdown: where the order is, since when, what it waits for, what staff can do."""
    pieces = sum(line.quantity for line in order.lines)
    rows = [
        f"**{status.value}** since {since:%Y-%m-%d %H:%M} UTC",
        ", ".join(
            (
                f"{pieces} piece(s) in {len(order.lines)} line(s)",
                str(order.due),
                order.shipping.service_level.value,
                order.payment.terms,
            )
        ),
    ]
    if replaces is not None:
        rows.append(
            f"Replaces pieces of `{replaces.order}`, for its complaint {replaces.complaint}"
        )
    if waits_for:
        rows.append(f"Waits for: {waits_for}")
    if not status.ended:
        undone = "everything that was promised is undone"
        rows.append(
            "Cancel (update `request_cancel`, or the button) leads to: "
            f"{_CANCEL_LEADS_TO.get(status, undone)}."
        )
    for case in cases:
        answers = ", ".join(answer.value for answer in case.answers)
        rows.append(
            f"Case `{case.id}` ({case.kind.value}): {case.reason} "
            f"Answer with update `answer_case`: {answers}."
        )
    return "\n\n".join(rows)
