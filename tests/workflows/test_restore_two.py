"""Orders in two shipments when records or engine were lost: taken, numbered and sent only once."""

from collections.abc import Callable

import pytest

from backoffice.books import Books
from backoffice.database import Database
from sandbox.judge import Ending
from tests.scarce import deliver as serve
from tests.scarce import made_scarce
from tests.scarce import place as place_scarce
from tests.workflows.test_authorization_life import kept
from tests.workflows.test_one_of_two import reviewed
from tests.workflows.test_restore import essence, found, lose, restore, set_up_again, vendors
from tests.workflows.test_several_shipments import captures, carry, deliver, money, status, until
from tests.workflows.test_standing import settled
from tests.world import World, eventually
from workers.restore import Kind
from workers.wiring import Vendors

__all__ = ["vendors"]

DUE, FIRST, REST = 4270, 2380, 1890
CARDS = ("pm_card_visa", "pm_card_jcb")
ACTS = {"authorization", "capture", "void", "refund", "label_purchased", "mail", "released"}


async def divided(world: World, card: str = CARDS[0], first: str = "shipped") -> str:
    """Of two mugs one is there and has come so far; the other is waited for."""
    order = await place_scarce(
        world, made_scarce(world.body(payment=kept(card))), waits=True, there=1
    )
    await until(world, order, 1, "in_fulfilment")
    await carry(world, order, 1, to=first)
    return order


async def served(
    world: World, card: str = CARDS[0], first: str = "shipped", second: str = "in_fulfilment"
) -> str:
    """The other has come as well."""
    order = await divided(world, card, first)
    assert await serve(world, order)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2, to=second)
    return order


async def recalled(world: World) -> str:
    order = await served(world, second="released")
    await world.cancel(order)
    await until(world, order, 2, "recalling")
    await world.until_ledger(order, "wms", "recall_asked")
    await world.wms(f"{order}-s2", "recall_result", outcome="pulled")
    await until(world, order, 2, "cancelled")
    return order


async def cancelled(world: World) -> str:
    order = await served(world, first="ready_to_pack", second="ready_to_pack")
    await world.cancel(order)
    await world.until(order, "cancelled")
    return order


async def handed_off_again(world: World, order: str) -> None:
    """The order has come as far as the warehouse once more, and stands in line."""

    async def there() -> bool:
        facts = (await world.view(order))["facts"]
        return any(one["operation"] == "hand_off" and one["attempt"] == 2 for one in facts)

    await eventually(there, lambda: f"{order} is not handed off again")


async def quiet(world: World, orders: list[str]) -> None:
    """Every mail that is due has gone out."""
    for order in orders:
        for mail in (await world.view(order))["mails"]:
            await world.until_mail_state(order, mail["kind"], "sent", "processed", "delivered")
    for order in orders:
        await world.judged(order, Ending.OPEN, parcels=None, shipments=2, gone_told=True)


async def test_records_that_were_lost_come_back_with_sums_numbers_and_places(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    orders = [await divided(world, card, "released") for card in CARDS]
    orders += [await served(world, card) for card in CARDS]
    orders += [await served(world, card, second="shipped") for card in CARDS]
    orders += [await recalled(world), await cancelled(world)]
    await quiet(world, orders)
    before = len(world.ledger())
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), *orders)
    assert {one.order: one.kind for one in named} == dict.fromkeys(orders, Kind.MISSING)
    assert not [one.mended for one in named if "cannot be read" in one.mended]
    for order in orders:
        was, now = (one.search.order(world.shop, order) for one in (world.books, books))
        assert essence(now) == essence(was)
        assert now is not None
        assert was is not None
        assert now.waits_for == was.waits_for
        assert [one.status for one in now.shipments] == [one.status for one in was.shipments]
        left, remained = books.remains.of(order), world.books.remains.of(order)
        assert left.model_copy(update={"accepted_at": remained.accepted_at}) == remained
    assert [entry for entry in world.ledger()[before:] if entry.kind in ACTS] == []
    assert await found(restore(world, books, vendors), *orders) == []
    assert books.audits.audit(world.shop) == ()
    database.close()


@pytest.mark.parametrize("second", ["waits", "in_fulfilment", "ready_to_pack"])
async def test_one_that_the_engine_has_lost_before_any_capture_is_started_again(
    world: World, vendors: Vendors, second: str
) -> None:
    order = (
        await divided(world, first="ready_to_pack")
        if second == "waits"
        else await served(world, first="ready_to_pack", second=second)
    )
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")
    if second == "waits":
        await handed_off_again(world, order)
        assert await serve(world, order)
        await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 1)
    await carry(world, order, 2)
    await deliver(world, order)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, DUE, shipments=2, parcels=None)
    assert (sums.authorized, sums.captured, sums.labels_bought) == (DUE, DUE, 2)
    assert world.books.audits.audit(world.shop) == ()


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("second", ["waits", "in_fulfilment"])
async def test_one_that_the_engine_has_lost_after_a_part_has_left_is_not_started_again(
    world: World, vendors: Vendors, second: str, card: str
) -> None:
    order = await (divided(world, card) if second == "waits" else served(world, card))
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert difference.kind is Kind.LOST
    assert "settle" in difference.to_do
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana", "why": "lost"})
    assert answer.status_code == 202, answer.text
    assert (await settled(world, order)).undone
    assert await status(world, order, 2) == "cancelled"
    assert captures(world, order) == [FIRST]
    sums = await world.judged(order, Ending.OPEN, FIRST, shipments=2, parcels=None)
    assert (sums.held, sums.refunded) == (0, 0)
    assert world.books.audits.audit(world.shop) == ()


async def test_one_of_which_a_part_was_cancelled_is_not_started_again(
    world: World, vendors: Vendors
) -> None:
    order = await divided(world, first="in_fulfilment")
    sku = (await world.view(order))["order"]["lines"][0]["sku"]
    none = {"line": "1", "sku": sku, "quantity": 0, "short": "not found"}
    await world.wms(f"{order}-s1", "picked", lines=[none])
    assert (await world.answer(await world.until_case(order, "short_pick"), "cancel")).is_success
    await until(world, order, 1, "cancelled")
    await serve(world, order)
    await until(world, order, 2, "in_fulfilment")
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert difference.kind is Kind.LOST
    assert "settle" in difference.to_do
    assert money(world, order, "capture") == []
