"""A capture that is refused while staff are told why: it waits for nobody who was not asked."""

import asyncio
from typing import Any

import pytest
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.step import Request
from domain.cases import CaseKind
from sandbox.judge import Ending
from tests.workflows.test_backorder import receive
from tests.workflows.test_several_shipments import DAY, FIRST, carry, deliver, place, until
from tests.world import World, eventually


class _Held(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, held: "HeldRecord") -> None:
        super().__init__(inner)
        self._held = held

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 # the SDK's name
        request = input.args[0]
        cases = request.journal.cases if isinstance(request, Request) else ()
        if activity.info().activity_type == "record" and any(
            one.kind is CaseKind.AUTHORIZATION_ENDS for one in cases
        ):
            self._held.reached.set()
            await self._held.opened.wait()
        return await super().execute_activity(input)


class HeldRecord(Interceptor):
    """Our books are slow about one case: that the money cannot be held any longer."""

    def __init__(self) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 # the SDK's name
    ) -> ActivityInboundInterceptor:
        return _Held(next, self)


HELD = HeldRecord()


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
