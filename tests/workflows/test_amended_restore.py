"""Amended orders of which records or engine were lost, that were terminated, that are erased."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta

import pytest_asyncio

from backoffice.books import Books
from backoffice.database import Database
from sandbox.judge import Ending
from tests.amending import LESS, LESS_DUE, MORE, MORE_DUE, amend, amendment, teapot
from tests.workflows.test_amendments import placed, reserved
from tests.workflows.test_authorization_life import money
from tests.workflows.test_restore import essence, found, lose, restore, set_up_again
from tests.workflows.test_second_looks import terminate_and_settle
from tests.world import World
from workers.restore import Kind
from workers.wiring import Vendors


@pytest_asyncio.fixture
async def vendors(world: World) -> AsyncGenerator[Vendors]:
    made = Vendors.of(world.settings, world.books)
    yield made
    made.close()


async def refused_then_amended(world: World) -> str:
    """The warehouse refuses one amendment; another one makes it less."""
    order = await placed(world)
    world.sandbox.fault("wms", "amendment", "refuse")
    small = amendment([teapot()], [2 * 1890, 6900], key="k0")
    assert (await amend(world, order, small)).status_code == 409
    assert (await amend(world, order, LESS)).is_success
    await world.until_mail_state(order, "amended", "sent", "processed", "delivered")
    return order


async def test_records_that_were_lost_come_back_with_every_amendment(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    order = await refused_then_amended(world)
    await money(world, order, "void", 1)
    await world.until_mail_state(order, "confirmation", "sent", "processed", "delivered")
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    (difference,) = await found(restore(world, books, vendors), order)
    assert difference.kind is Kind.MISSING
    was, now = (one.search.order(world.shop, order) for one in (world.books, books))
    assert essence(now) == essence(was)
    assert was is not None
    assert now is not None
    assert now.amendments == was.amendments
    assert [one.refused == "" for one in now.amendments] == [False, True]
    assert await found(restore(world, books, vendors), order) == []
    database.close()


async def test_one_that_was_only_made_less_begins_anew_and_ends_so(
    world: World, vendors: Vendors
) -> None:
    order = await placed(world)
    assert (await amend(world, order, LESS)).is_success
    await world.until_mail_state(order, "amended", "sent", "processed", "delivered")
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, LESS_DUE)
    assert (sums.authorized, sums.captured, sums.mails["amended"]) == (4270, LESS_DUE, 1)
    view = await world.view(order)
    assert (reserved(view), sums.callbacks) == ({}, len(view["transitions"]))


async def test_settling_lets_go_of_both_holds_where_one_takes_the_other_s_place(
    world: World,
) -> None:
    order = await placed(world)
    world.sandbox.fault("wms", "amendment", "http_error", nth=None, times=None, status=503)
    asked = asyncio.create_task(amend(world, order, MORE))
    await money(world, order, "authorization", 2)
    settled = await terminate_and_settle(world, order)
    await asked
    assert settled.undone, settled.problems
    sums = await world.judged(order, Ending.CANCELLED, MORE_DUE)
    assert (sums.captured, sums.held) == (0, 0)
    view = await world.view(order)
    assert reserved(view) == {}
    assert view["money"]["voided"]["amount"] == 4270 + MORE_DUE


async def test_settling_lets_go_of_the_old_hold_after_an_amendment_was_refused(
    world: World,
) -> None:
    order = await placed(world)
    world.sandbox.fault("wms", "amendment", "refuse")
    assert (await amend(world, order, MORE)).status_code == 409
    await money(world, order, "void", 1)
    settled = await terminate_and_settle(world, order)
    assert settled.undone, settled.problems
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.held) == (0, 0)


async def test_the_hold_of_an_amended_order_is_made_anew_in_its_own_time(world: World) -> None:
    order = await placed(world)
    await world.fast_forward(order, timedelta(days=3))
    assert (await amend(world, order, MORE)).is_success
    await money(world, order, "void", 1)
    await world.fast_forward(order, timedelta(days=3, hours=2))
    assert len(world.ledger(order, "stripe", "authorization")) == 2
    await world.fast_forward(order, timedelta(days=1))
    (*_, newest) = await money(world, order, "authorization", 3)
    assert newest.data["amount"] == MORE_DUE
    await money(world, order, "void", 2)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, MORE_DUE)
    assert sums.captured == MORE_DUE
