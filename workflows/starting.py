"""How an order's workflow is started: under its own id, once, whoever asks and however often."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.order import OrderInput
from workflows.attributes import at_start

WORKFLOW = "Order"
_SUMMARY_BYTES = 400


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


def summary(order: OrderInput) -> str:
    """One line for the Temporal UI, without personal data and within its 400 bytes."""
    bought = order.order
    pieces = sum(line.quantity for line in bought.lines)
    text = (
        f"{order.shop}, {bought.channel}: {pieces} piece(s), {bought.due}, "
        f"to {bought.shipping_address.country}"
    )
    return text.encode()[:_SUMMARY_BYTES].decode(errors="ignore")
