"""How an order's workflow is started: under its own id, once, whoever asks and however often."""

from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.order import OrderInput
from domain.remains import Remains, Settlement
from domain.standing import Run
from workflows.aftermath import aftermath_id
from workflows.attributes import at_start, summary
from workflows.calls import ONE_TRY
from workflows.standing import standing_of

WORKFLOW = "Order"
AFTERMATH = "Aftermath"


async def start_order(
    client: Client, task_queue: str, order: OrderInput, rpc_timeout: timedelta
) -> None:
    """Start an order; one that runs or has ended is left as it is.

    Raises:
        RPCError: the server cannot be reached, or refuses.
    """
    try:
        await client.start_workflow(
            WORKFLOW,
            order,
            id=order.order_id,
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=at_start(order.shop, order.order.channel),
            static_summary=summary(order),
            rpc_timeout=rpc_timeout,
        )
    except WorkflowAlreadyStartedError:
        return


class StillOpenError(Exception):
    """The order's own workflow is open: it undoes itself when it is cancelled."""


async def start_aftermath(
    client: Client, task_queue: str, remains: Remains, who: str, why: str, rpc_timeout: timedelta
) -> datetime:
    """Undo what an order left whose workflow is closed; answers when that begins.

    Asked twice at once, it is done once; asked again afterwards, it looks again.

    Raises:
        StillOpenError: the order's workflow is open.
        RPCError: the server cannot be reached, or refuses.
    """
    standing = await standing_of(client, remains.order_id, rpc_timeout)
    if standing.run is Run.OPEN:
        raise StillOpenError
    before = (standing.closed_at or datetime.now(UTC)) + ONE_TRY
    await client.start_workflow(
        AFTERMATH,
        Settlement(remains=remains, before=before, who=who, why=why),
        id=aftermath_id(remains.order_id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=f"{remains.shop}: undoes what a closed order left",
        rpc_timeout=rpc_timeout,
    )
    return before
