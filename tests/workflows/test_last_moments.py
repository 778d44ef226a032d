"""What comes while an order is ending changes nothing about how it ended."""

import asyncio
from collections.abc import Callable

import pytest
from temporalio import workflow
from temporalio.client import WorkflowExecutionStatus

from sandbox.judge import Ending
from tests.world import World, eventually


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


@pytest.mark.parametrize("signal", ["handed_over", "courier_event"])
async def test_a_scan_during_the_closing_mail_is_a_case(world: World, signal: str) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    scan = await world.scan(order)
    world.sandbox.fault("sendgrid", "send", "http_error", nth=None, times=None, status=429)
    await world.cancel(order)
    await world.until_ledger(order, "stripe", "void")

    async def mailing() -> bool:
        pending = (await world.handle(order).describe()).raw_description.pending_activities
        return any(one.activity_type.name == "send_mail" and one.attempt > 1 for one in pending)

    await eventually(mailing, lambda: "no mail is tried")
    said = scan if signal == "courier_event" else {"shipment": f"{order}-s1", "manifest": "M-1"}
    await world.handle(order).signal(signal, said)
    await world.until_history(order, signal)
    world.sandbox.clear_faults()
    async with asyncio.timeout(120):
        assert await world.handle(order).result() == "cancelled"
    await world.until_case(order, "gone_unreleased")
