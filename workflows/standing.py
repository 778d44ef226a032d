"""Asking the engine how an order stands: descriptions and histories, which are never billed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.standing import Run, Standing

_RUNS = {
    WorkflowExecutionStatus.RUNNING: Run.OPEN,
    WorkflowExecutionStatus.COMPLETED: Run.COMPLETED,
    WorkflowExecutionStatus.FAILED: Run.FAILED,
    WorkflowExecutionStatus.CANCELED: Run.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: Run.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT: Run.TIMED_OUT,
    WorkflowExecutionStatus.CONTINUED_AS_NEW: Run.OPEN,
}


async def standing_of(client: Client, order_id: str, rpc_timeout: timedelta) -> Standing:
    """How an order's newest run stands, without its timers.

    Raises:
        RPCError: the engine cannot be reached.
    """
    try:
        found = await client.get_workflow_handle(order_id).describe(rpc_timeout=rpc_timeout)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Standing(Run.UNKNOWN)
        raise
    return _standing(found)


def _standing(found: WorkflowExecutionDescription) -> Standing:
    raw = found.raw_description
    task = raw.HasField("pending_workflow_task")
    under_way = task or bool(raw.pending_activities) or bool(raw.pending_children)
    return Standing(
        run=Run.UNKNOWN if found.status is None else _RUNS[found.status],
        run_id=found.run_id,
        length=found.history_length,
        tries=raw.pending_workflow_task.attempt if task else 1,
        busy=under_way,
        closed_at=found.close_time,
    )


async def is_second_run(client: Client, order_id: str, standing: Standing) -> bool:
    """Whether a run was made by a reset: its first event was written under another run's id."""
    async for event in _events(client, order_id, standing.run_id, page_size=1):
        attributes = event.workflow_execution_started_event_attributes
        return attributes.original_execution_run_id not in ("", standing.run_id)
    return False


async def with_timer(client: Client, order_id: str, standing: Standing) -> Standing:
    """The same, with when its next timer fires; None where no timer runs."""
    running: dict[int, datetime] = {}
    async for event in _events(client, order_id, standing.run_id):
        if event.HasField("timer_started_event_attributes"):
            started = event.timer_started_event_attributes
            after = started.start_to_fire_timeout.ToTimedelta()
            running[event.event_id] = event.event_time.ToDatetime(UTC) + after
        elif event.HasField("timer_fired_event_attributes"):
            running.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.HasField("timer_canceled_event_attributes"):
            running.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return replace(standing, next_timer=min(running.values(), default=None))


def _events(
    client: Client, order_id: str, run_id: str, page_size: int | None = None
) -> AsyncIterator[HistoryEvent]:
    handle = client.get_workflow_handle(order_id, run_id=run_id)
    return handle.fetch_history_events(page_size=page_size)
