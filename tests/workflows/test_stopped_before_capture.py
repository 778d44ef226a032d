"""A cancel that is accepted before the money is asked for is kept, whatever was under way then."""

import asyncio
from datetime import timedelta

from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.test_authorization_life import (
    IN_GOOD_TIME,
    TOO_LATE,
    newest,
    offer,
    on_record,
    waiting,
)
from tests.world import World, eventually

SLOW = 4
"""Seconds for which the bank thinks: long enough to change one's mind."""


async def test_a_cancel_while_it_is_made_anew_for_the_capture_takes_no_money(world: World) -> None:
    order = await waiting(world)
    await world.carry(order, "ready_to_pack")
    await world.pass_time(TOO_LATE)
    slow = world.sandbox.fault("stripe", "authorize", "delay", order=order, seconds=SLOW)
    await world.wms(f"{order}-s1", "packed")

    async def asked() -> int:
        return await asyncio.to_thread(world.sandbox.fired, slow)

    await eventually(asked, lambda: "nothing is made anew")
    assert (await world.cancel(order))["moment"] == "before_capture"
    await world.until(order, "cancelled", "released", patience=60)
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.let_go) == (0, sums.authorized)
    authorized, voided, captured = await on_record(world, order)
    assert (authorized, captured) == (voided, 0)


async def test_staff_who_cancel_while_the_capture_waits_its_turn_take_no_money(
    world: World,
) -> None:
    order = await waiting(world, demo_orders.card())
    await world.carry(order, "ready_to_pack")
    await world.fast_forward(order, IN_GOOD_TIME)
    await world.until_case(order, "authorization_ends")
    assert (await offer(world, order, "pm_card_authenticationRequired")).is_success

    async def asked() -> bool:
        return (await asyncio.to_thread(newest, world))["status"] == "requires_action"

    await eventually(asked, lambda: "the bank asks nobody")
    no = world.sandbox.fault(
        "stripe", "retrieve_intent", "http_error", nth=None, times=None, status=403
    )
    await world.environment.fast_forward(world.handle(order), timedelta(minutes=11))
    case = await world.until_case(order, "refused_by_provider")
    await world.wms(f"{order}-s1", "packed")
    await world.until_history(order, "packed")
    world.sandbox.clear_faults(no)
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled", "released", patience=60)
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.let_go) == (0, sums.authorized)
