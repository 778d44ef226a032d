"""An order in two warehouses whose workflow, or whose records, are gone."""

from collections.abc import Callable

from backoffice.books import Books
from backoffice.database import Database
from sandbox.judge import Ending
from tests.two_warehouses import LYON, bring, open_lyon, there, warehouses_of
from tests.workflows.test_restore import essence, found, restore, set_up_again, vendors
from tests.workflows.test_second_looks import away, terminate_and_settle
from tests.workflows.test_several_shipments import carry, until
from tests.workflows.test_two_warehouses import FEE, MUG, POT, SPLIT, body
from tests.world import World
from workers.restore import Kind
from workers.wiring import Vendors

__all__ = ["vendors"]

DUE = 2 * MUG + POT + FEE


async def split(world: World) -> str:
    """Mugs are at home, the teapot is in Lyon; both are at work on it."""
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 2, 1))
    await until(world, order, 1, "in_fulfilment")
    await until(world, order, 2, "in_fulfilment")
    return order


async def nothing_is_left(world: World, order: str) -> None:
    sums = await world.judged(order, Ending.CANCELLED, DUE)
    assert (sums.captured, sums.held, sums.labels_live) == (0, 0, 0)
    stopped = {one.data.get("warehouse") for one in world.ledger(order, "wms", "cancelled")}
    assert stopped == {None, LYON}
    assert await there(world, "TEAPOT") == {"main": (0, 0), LYON: (5, 0)}
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0)}
    assert world.books.audits.audit(world.shop) == ()


@SPLIT
async def test_settling_stops_both_warehouses_and_gives_each_its_goods(world: World) -> None:
    order = await split(world)
    await carry(world, order, 2, to="ready_to_pack")
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    await nothing_is_left(world, order)


@SPLIT
async def test_a_handoff_that_nobody_heard_of_is_stopped_wherever_it_may_be(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "drop_after", nth=None, times=None)
    away(world, "wms", "look_up")
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 2, 1))
    await world.until(order, "payment_secured")
    while len(await world.until_ledger(order, "wms", "handoff_accepted")) < 2:
        pass
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    await nothing_is_left(world, order)


@SPLIT
async def test_records_that_were_lost_come_back_with_each_warehouse_s_goods(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    order = await split(world)
    await carry(world, order, 2, to="ready_to_pack")
    for mail in (await world.view(order))["mails"]:
        await world.until_mail_state(order, mail["kind"], "sent", "processed", "delivered")
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), order)
    assert [one.kind for one in named] == [Kind.MISSING]
    was, now = (one.search.order(world.shop, order) for one in (world.books, books))
    assert essence(now) == essence(was)
    assert now is not None
    assert {one.shipment.rpartition("-")[2]: one.warehouse for one in now.shipments} == (
        await warehouses_of(world, order)
    )
    left, remained = books.remains.of(order), world.books.remains.of(order)
    assert left.model_copy(update={"accepted_at": remained.accepted_at}) == remained
    levels = books.stock.levels_by_warehouse(world.shop)
    known = world.books.stock.levels_by_warehouse(world.shop)
    assert {spot: one.reserved for spot, one in levels.items()} == {
        spot: one.reserved for spot, one in known.items()
    }
    database.close()
