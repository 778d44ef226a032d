"""What comes while an order is ending changes nothing about how it ended."""

from collections.abc import Callable

import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus

from sandbox.judge import Ending
from tests.world import World


async def test_a_cancel_from_the_ui_after_the_work_ended_leaves_the_order_completed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished: Callable[[], bool] = workflow.all_handlers_finished
    answered = False
    monkeypatch.setattr(workflow, "all_handlers_finished", lambda: answered and finished())
    order = await world.place()
    await world.carry(order)
    handle = world.handle(order)
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.cancel()
    answered = True
    await handle.signal("courier_event", await world.scan(order))
    assert await handle.result() == "completed"
    await world.judged(order, Ending.COMPLETED)
