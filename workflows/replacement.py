"""Step 19: pieces that were complained about are sent once more, as an order of their own.

The same workflow carries it as any order, so that it is picked, packed, sent and cancelled as one.
It is a child in name and outlives its parent. What became of it is read from the record, and not
from its answer: so it makes no difference who has started it, or whether it was stopped by hand.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ChildWorkflowError, WorkflowAlreadyStartedError

from activities.replacement import LookAtReplacement, PlaceReplacement, ReplacementActivities
from domain.complaints import Complaint
from domain.order import OrderInput
from domain.replacement import ReplacementState
from domain.status import OrderStatus
from workflows.attributes import at_start, summary
from workflows.desk import Desk

_ORDER = "Order"
_MOST_OFFERS = 100
_FIRST_LOOK = timedelta(minutes=1)
_LOOKS_AT_LEAST = timedelta(hours=6)

Child = workflow.ChildWorkflowHandle[object, OrderStatus]


async def send_again(
    desk: Desk, complaint: Complaint, offer: int, tell: Callable[[str], None]
) -> ReplacementState:
    """Place a replacement, start it, and wait until it has ended; ``tell`` its name to the shop."""
    request = PlaceReplacement(
        order_id=desk.order_id,
        shop=desk.shop,
        sequence=complaint.number * _MOST_OFFERS + offer,
        complaint=complaint.number,
        offer=offer,
        lines=complaint.request.lines,
    )
    placed = await desk.own_books(ReplacementActivities.place, request, "place a replacement")
    name = placed.given.order_id
    if not placed.begun:
        tell(name)
        await desk.record()
        child = await _started(placed.given)
        if child is not None:
            with suppress(ChildWorkflowError):  # it was stopped: the record says how it ended
                await child
    return await _ended(desk, name)


async def _started(given: OrderInput) -> Child | None:
    """None where somebody has started it: an earlier run of this order, or the sweep."""
    try:
        return await workflow.start_child_workflow(
            _ORDER,
            given,
            id=given.order_id,
            result_type=OrderStatus,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=at_start(given.shop, given.order.channel),
            static_summary=summary(given),
        )
    except WorkflowAlreadyStartedError:
        return None


async def _ended(desk: Desk, name: str) -> ReplacementState:
    """Look until it has ended on record, ever more seldom. One that was stopped by hand ends when
    staff settle it."""
    pause = _FIRST_LOOK
    while True:
        request = LookAtReplacement(order_id=desk.order_id, shop=desk.shop, replacement=name)
        state = await desk.own_books(ReplacementActivities.look, request, "look at a replacement")
        if state.ended:
            return state
        by = workflow.now() + pause
        await desk.alarm.until(lambda: False, by, "the end of a replacement")
        pause = min(2 * pause, _LOOKS_AT_LEAST)
