"""A parcel that the courier could not deliver, and brings while staff are being told so."""

import asyncio

import pytest

from domain.cases import CaseKind
from sandbox.judge import Ending
from tests.workflows.held import HeldRecord
from tests.world import World, eventually

HELD = HeldRecord(CaseKind.NOT_DELIVERED)


@pytest.mark.world(interceptors=[HELD])
async def test_what_comes_while_staff_are_told_is_not_missed(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "FAILURE")
    async with asyncio.timeout(30):
        await HELD.reached.wait()
    await world.courier(order, "DELIVERED")

    async def heard() -> bool:
        history = await world.handle(order).fetch_history()
        names = [one.workflow_execution_signaled_event_attributes for one in history.events]
        return sum(one.signal_name == "courier_event" for one in names) > 1

    await eventually(heard, lambda: f"{order} is not told that it was delivered")
    HELD.opened.set()
    await world.until(order, "delivered")
    page = await world.carry(order)
    assert all(one.get("closed_at") for one in page["cases"])
    await world.judged(order, Ending.COMPLETED)
