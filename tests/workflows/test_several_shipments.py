"""One order in several shipments: each has its own money, papers and fate."""

import asyncio
from datetime import timedelta

import pytest

from cli import demo_orders
from sandbox.client import LedgerEntry
from sandbox.judge import Account, Ending
from tests.workflows.test_authorization_life import kept, offer
from tests.workflows.test_backorder import receive, take_all
from tests.world import Json, World

APART = pytest.mark.world(policy={"out_of_stock": "ship_available"})
DAY = timedelta(days=1)
POT, FEE = 6900, 490
DUE = 3 * POT + FEE
FIRST, REST = 2 * POT + FEE, POT


def body(world: World, card: str = "pm_card_visa", keep: bool = True) -> Json:
    """Three teapots by card, which may be kept for later."""
    rows = [demo_orders.line("1", "TEAPOT", "Teapot", 3, POT)]
    payment = kept(card) if keep else demo_orders.card(card)
    return demo_orders.order(world.body()["number"], rows, payment)


async def place(world: World, card: str = "pm_card_visa", keep: bool = True) -> str:
    """Two of the three are there: they go at once, and one waits."""
    await take_all(world, left=2)
    order = await world.place(body(world, card, keep))
    await world.until(order, "backordered")
    await until(world, order, 1, "in_fulfilment")
    return order


async def status(world: World, order: str, place: int) -> str:
    shipments = (await world.view(order))["shipments"]
    found = {one["shipment"]: one["status"] for one in shipments}
    return str(found.get(f"{order}-s{place}"))


async def until(world: World, order: str, place: int, *wanted: str) -> None:
    """Wait until one of the order's shipments is in one of these statuses, on record."""
    await world.until_shipment(f"{order}-s{place}", *wanted)


async def carry(world: World, order: str, place: int, to: str = "shipped") -> None:
    """Play the warehouse for one shipment up to a status on the way."""
    plays = {"in_fulfilment": "picked", "ready_to_pack": "packed", "released": "handed_over"}
    while (now := await status(world, order, place)) != to:
        if now in plays:
            await world.wms(f"{order}-s{place}", plays.pop(now))
        await until(world, order, place, to, *plays)


async def deliver(world: World, order: str, *places: int) -> None:
    """The courier has brought these of the order's parcels; all of them, unless some are named."""
    wanted = [f"{order}-s{place}" for place in places or (1, 2)]
    shipments = (await world.view(order))["shipments"]
    labels = [label for one in shipments if one["shipment"] in wanted for label in one["labels"]]
    for label in (one for one in labels if one["voided_at"] is None):
        number = str(label["label"]["tracking_number"])
        await asyncio.to_thread(world.sandbox.courier, number, "DELIVERED")


def captures(world: World, order: str) -> list[int]:
    return [int(one.data["amount"]) for one in money(world, order, "capture")]


def money(world: World, order: str, kind: str) -> list[LedgerEntry]:
    return world.ledger(order, "stripe", kind)


async def invoices(world: World, order: str) -> list[str]:
    documents = (await world.view(order))["documents"]
    return [one["shipment"] for one in documents if one["kind"] == "invoice"]


async def finished(world: World, order: str) -> Account:
    """Everything has arrived, and the review was asked for."""
    await deliver(world, order)
    await world.until(order, "delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    return await world.judged(order, Ending.COMPLETED, DUE, shipments=2, parcels=None)


@APART
@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_jcb"])
async def test_what_is_there_goes_at_once_and_the_rest_when_it_has_come(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 1)
    assert captures(world, order) == [FIRST]
    assert await world.status(order) == "backordered"
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    assert captures(world, order) == [FIRST, REST]
    several = card == "pm_card_visa"
    assert len(money(world, order, "authorization")) == (1 if several else 2)
    sums = await finished(world, order)
    assert sums.mails["shipped"] == 2
    assert sums.mails["confirmation"] == 1
    assert await invoices(world, order) == [f"{order}-s1", f"{order}-s2"]
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_of_two_parcels_one_handed_over_and_the_other_cancelled_only_the_second_is_undone(
    world: World,
) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2, to="ready_to_pack")
    answer = await world.cancel(order)
    assert answer["accepted"]
    assert "stays sold" in answer["message"]
    await until(world, order, 2, "cancelled")
    await deliver(world, order, 1)
    await world.until(order, "delivered")
    await world.fast_forward(order, 8 * DAY)
    view = await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, FIRST, shipments=2)
    assert sums.refunded == 0
    assert sums.mails["part_cancelled"] == 1
    assert sums.mails["cancelled"] == 0
    labels = {one["shipment"]: one["labels"] for one in view["shipments"]}
    assert labels[f"{order}-s1"][0]["voided_at"] is None
    assert labels[f"{order}-s2"][0]["voided_at"] is not None
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_cancelled_before_anything_has_left_both_are_undone(world: World) -> None:
    order = await place(world)
    answer = await world.cancel(order)
    assert answer["moment"] == "before_capture"
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED, DUE)
    assert sums.mails["cancelled"] == 1
    assert sums.mails["part_cancelled"] == 0
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_the_rest_that_does_not_come_in_time_is_cancelled_alone(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    await world.fast_forward(order, 31 * DAY)
    await until(world, order, 2, "cancelled")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, FIRST, shipments=2)
    assert sums.mails["part_cancelled"] == 1
    assert len(money(world, order, "authorization")) == 1


