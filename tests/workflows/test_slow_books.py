"""Our own books are slow, and what people ask meanwhile is heard the same way in every replay.

While a local activity goes on, tasks of the workflow end and begin, and an update may come with any
of them. A replay takes those tasks for one.
"""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle, pairwise
from typing import Any, ClassVar

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Replayer,
    UnsandboxedWorkflowRunner,
)

from tests.world import World, eventually
from workflows.one_payload import OnePayload
from workflows.order import OrderWorkflow

ORDERS = 16
WRITES = {"record", "reserve_stock", "release_stock", "put_away_stock"}
"""What writes to our own books in these stories."""
PREPAID = {"payment": {"terms": "prepaid", "reference": "M-1"}}
ENDED = {"cancelled", "delivered", "completed"}
TASK = timedelta(seconds=2)
"""Shorter than the slowest write: a task of the workflow ends after four fifths of it."""
_SECONDS = cycle((0, 2, 4, 0, 1, 3))
"""How long one write takes after another."""
BEAT = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
)
"""A task that changed nothing, and the next one."""


class _SlowActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 # the SDK's name
        if activity.info().activity_type in WRITES:
            await asyncio.sleep(next(_SECONDS))
        return await super().execute_activity(input)


class SlowBooks(Interceptor):
    """Every write to our own books takes up to four seconds."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 # the SDK's name
    ) -> ActivityInboundInterceptor:
        return _SlowActivity(next)


async def _ask(world: World, order: str) -> None:
    """Answer what it asks, and cancel it at some moment."""
    when = random.choice((random.randrange(20), 1000))
    for second in range(40):
        view = await world.view(order)
        if view["status"] in ENDED:
            return
        if second == when:
            # Answered when our books are done, or 503 where that takes too long: heard in any case.
            body = {"who": "the customer", "why": "a test"}
            await world.api.post(f"/orders/{order}/cancel", json=body)
        for case in view["cases"]:
            if not case.get("closed_at"):
                await world.answer(case, random.choice(case["answers"]))
        await asyncio.sleep(1)


async def _ends(world: World, order: str) -> None:
    async def there() -> bool:
        view = await world.view(order)
        return view["status"] in ENDED

    await eventually(there, lambda: f"{order} does not end", 60)


def _beats(histories: Sequence[WorkflowHistory]) -> int:
    kinds = [[event.event_type for event in history.events] for history in histories]
    return sum(pair == BEAT for one in kinds for pair in pairwise(one))


class _WatchedActivity(ActivityInboundInterceptor):
    """Says when a write began and ended; each takes its time."""

    def __init__(self, next: ActivityInboundInterceptor, said: list[str]) -> None:  # noqa: A002 # the SDK's name
        super().__init__(next)
        self._said = said

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 # the SDK's name
        if activity.info().activity_type not in WRITES:
            return await super().execute_activity(input)
        self._said.append("begins")
        await asyncio.sleep(0.3)
        try:
            return await super().execute_activity(input)
        finally:
            self._said.append("ends")


class WatchedBooks(Interceptor):
    """Keeps what the writes of one order said."""

    said: ClassVar[list[str]] = []

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 # the SDK's name
    ) -> ActivityInboundInterceptor:
        return _WatchedActivity(next, self.said)


@pytest.mark.world(interceptors=[WatchedBooks()])
async def test_an_order_s_writes_go_one_after_another(world: World) -> None:
    """An answer is put on record, and what it leads to gives the goods back."""
    WatchedBooks.said.clear()
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place(world.body() | PREPAID)
    case = await world.until_case(order, "warehouse_rejected")
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled")
    await world.handle(order).result()
    pairs = len(WatchedBooks.said) // 2
    assert pairs > 3
    assert WatchedBooks.said == ["begins", "ends"] * pairs


@pytest.mark.timeout(150)
@pytest.mark.world(auto=True, interceptors=[SlowBooks()])
async def test_what_is_asked_while_our_books_are_slow_is_heard_so_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Client.start_workflow

    async def short(client: Client, *given: Any, **named: Any) -> Any:
        return await start(client, *given, **named, task_timeout=TASK)

    monkeypatch.setattr(Client, "start_workflow", short)
    for nth in range(1, ORDERS, 2):
        world.sandbox.fault("wms", "handoff", "reject", nth=nth, reason="closed today")
    bodies = [world.body() | (PREPAID if nth % 4 == 0 else {}) for nth in range(ORDERS)]
    orders = [await world.place(body) for body in bodies]
    await asyncio.gather(*(_ask(world, order) for order in orders))
    await asyncio.gather(*(_ends(world, order) for order in orders))
    histories = [await world.handle(order).fetch_history() for order in orders]
    assert _beats(histories) > ORDERS // 4
    replayer = Replayer(
        workflows=[OrderWorkflow],
        data_converter=world.client.data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[OnePayload()],
    )
    for history in histories:
        await replayer.replay_workflow(history)
