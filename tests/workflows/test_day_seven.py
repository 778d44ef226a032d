"""An authorization that expires on day 7 of a backorder: re-authorized once, or held; never shipped
unpaid."""

from datetime import timedelta

import pytest

from sandbox.judge import Ending
from tests.workflows.test_authorization_life import offer
from tests.workflows.test_backorder import receive
from tests.workflows.test_several_shipments import (
    APART,
    DAY,
    DUE,
    FIRST,
    REST,
    captures,
    carry,
    deliver,
    finished,
    money,
    place,
    status,
    until,
)
from tests.world import World

SINGLE, MULTIPLE = "pm_card_jcb", "pm_card_visa"
DAY_7 = timedelta(days=7, hours=1)


async def first_gone(world: World, card: str, keep: bool) -> str:
    """What was there is delivered; the rest is waited for until day 7 has passed."""
    order = await place(world, card, keep)
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    await world.fast_forward(order, DAY_7)
    return order


def lapsed(world: World, order: str) -> int:
    return len(money(world, order, "authorization_expired"))


async def re_authorized(world: World, card: str, expired: int) -> None:
    order = await first_gone(world, card, keep=True)
    assert lapsed(world, order) == expired
    assert [one.data["amount"] for one in money(world, order, "authorization")] == [DUE]
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    held = [one.data["amount"] for one in money(world, order, "authorization")]
    assert held == [DUE, REST]
    await carry(world, order, 2)
    sums = await finished(world, order)
    assert captures(world, order) == [FIRST, REST]
    assert (sums.authorized, sums.captured, sums.held) == (DUE + REST, DUE, 0)
    assert world.books.audits.audit(world.shop) == ()


async def held_back(world: World, card: str, expired: int) -> None:
    order = await first_gone(world, card, keep=False)
    assert lapsed(world, order) == expired
    await receive(world, 1)
    case = await world.until_case(order, "authorization_ends")
    assert "must not leave" in case["reason"]
    await world.fast_forward(order, DAY)
    assert await status(world, order, 2) == "reserved"
    assert captures(world, order) == [FIRST]
    handed = [one.data["shipment"] for one in world.ledger(order, "wms", "handoff_accepted")]
    assert handed == [f"{order}-s1"]
    await world.judged(order, Ending.OPEN, FIRST, shipments=2, parcels=None)
    assert (await offer(world, order)).is_success
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    sums = await finished(world, order)
    assert (sums.authorized, sums.captured, sums.held) == (DUE + REST, DUE, 0)
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_with_multiple_capture_it_is_re_authorized_once(world: World) -> None:
    await re_authorized(world, MULTIPLE, expired=1)


@APART
async def test_with_single_capture_it_is_re_authorized_once(world: World) -> None:
    await re_authorized(world, SINGLE, expired=0)


@APART
async def test_with_multiple_capture_it_is_held_where_the_bank_will_not_and_never_shipped_unpaid(
    world: World,
) -> None:
    await held_back(world, MULTIPLE, expired=1)


@APART
async def test_with_single_capture_it_is_held_where_the_bank_will_not_and_never_shipped_unpaid(
    world: World,
) -> None:
    await held_back(world, SINGLE, expired=0)


@APART
@pytest.mark.parametrize("card", [MULTIPLE, SINGLE])
async def test_what_is_here_and_lingers_is_renewed_and_the_rest_held_anew_when_it_comes(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await world.fast_forward(order, timedelta(days=6, hours=1))
    await world.until_ledger(order, "stripe", "void")
    assert [one.data["amount"] for one in money(world, order, "authorization")] == [DUE, DUE]
    await carry(world, order, 1)
    assert captures(world, order) == [FIRST]
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    await world.fast_forward(order, DAY_7)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    sums = await finished(world, order)
    assert captures(world, order) == [FIRST, REST]
    assert (sums.captured, sums.held) == (DUE, 0)


@APART
@pytest.mark.parametrize("card", [MULTIPLE, SINGLE])
async def test_the_rest_that_came_and_lingers_beyond_day_7_is_re_authorized_before_it_ships(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 1)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    before = len(money(world, order, "authorization"))
    await world.fast_forward(order, timedelta(days=6, hours=1))
    await world.until_ledger(order, "stripe", "void")
    held = [one.data["amount"] for one in money(world, order, "authorization")]
    assert held[before:] == [REST]
    await carry(world, order, 2)
    sums = await finished(world, order)
    assert captures(world, order) == [FIRST, REST]
    assert (sums.captured, sums.held) == (DUE, 0)
    assert world.books.audits.audit(world.shop) == ()
