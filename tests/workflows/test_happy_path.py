"""A plain order, step by step, to the doorstep and to the review."""

from datetime import timedelta

from sandbox.judge import Ending
from tests.bills import billed
from tests.world import World


async def test_a_plain_order_is_charged_when_it_ships_and_everything_balances(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.captured == sums.authorized == 4270
    assert sums.mails == {"confirmation": 1, "shipped": 1, "review": 1}
    assert sums.captured_at is not None
    assert sums.released_at is not None
    assert sums.handed_over_at is not None
    assert sums.captured_at < sums.released_at < sums.handed_over_at
    assert await billed(world, order) == {"invoice": 4270}


async def test_nothing_is_charged_before_the_parcel_is_packed(world: World) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    assert not world.ledger(order, "stripe", "capture")
    assert len(world.ledger(order, "stripe", "authorization")) == 1


async def test_the_order_tells_its_story_in_the_right_sequence(world: World) -> None:
    order = await world.place()
    view = await world.carry(order)
    assert [one["status"] for one in view["transitions"]] == [
        "reserved",
        "payment_secured",
        "in_fulfilment",
        "picked",
        "ready_to_pack",
        "packed",
        "captured",
        "released",
        "shipped",
        "delivered",
        "completed",
    ]


async def test_every_step_of_a_plain_order_is_a_recorded_fact(world: World) -> None:
    order = await world.place()
    view = await world.carry(order)
    steps = {fact["step"] for fact in view["facts"]}
    assert steps == {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 20}


async def test_the_review_is_asked_for_some_days_after_delivery_and_not_before(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await world.fast_forward(order, timedelta(days=6, hours=23))
    assert not [e for e in world.ledger(order, "sendgrid", "mail") if e.data["kind"] == "review"]
    await world.fast_forward(order, timedelta(hours=2))
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.mails["review"] == 1
