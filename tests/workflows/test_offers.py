"""Cards that customers offer while their order waits for its money, and what comes of them."""

import asyncio

import pytest

from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.test_authorization_life import (
    IN_GOOD_TIME,
    money,
    newest,
    offer,
    waiting,
)
from tests.world import Json, World, eventually

NOBODY = "pm_of_nobody"


async def asked(world: World, payment: Json | None = None) -> str:
    """A packed order's hold ends soon, and the customer is asked to pay anew."""
    order = await waiting(world, payment or demo_orders.card())
    await world.carry(order, "ready_to_pack")
    await world.fast_forward(order, IN_GOOD_TIME)
    await world.until_case(order, "authorization_ends")
    return order


async def asked_times(world: World, order: str, times: int) -> None:
    """The customer was asked so often."""

    async def there() -> bool:
        mails = (await world.view(order))["mails"]
        return sum(one["kind"] == "payment_needed" for one in mails) == times

    await eventually(there, lambda: f"the customer is not asked {times} times")


async def test_a_method_that_does_not_exist_is_declined_and_holds_no_capture_up(
    world: World,
) -> None:
    order = await asked(world)
    assert (await offer(world, order, NOBODY)).status_code == 202
    await asked_times(world, order, 2)
    await world.wms(f"{order}-s1", "packed")
    await world.until(order, "released")
    await world.carry(order, "delivered")
    view = await world.view(order)
    assert "refused_by_provider" not in {one["kind"] for one in view["cases"]}
    assert not [one for one in view["cases"] if not one["closed_at"]]
    declined = [one["detail"] for one in view["facts"] if one["outcome"] == "declined"]
    assert [detail for detail in declined if NOBODY in detail]
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.authorized, sums.captured) == (4270, 4270)


@pytest.mark.world(policy={"pay_within": "P3D"})
async def test_before_an_order_is_paid_it_is_declined_too_and_another_card_pays(
    world: World,
) -> None:
    declined = demo_orders.card("pm_card_visa_chargeDeclined")
    order = await world.place(world.body(payment=declined))
    await world.until(order, "awaiting_payment")
    assert (await offer(world, order, NOBODY)).status_code == 202
    await asked_times(world, order, 2)
    assert (await offer(world, order)).status_code == 202
    await world.carry(order)
    assert not (await world.view(order))["cases"]
    await world.judged(order, Ending.COMPLETED)


async def test_a_confirmation_during_a_hold_is_heard_at_once(world: World) -> None:
    order = await asked(world)
    assert (await offer(world, order, "pm_card_authenticationRequired")).is_success

    async def at_the_bank() -> Json | None:
        found = await asyncio.to_thread(newest, world)
        return found if found["status"] == "requires_action" else None

    waits = await eventually(at_the_bank, lambda: "the bank asks nobody")
    await asyncio.to_thread(world.sandbox.complete_3ds, str(waits["id"]))
    (let_go,) = await money(world, order, "void", 1)
    assert let_go.data["intent"] != waits["id"]
    await world.until_history(order, "payment_news")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.authorized, sums.captured) == (2 * 4270, 4270)


@pytest.mark.world(policy={"pay_within": "P1D"})
async def test_a_card_that_comes_after_the_time_to_pay_is_refused_with_words(world: World) -> None:
    payment = demo_orders.card("pm_card_authenticationRequired")
    order = await world.place(world.body(payment=payment))
    await world.until(order, "awaiting_payment")
    down = world.sandbox.fault("stripe", "cancel", "http_error", nth=None, times=None, status=503)
    await world.fast_forward(order, IN_GOOD_TIME / 5)

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, down)

    await eventually(fired, lambda: "what waits is not let go of")
    answer = await offer(world, order)
    assert (answer.status_code, "time to pay is over" in answer.text) == (409, True)
    world.sandbox.clear_faults()
    await world.until(order, "declined", patience=60)
    sums = await world.judged(order, Ending.DECLINED)
    assert sums.authorized == 0