@APART
@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_jcb"])
async def test_an_authorization_that_ends_on_day_7_of_a_backorder_is_made_anew_once_the_goods_come(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    await world.fast_forward(order, 8 * DAY)
    assert len(money(world, order, "authorization")) == 1
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    held = money(world, order, "authorization")
    assert [int(one.data["amount"]) for one in held] == [DUE, REST]
    assert captures(world, order) == [FIRST, REST]
    await finished(world, order)


@APART
async def test_a_rest_that_the_bank_will_not_hold_anew_stays_until_the_customer_pays(
    world: World,
) -> None:
    order = await place(world, "pm_card_jcb", keep=False)
    await carry(world, order, 1)
    await receive(world, 1)
    await world.until_case(order, "authorization_ends")
    assert await status(world, order, 2) == "reserved"
    answer = await offer(world, order)
    assert answer.is_success, answer.text
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    assert captures(world, order) == [FIRST, REST]


@APART
async def test_a_rest_that_is_not_paid_in_time_is_cancelled_and_its_goods_are_free(
    world: World,
) -> None:
    order = await place(world, "pm_card_jcb", keep=False)
    await carry(world, order, 1)
    await receive(world, 1)
    await world.until_case(order, "authorization_ends")
    await world.fast_forward(order, 4 * DAY)
    await until(world, order, 2, "cancelled")
    await deliver(world, order, 1)
    await world.until(order, "delivered")
    await world.judged(order, Ending.OPEN, FIRST, shipments=2)
    audits = await asyncio.to_thread(world.books.audits.audit, world.shop)
    assert audits == ()


@pytest.mark.world(policy={"out_of_stock": "cancel_line"})
async def test_a_line_that_lacks_a_piece_is_left_out_and_the_sums_follow(world: World) -> None:
    await take_all(world, left=2)
    rows = [
        demo_orders.line("1", "TEAPOT", "Teapot", 3, POT),
        demo_orders.line("2", "MUG-BLUE", "Mug", 1, 1890),
    ]
    number = world.body()["number"]
    order = await world.place(demo_orders.order(number, rows, demo_orders.card()))
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, 1890 + FEE)
    assert sums.authorized == 1890 + FEE
    assert sums.mails["part_cancelled"] == 1


@APART
async def test_a_shipment_that_is_given_up_leaves_the_rest_its_money_and_the_fee(
    world: World,
) -> None:
    order = await place(world)
    pot = {"line": "1", "sku": "TEAPOT", "quantity": 1, "barcodes": ["4902778915615"]}
    await world.wms(f"{order}-s1", "picked", lines=[pot | {"short": "one broken"}])
    assert (await world.answer(await world.until_case(order, "short_pick"), "cancel")).is_success
    await until(world, order, 1, "cancelled")
    assert money(world, order, "void") == []
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    await deliver(world, order)
    await world.until(order, "delivered")
    sums = await world.judged(order, Ending.OPEN, REST + FEE, parcels=1)
    assert sums.captured == REST + FEE
    assert sums.held == 0
    assert await invoices(world, order) == [f"{order}-s2"]
    assert world.books.audits.audit(world.shop) == ()
