"""Two shipments whose workflow is gone: what has left stays sold, the rest is undone."""

from collections.abc import Awaitable, Callable

import pytest

from sandbox.judge import Ending
from tests.workflows.test_backorder import level, receive
from tests.workflows.test_one_of_two import credited, gone, place
from tests.workflows.test_second_looks import away, terminate_and_settle
from tests.workflows.test_several_shipments import (
    APART,
    DUE,
    FEE,
    FIRST,
    REST,
    body,
    captures,
    carry,
    money,
    take_all,
    until,
)
from tests.workflows.test_several_shipments import place as place_first
from tests.workflows.test_short_pick import mail_text
from tests.workflows.test_standing import found, settled
from tests.world import World


async def waits(world: World) -> str:
    return await place_first(world)


async def labelled(world: World) -> str:
    order = await place(world)
    await carry(world, order, 2, to="ready_to_pack")
    return order


@APART
@pytest.mark.parametrize("before", [waits, place, labelled], ids=lambda one: one.__name__)
async def test_settling_undoes_what_is_here_and_nothing_of_what_has_left(
    world: World, before: Callable[[World], Awaitable[str]]
) -> None:
    order = await before(world)
    await carry(world, order, 1)
    fee_first = captures(world, order) == [FIRST]
    await world.handle(order).terminate("a test")
    (case,) = await found(world, order)
    assert "what has left stays sold" in case["reason"]
    assert (await world.answer(case, "cancel")).is_success
    done = await settled(world, order)
    assert done.undone, done
    await until(world, order, 2, "cancelled")
    due = FIRST if fee_first else FIRST - FEE
    sums = await world.judged(order, Ending.OPEN, due, shipments=2, parcels=None)
    assert (sums.captured, sums.refunded, sums.held) == (due, 0, 0)
    assert (sums.mails["part_cancelled"], sums.mails["cancelled"]) == (1, 0)
    assert "1 x Teapot" in mail_text(world, "is cancelled")
    view = await world.view(order)
    assert (view["status"], view["waits_for"]) == ("shipped", [])
    live = [
        len([each for each in one["labels"] if not each["voided_at"]]) for one in view["shipments"]
    ]
    assert live == [1, 0]
    assert sum(one["reserved"] for one in view["stock"]) == 0
    assert gone(view) == {f"{order}-s1": 2}
    assert f"{order}-s1" not in credited(world, order)
    again = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana", "why": "again"})
    assert (again.status_code, "have left" in again.text) == (409, True)
    assert world.books.audits.audit(world.shop) == ()


@APART
@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_jcb"])
async def test_what_is_paid_and_not_released_is_given_back_alone(world: World, card: str) -> None:
    order = await place(world, card)
    await carry(world, order, 1)
    await carry(world, order, 2, to="ready_to_pack")
    away(world, "wms", "release")
    await world.wms(f"{order}-s2", "packed")
    await until(world, order, 2, "captured")
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    await until(world, order, 2, "cancelled")
    sums = await world.judged(order, Ending.OPEN, FIRST, shipments=2, parcels=None)
    assert (sums.captured, sums.refunded, sums.held) == (DUE, REST, 0)
    (refund,) = money(world, order, "refund")
    assert refund.data["intent"] == money(world, order, "capture")[1].data["intent"]
    assert credited(world, order) == {f"{order}-s2": -REST}
    assert (await level(world))["on_hand"] == 1
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_where_the_second_may_be_gone_as_well_a_person_decides(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await carry(world, order, 2, to="released")
    await world.handle(order).terminate("a test")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana", "why": "stuck"})
    assert answer.status_code == 409
    assert "may be gone" in answer.text
    assert "20.70" not in answer.text


@APART
async def test_a_first_handoff_that_nobody_heard_of_is_stopped_while_the_rest_waits(
    world: World,
) -> None:
    world.sandbox.fault("wms", "handoff", "drop_after", nth=None, times=None)
    away(world, "wms", "look_up")
    await take_all(world, left=2)
    order = await world.place(body(world))
    await world.until(order, "backordered")
    await world.until_ledger(order, "wms", "handoff_accepted")
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    stopped = world.ledger(order, "wms", "cancelled")
    assert [one.data["shipment"] for one in stopped] == [f"{order}-s1"]
    sums = await world.judged(order, Ending.CANCELLED, DUE)
    assert (sums.captured, sums.held) == (0, 0)
    await receive(world, 1)
    assert (await level(world))["reserved"] == 0
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_two_that_are_both_here_are_both_undone(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1, to="ready_to_pack")
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    sums = await world.judged(order, Ending.CANCELLED, DUE)
    assert (sums.captured, sums.held, sums.labels_live) == (0, 0, 0)
    assert (sums.mails["cancelled"], sums.mails["part_cancelled"]) == (1, 0)
    assert sum(one["reserved"] for one in (await world.view(order))["stock"]) == 0
    assert world.books.audits.audit(world.shop) == ()
