"""A cancel while the release does not get through: the parcel comes back and is never released."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.attempt import Attempt
from providers.wms_warehouse import WmsWarehouse
from sandbox.judge import Ending
from tests.world import Json, World, eventually

TROUBLES: dict[str, Json] = {
    "http_error": {"status": 503},
    "drop_before": {},
    "hang_before": {"seconds": 2},
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_release_that_keeps_failing_is_given_up_for_the_recall(
    world: World, trouble: str
) -> None:
    order = await packed_without_release(world, trouble, **TROUBLES[trouble])
    answer = await world.cancel(order)
    assert answer["moment"] == "before_hand_over"
    await world.until(order, "recalling")
    world.sandbox.clear_faults()
    await pulled_and_refunded(world, order)
    assert not world.ledger(order, "wms", "released")


async def test_a_release_that_had_its_effect_unheard_is_recalled(world: World) -> None:
    world.sandbox.fault("wms", "look_up", "http_error", nth=None, times=None)
    order = await packed_without_release(world, "drop_after")
    await world.until_ledger(order, "wms", "released")
    await world.cancel(order)
    world.sandbox.clear_faults()
    await world.until(order, "recalling")
    await pulled_and_refunded(world, order)


async def test_a_release_that_was_held_up_is_refused_after_the_recall(world: World) -> None:
    """As from a worker that was paused beyond its time, and goes on."""
    order = await packed_without_release(world, "drop_before")
    await world.cancel(order)
    await world.until(order, "recalling")
    world.sandbox.clear_faults()
    await world.until_ledger(order, "wms", "recall_asked")
    assert not await asyncio.to_thread(release, world, f"{order}-s1")
    await pulled_and_refunded(world, order)
    assert not world.ledger(order, "wms", "released")


async def packed_without_release(world: World, trouble: str, **params: Any) -> str:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    rule = world.sandbox.fault("wms", "release", trouble, nth=None, times=None, **params)
    await world.wms(f"{order}-s1", "packed")
    await world.until_ledger(order, "stripe", "capture")

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, rule)

    await eventually(fired, lambda: "nothing is released")
    return order


async def pulled_and_refunded(world: World, order: str) -> None:
    await world.until_ledger(order, "wms", "recall_asked")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.refunded, sums.labels_live) == (4270, 4270, 0)


def release(world: World, shipment: str) -> bool:
    warehouse = WmsWarehouse(world.settings.wms_url, "wms-sandbox")
    attempt = Attempt(key=f"{shipment}:release:9", first_at=datetime.now(UTC))
    labels = world.books.handoffs.shipment_state(shipment)
    assert labels is not None
    try:
        return warehouse.release(attempt, shipment, labels.labels)
    finally:
        warehouse.close()


async def test_a_recall_that_the_courier_was_faster_than_is_told(world: World) -> None:
    """The cancel and the hand-over come in one workflow task: the recall is never asked for."""
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    rule = world.sandbox.fault("wms", "release", "hang_before", seconds=3)
    await world.wms(f"{order}-s1", "packed")

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, rule)

    await eventually(fired, lambda: "nothing is released")
    answer = await world.cancel(order)
    assert answer["moment"] == "before_hand_over"
    await world.handle(order).signal("courier_event", await world.scan(order))
    case = await world.until_case(order, "intercept")
    assert "before it could be recalled" in case["reason"]
    assert not world.ledger(order, "wms", "recall_asked")
    await world.until(order, "shipped")
