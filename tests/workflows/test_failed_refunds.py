"""Refunds that take their time, come back, or are not to be had: nothing is taken for done."""

import asyncio
from datetime import timedelta

from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.refunding import (
    DUE,
    given_back,
    goodwill,
    pressed,
    refunds,
    until_refund,
    until_told,
)
from tests.world import Json, World, eventually

_SLOWLY = 3600 * 30


async def carried(world: World, status: str = "shipped", card: str = "pm_card_visa") -> str:
    order = await world.place(world.body(payment=demo_orders.card(card)))
    await world.carry(order, status)
    return order


def slow(world: World, order: str, kind: str) -> None:
    """The bank takes a day and more about the next refund."""
    world.sandbox.fault("stripe", "refund", kind, order=order, times=1, seconds=_SLOWLY)


async def test_a_pending_refund_is_looked_at_until_it_has_arrived(world: World) -> None:
    order = await carried(world)
    slow(world, order, "pending")
    await asyncio.to_thread(world.sandbox.configure, stripe={"webhook_url": None})
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "pending")
    (told,) = await until_told(world, order, "order.refunded")
    assert told["refund"]["status"] == "pending"
    await world.fast_forward(order, timedelta(hours=2))
    assert (await refunds(world, order))[0]["parts"][0]["status"] == "pending"
    await world.fast_forward(order, timedelta(days=3))
    await until_refund(world, order, "succeeded")
    told = await until_told(world, order, "order.refunded", 2)
    assert [one["refund"]["status"] for one in told] == ["pending", "succeeded"]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_an_order_does_not_end_while_a_refund_is_pending(world: World) -> None:
    order = await carried(world, "delivered")
    world.sandbox.fault("stripe", "refund", "pending", order=order, times=1, seconds=_SLOWLY * 9)
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "pending")
    await world.environment.fast_forward(world.handle(order), timedelta(days=8))
    assert await world.status(order) == "delivered"
    await world.pass_time(timedelta(days=14))
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_a_refund_that_comes_back_is_tried_again_when_nobody_answers(world: World) -> None:
    order = await carried(world)
    slow(world, order, "fail")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await world.pass_time(timedelta(days=2))
    case = await world.until_case(order, "refund_failed")
    assert sorted(case["answers"]) == ["accept", "retry"]
    assert "5.00 EUR cannot be given back: failed" in case["reason"]
    (failed,) = await until_told(world, order, "order.refund_failed")
    assert failed["refund"]["money"]["amount"] == 0
    money = (await world.view(order))["money"]
    assert (money["captured"]["amount"], money["refunded"]["amount"]) == (DUE, 0)
    await world.fast_forward(order, timedelta(days=3))
    await until_told(world, order, "order.refunded", 2)
    (refund,) = await refunds(world, order)
    assert [one["status"] for one in refund["parts"]] == ["failed", "succeeded"]
    assert given_back(world, order) == [500]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_one_that_comes_back_while_it_is_looked_at_twice_is_given_back_once(
    world: World,
) -> None:
    order = await carried(world)
    slow(world, order, "fail")
    await asyncio.to_thread(world.sandbox.configure, stripe={"webhook_url": None})
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await until_told(world, order, "order.refunded")
    await world.pass_time(timedelta(days=2))
    handle = world.handle(order)
    await asyncio.gather(*(handle.signal("payment_news", {}) for _ in range(5)))
    case = await world.until_case(order, "refund_failed")
    assert (await world.answer(case, "retry")).is_success
    await until_told(world, order, "order.refunded", 2)
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)
    assert given_back(world, order) == [500]
    assert len(await until_told(world, order, "order.refund_failed")) == 1
    view = await world.view(order)
    assert [one["kind"] for one in view["cases"]] == ["refund_failed"]


async def test_one_that_was_done_by_hand_is_not_tried_again(world: World) -> None:
    order = await carried(world)
    slow(world, order, "fail")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await world.pass_time(timedelta(days=2))
    case = await world.until_case(order, "refund_failed")
    assert (await world.answer(case, "accept")).is_success
    told = await until_told(world, order, "order.refunded", 2)
    assert told[-1]["refund"]["status"] == "by_hand"
    (refund,) = await refunds(world, order)
    assert [one["status"] for one in refund["parts"]] == ["failed", "by_hand"]
    assert given_back(world, order) == []
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def test_what_the_provider_does_not_give_back_is_a_case_and_a_retry_helps(
    world: World,
) -> None:
    order = await carried(world)
    intent = str(world.ledger(order, "stripe", "capture")[0].data["intent"])
    world.sandbox.fault("stripe", "webhook", "lost", times=None)
    dispute: Json = await asyncio.to_thread(world.sandbox.dispute, intent)
    await pressed(world, order, goodwill(500))
    case = await world.until_case(order, "refund_failed")
    assert f"Dispute {dispute['id']} is open" in case["reason"]
    assert given_back(world, order) == []
    await asyncio.to_thread(world.sandbox.close_dispute, dispute["id"], "won")
    assert (await world.answer(case, "retry")).is_success
    await until_refund(world, order, "succeeded")
    assert given_back(world, order) == [500]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_an_answer_that_is_lost_is_looked_up_and_given_back_once(world: World) -> None:
    order = await carried(world)
    world.sandbox.fault("stripe", "refund", "drop_after", order=order, times=9)
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    assert given_back(world, order) == [500]


async def test_a_refund_that_comes_back_after_the_end_becomes_a_case(world: World) -> None:
    order = await carried(world)
    world.sandbox.fault("stripe", "refund", "fail", order=order, times=1, seconds=_SLOWLY * 10)
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await world.carry(order)
    await world.handle(order).result()
    await world.pass_time(timedelta(days=30))
    case = await world.until_case(order, "refund_failed")
    assert "after the order had ended completed" in case["reason"]


async def test_what_a_recall_gave_back_and_comes_back_after_the_end_becomes_a_case(
    world: World,
) -> None:
    order = await carried(world, "released")
    world.sandbox.fault("stripe", "refund", "fail", order=order, times=1, seconds=_SLOWLY)
    await world.cancel(order)
    await world.until_ledger(order, "wms", "recall_asked")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    await world.pass_time(timedelta(days=2))
    case = await world.until_case(order, "refund_failed")
    assert "has come back" in case["reason"]


async def test_one_whose_answer_is_lost_and_cannot_be_looked_up_is_given_back_once(
    world: World,
) -> None:
    order = await carried(world)
    world.sandbox.fault("stripe", "refund", "drop_after", order=order, times=9)
    no = world.sandbox.fault("stripe", "list_refunds", "http_error", nth=2, times=1, status=403)
    await pressed(world, order, goodwill(500))

    async def refused() -> int:
        return await asyncio.to_thread(world.sandbox.fired, no)

    await eventually(refused, lambda: "nothing was looked up")
    world.sandbox.clear_faults()
    await until_refund(world, order, "succeeded")
    assert given_back(world, order) == [500]


async def test_a_person_who_has_seen_to_what_cannot_be_looked_at_lets_the_order_end(
    world: World,
) -> None:
    order = await carried(world, "delivered")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await until_told(world, order, "order.refunded")
    world.sandbox.fault("stripe", "retrieve_refund", "http_error", times=None, status=403)
    await world.fast_forward(order, timedelta(days=8))
    case = await world.until_case(order, "refused_by_provider")
    assert (await world.answer(case, "accept")).is_success
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, DUE - 500)
