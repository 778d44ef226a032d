"""What couriers tell of an order that is completed: what needs a person is a case."""

import asyncio
from datetime import timedelta

from sandbox.judge import Ending
from tests.workflows.test_backorder import receive
from tests.workflows.test_packed_otherwise import packed, parcel, ready
from tests.workflows.test_several_shipments import APART, DAY, FIRST, carry, deliver, place, until
from tests.world import World, eventually


async def numbers(world: World, order: str, at: int = 1) -> list[str]:
    """The tracking numbers of one of an order's shipments, void or not."""
    shipments = (await world.view(order))["shipments"]
    wanted = next(one for one in shipments if one["shipment"] == f"{order}-s{at}")
    return [str(one["label"]["tracking_number"]) for one in wanted["labels"]]


async def test_the_second_parcel_that_comes_back_after_the_order_has_ended_is_a_case(
    world: World,
) -> None:
    order = await ready(world)
    await packed(world, order, parcel(500, 1), parcel(500, 1))
    await world.until(order, "released")
    await world.carry(order, "shipped")
    labels = (await world.view(order))["shipments"][0]["labels"]
    live = [one["label"]["tracking_number"] for one in labels if one["voided_at"] is None]
    first, second = (str(number) for number in live)
    await asyncio.to_thread(world.sandbox.courier, first, "RETURNED")
    case = await world.until_case(order, "not_delivered")
    assert (await world.answer(case, "close")).is_success
    claim = await world.until_case(order, "complaint")
    assert (await world.answer(claim, "reject")).is_success
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    await asyncio.to_thread(world.sandbox.courier, second, "RETURNED")
    late = await world.until_case(order, "not_delivered")
    assert second in late["reason"]
    assert late["shipment"] == f"{order}-s1"


@APART
async def test_a_parcel_of_the_part_that_was_cancelled_leaves_after_the_order_has_ended(
    world: World,
) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2, to="ready_to_pack")
    assert (await world.cancel(order))["accepted"]
    await until(world, order, 2, "cancelled")
    await deliver(world, order, 1)
    await world.until(order, "delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, FIRST, shipments=2)
    assert sums.captured == FIRST
    (first,) = await numbers(world, order)
    (void,) = await numbers(world, order, 2)
    for number in (first, void):
        await asyncio.to_thread(world.sandbox.courier, number, "DELIVERED")
    case = await world.until_case(order, "gone_unreleased")
    assert case["shipment"] == f"{order}-s2"
    assert "was cancelled" in case["reason"]

    async def told() -> bool:
        return len((await world.view(order))["cases"]) == 1

    await eventually(told, lambda: "another case was opened", timedelta(seconds=5).total_seconds())
