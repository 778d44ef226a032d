"""Refunds of orders that die, are forgotten, or are restored: given back once, and known."""

import asyncio

from domain.remains import Settled
from sandbox.judge import Ending
from tests.workflows.refunding import (
    DUE,
    given_back,
    goodwill,
    pressed,
    refunds,
    until_refund,
)
from tests.workflows.test_second_looks import away
from tests.workflows.test_standing import settled
from tests.world import World


async def on_the_dock(world: World) -> str:
    """Paid, and not released."""
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    away(world, "wms", "release")
    await world.wms(f"{order}-s1", "packed")
    await world.until(order, "captured")
    return order


async def dies_and_is_settled(world: World, order: str, *rules: str) -> Settled:
    """Its workflow is terminated, the provider is there again, and support has it settled."""
    await world.handle(order).terminate("a test")
    for rule in rules:
        world.sandbox.clear_faults(rule)
    body = {"who": "Ana, support", "why": "stuck"}
    answer = await world.api.post(f"/orders/{order}/settle", json=body)
    assert answer.status_code == 202, answer.text
    return await settled(world, order)


async def test_settling_gives_back_what_was_under_way_once_and_then_the_rest(world: World) -> None:
    order = await on_the_dock(world)
    rule = world.sandbox.fault("stripe", "refund", "http_error", nth=None, times=None, status=503)
    await pressed(world, order, goodwill(500))
    done = await dies_and_is_settled(world, order, rule)
    assert done.undone, done
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.refunded) == (DUE, DUE)
    assert given_back(world, order) == [500, DUE - 500]
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_settling_finds_a_refund_that_nobody_heard_of(world: World) -> None:
    order = await on_the_dock(world)
    fault = world.sandbox.fault
    rules = (
        fault("stripe", "refund", "drop_after", nth=None, times=None),
        fault("stripe", "list_refunds", "http_error", nth=2, times=None, status=503),
    )
    await pressed(world, order, goodwill(500))
    await world.until_ledger(order, "stripe", "refund")
    done = await dies_and_is_settled(world, order, *rules)
    assert done.undone, done
    assert given_back(world, order) == [500, DUE - 500]
    await world.judged(order, Ending.CANCELLED)


async def test_an_erasure_keeps_the_sums_and_forgets_who_and_why(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await world.carry(order)
    await world.handle(order).result()
    await asyncio.to_thread(world.books.erasure.erase, order)
    (refund,) = await refunds(world, order)
    assert "Ana" not in str(refund)
    assert "late" not in str(refund)
    assert refund["parts"][0]["money"] == {"amount": 500, "currency": "EUR"}
