"""Two shipments of one order whose money is asked for at the same time: nothing stays held."""

from typing import Any

import pytest

from domain.creditor_reference import creditor_reference
from sandbox.judge import Ending
from tests.workflows.test_backorder import receive, take_all
from tests.workflows.test_several_shipments import (
    DAY,
    DUE,
    FEE,
    FIRST,
    POT,
    body,
    captures,
    carry,
    deliver,
    money,
    place,
    until,
)
from tests.workflows.test_short_pick import pick
from tests.world import World, eventually

SLOW = 2
"""Seconds for which a provider thinks about a capture: long enough to be asked for another one."""
SHIPS = pytest.mark.world(policy={"out_of_stock": "ship_available", "short_pick": "ship"})
ASKS = pytest.mark.world(
    policy={"out_of_stock": "ship_available", "ask_before_backorder_ends": "P30D"}
)


async def both_packed(world: World, order: str, found: int) -> None:
    """So many of the first shipment's two pots are there; both shipments are packed at once."""
    await pick(world, order, found)
    await until(world, order, 1, "ready_to_pack")
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2, to="ready_to_pack")
    await world.wms(f"{order}-s1", "packed")
    await world.wms(f"{order}-s2", "packed")
    for place_ in (1, 2):
        await carry(world, order, place_)


async def ended(world: World, order: str, due: int, **expected: Any) -> None:
    await deliver(world, order)
    await world.until(order, "delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, due, shipments=2, parcels=None, **expected)
    totals = world.books.money.totals(order, "EUR")
    assert totals.authorized - totals.voided == totals.captured
    assert world.books.audits.audit(world.shop) == ()


@SHIPS
async def test_what_a_broken_piece_leaves_of_the_hold_is_let_go(world: World) -> None:
    order = await place(world)
    world.sandbox.fault("stripe", "capture", "delay", order=order, seconds=SLOW)
    await both_packed(world, order, 1)
    assert sorted(captures(world, order)) == [POT, POT + FEE]
    await ended(world, order, DUE - POT)


@SHIPS
async def test_where_nothing_is_left_of_the_hold_nothing_is_let_go(world: World) -> None:
    order = await place(world)
    world.sandbox.fault("stripe", "capture", "delay", order=order, seconds=SLOW)
    await both_packed(world, order, 2)
    await ended(world, order, DUE)
    (held,) = money(world, order, "authorization")
    assert "void_payment" not in (await world.handle(order).fetch_history()).to_json()
    assert held.data["amount"] == sum(captures(world, order))


@SHIPS
async def test_what_a_broken_piece_leaves_of_a_transfer_is_sent_back(world: World) -> None:
    await take_all(world, left=2)
    order = await world.place(body(world) | {"payment": {"terms": "transfer"}})
    await world.until(order, "awaiting_payment")
    world.sandbox.transfer(creditor_reference(order), DUE, order=order)
    await until(world, order, 1, "in_fulfilment")
    world.sandbox.fault("bank", "transfers", "delay", times=3, seconds=SLOW)
    await both_packed(world, order, 1)
    await ended(world, order, DUE - POT, by_transfer=True)


@ASKS
async def test_a_rest_that_is_given_up_while_the_first_is_taken_is_let_go(world: World) -> None:
    order = await place(world)
    case = await world.until_case(order, "backorder_ends")
    await carry(world, order, 1, to="ready_to_pack")
    slow = world.sandbox.fault("stripe", "capture", "delay", order=order, seconds=SLOW)
    await world.wms(f"{order}-s1", "packed")

    async def asked() -> bool:
        return bool(world.sandbox.fired(slow))

    await eventually(asked, lambda: "no money was asked for")
    assert (await world.answer(case, "cancel")).is_success
    await until(world, order, 2, "cancelled")
    await carry(world, order, 1)
    assert captures(world, order) == [FIRST]
    await deliver(world, order, 1)
    await world.until(order, "delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, FIRST, shipments=2)
    totals = world.books.money.totals(order, "EUR")
    assert totals.voided.amount == POT
