"""A capture that is refused while staff are told why: it waits for nobody who was not asked."""

import asyncio

import pytest

from domain.cases import CaseKind
from sandbox.judge import Ending
from tests.workflows.held import HeldRecord
from tests.workflows.test_backorder import receive
from tests.workflows.test_several_shipments import DAY, FIRST, carry, deliver, place, until
from tests.world import World, eventually

HELD = HeldRecord(CaseKind.AUTHORIZATION_ENDS)


@pytest.mark.world(policy={"out_of_stock": "ship_available"}, interceptors=[HELD])
async def test_a_capture_that_is_refused_meanwhile_is_a_case_of_its_own(world: World) -> None:
    order = await place(world, "pm_card_jcb", keep=False)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    for number in (1, 2):
        await carry(world, order, number, to="ready_to_pack")
    await world.wms(f"{order}-s1", "packed")
    async with asyncio.timeout(30):
        await HELD.reached.wait()
    before = len((await world.handle(order).fetch_history()).events)
    await world.wms(f"{order}-s2", "packed")

    async def heard() -> bool:
        return len((await world.handle(order).fetch_history()).events) > before + 3

    await eventually(heard, lambda: "the second parcel's report is not heard")
    HELD.opened.set()
    case = await world.until_case(order, "capture_failed")
    assert case["shipment"] == f"{order}-s2"
    assert (await world.answer(case, "cancel")).is_success
    await until(world, order, 2, "cancelled")
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, FIRST, parcels=None)
