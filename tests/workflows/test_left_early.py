"""Goods that leave while they are called back: paid, and accounted for like any others."""

import asyncio

import pytest

from domain.status import OrderStatus
from sandbox.judge import Ending
from tests.bills import billed
from tests.world import World, eventually

INVOICED = {"invoice": 4270}


async def until_fired(world: World, rule: str) -> None:
    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, rule)

    await eventually(fired, lambda: "the call is never made")


async def accounted_for(world: World, order: str) -> None:
    """Two mugs have left the books, none is promised any more, and the sums are right."""
    level = (await world.admin.get(f"/shops/{world.shop}/stock")).json()
    mugs = next(row for row in level["levels"] if row["sku"] == "MUG-BLUE")
    assert (mugs["on_hand"], mugs["reserved"]) == (99998, 0)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def left_without_a_label(world: World, trouble: str) -> str:
    """An order whose label cannot be had, and which the warehouse lets go when it is cancelled."""
    lost = world.sandbox.fault("shippo", "create_transaction", trouble, nth=None, times=None)
    world.sandbox.fault("shippo", "list_transactions", "drop_before", nth=None, times=None)
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    await until_fired(world, lost)
    await world.wms(f"{order}-s1", "handed_over")
    await world.cancel(order)
    await world.until_ledger(order, "stripe", "capture")
    world.sandbox.clear_faults()
    await world.until(order, "shipped", patience=60)
    return order


@pytest.mark.parametrize("trouble", ["drop_before", "drop_after"])
async def test_what_left_before_its_label_was_bought_is_paid_issued_and_invoiced(
    world: World, trouble: str
) -> None:
    order = await left_without_a_label(world, trouble)
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.labels_live) == (4270, 0)
    await accounted_for(world, order)
    assert await billed(world, order) == INVOICED


@pytest.mark.parametrize(
    ("answer", "status"),
    [("accept", OrderStatus.DELIVERED), ("close", OrderStatus.NOT_DELIVERED)],
)
async def test_what_no_courier_can_report_is_asked_and_never_taken_for_delivered(
    world: World, answer: str, status: OrderStatus
) -> None:
    order = await left_without_a_label(world, "drop_before")
    case = await world.until_case(order, "not_delivered")
    assert case["answers"] == ["accept", "close"]
    assert (await world.answer(case, answer)).is_success
    view = await world.until(order, status.value, "completed")
    assert status.value in [one["status"] for one in view["transitions"]]


async def test_what_left_while_its_papers_were_made_is_issued_and_invoiced(world: World) -> None:
    lost = world.sandbox.fault("shippo", "label", "drop_before", nth=None, times=None)
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    await until_fired(world, lost)
    await world.handle(order).signal("courier_event", await world.scan(order))
    await world.until_history(order, "courier_event")
    await world.handle(order).cancel()
    world.sandbox.clear_faults()
    await world.until(order, "shipped", patience=60)
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.labels_live) == (4270, 1)
    await accounted_for(world, order)
    assert await billed(world, order) == INVOICED


async def test_what_is_scanned_after_it_was_put_away_is_issued_and_invoiced_anew(
    world: World,
) -> None:
    held = world.sandbox.fault("shippo", "create_refund", "drop_before", nth=None, times=None)
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.cancel(order)
    await until_fired(world, held)
    await world.handle(order).signal("courier_event", await world.scan(order))
    await world.until_history(order, "courier_event")
    world.sandbox.clear_faults()
    await world.until(order, "shipped", patience=60)
    sums = await world.judged(order, Ending.OPEN)
    assert sums.captured == 4270
    await accounted_for(world, order)
    await told_of_its_new_invoice(world, order)


async def told_of_its_new_invoice(world: World, order: str) -> None:
    """Staff have been told which papers the customer lacks: the parcel has the credited invoice."""
    view = await world.view(order)
    papers = [(one["kind"], one["number"]) for one in view["documents"]]
    _, holds = [number for kind, number in papers if kind == "invoice"]
    (note,) = [number for kind, number in papers if kind == "credit_note"]
    reasons = [one["reason"] for one in view["cases"] if one["kind"] == "gone_unreleased"]
    assert any(f"({note})" in reason and reason.endswith(holds) for reason in reasons)


async def test_what_is_scanned_while_the_void_cannot_be_had_is_paid(world: World) -> None:
    away = world.sandbox.fault("stripe", "cancel", "drop_before", nth=None, times=None)
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.cancel(order)
    await until_fired(world, away)
    await world.handle(order).signal("courier_event", await world.scan(order))
    await world.until_case(order, "gone_unreleased")
    world.sandbox.clear_faults()
    await world.until(order, "shipped", patience=60)
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.let_go) == (4270, 0)
    await accounted_for(world, order)
    await told_of_its_new_invoice(world, order)
