"""An order that went to another warehouse, and whose records, or whose workflow, are gone."""

from collections.abc import Callable

from backoffice.books import Books
from backoffice.database import Database
from sandbox.judge import Ending
from tests.two_warehouses import LYON, in_lyon, open_lyon, there, warehouses_of
from tests.workflows.test_rerouting import BY_POLICY, at, news_of, rejects, silent
from tests.workflows.test_restore import essence, found, lose, restore, set_up_again, vendors
from tests.workflows.test_several_shipments import carry, deliver
from tests.world import World
from workers.restore import Kind
from workers.wiring import Vendors

__all__ = ["vendors"]


async def taken_to_lyon(world: World) -> str:
    """Main was silent, and staff have Lyon send it."""
    order, case = await silent(world)
    assert (await world.answer(case, "reroute")).is_success
    await in_lyon(world, order)
    return order


async def ends_from_lyon(world: World, order: str) -> None:
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await world.until(order, "delivered", "completed")
    assert at(world, order, "picked") == [LYON]
    assert at(world, order, "handoff_accepted").count(LYON) == 1
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (3, 0)}
    assert world.books.audits.audit(world.shop) == ()


async def test_records_that_were_lost_say_again_where_it_went_and_who_wanted_it(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    order = await taken_to_lyon(world)
    await world.until_mail_state(order, "confirmation", "sent", "processed", "delivered")
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), order)
    assert [one.kind for one in named] == [Kind.MISSING]
    was, now = (one.search.order(world.shop, order) for one in (world.books, books))
    assert essence(now) == essence(was)
    assert now is not None
    assert [one.warehouse for one in now.shipments] == [LYON]
    reserved = books.stock.levels_by_warehouse(world.shop)
    known = world.books.stock.levels_by_warehouse(world.shop)
    assert {spot: one.reserved for spot, one in reserved.items()} == {
        spot: one.reserved for spot, one in known.items()
    }
    assert await found(restore(world, books, vendors), order) == []
    database.close()


async def test_one_that_the_engine_has_lost_follows_its_goods_and_is_moved_once(
    world: World, vendors: Vendors
) -> None:
    order = await taken_to_lyon(world)
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")
    assert await warehouses_of(world, order) == {"s1": LYON}
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 2)}
    await ends_from_lyon(world, order)


@BY_POLICY
async def test_one_that_was_rejected_and_lost_goes_there_again(
    world: World, vendors: Vendors
) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    rejects(world)
    order = await world.place()
    await in_lyon(world, order)
    before = news_of(await world.view(order))
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")
    await ends_from_lyon(world, order)
    assert news_of(await world.view(order)) == before
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED)
