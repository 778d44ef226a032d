"""A shop that is down is left alone; a message that it does not take holds up nobody else's."""

import asyncio

import pytest
from sqlalchemy import text

from tests.world import Json, World, eventually

DOWN: dict[str, Json] = {"http_error": {"status": 503}, "drop_before": {}}


@pytest.mark.parametrize("trouble", DOWN)
async def test_a_receiver_that_is_down_makes_all_callbacks_of_its_shop_wait(
    world: World, trouble: str
) -> None:
    world.sandbox.fault("shop", "callback", trouble, nth=None, times=None, **DOWN[trouble])
    await world.place()
    assert await eventually(lambda: waits(world), lambda: "the shop is never left alone")
    world.sandbox.clear_faults()
    order = await world.place()
    await world.until_ledger(order, "shop", "callback")
    await eventually(lambda: called_again(world), lambda: "the shop is still left alone")


@pytest.mark.parametrize("status", [404, 422])
async def test_a_message_that_is_not_taken_holds_up_no_other_order(
    world: World, status: int
) -> None:
    refused = await world.place()
    await world.until_ledger(refused, "shop", "callback")
    await world.until(refused, "in_fulfilment")
    rule = world.sandbox.fault(
        "shop", "callback", "http_error", order=refused, nth=None, times=None, status=status
    )
    await world.wms(f"{refused}-s1", "picked")

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, rule)

    await eventually(fired, lambda: "no callback is refused")
    assert not await waits(world)
    other = await world.place()
    await world.until_ledger(other, "shop", "callback")
    assert not await waits(world)


async def called_again(world: World) -> bool:
    return not await waits(world)


async def waits(world: World) -> bool:
    """Whether the shop's callbacks all wait."""

    def look() -> bool:
        with world.books.database.reading() as connection:
            until = text("SELECT callbacks_wait_until FROM shops WHERE id = :shop")
            return connection.scalar(until, {"shop": world.shop}) is not None

    return await asyncio.to_thread(look)
