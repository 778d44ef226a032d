"""Two parcels of one order: what becomes of one of them is none of the other's business."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from sandbox.judge import Ending
from tests.workflows.test_backorder import level, receive
from tests.workflows.test_several_shipments import (
    APART,
    DAY,
    DUE,
    FEE,
    FIRST,
    POT,
    REST,
    captures,
    carry,
    deliver,
    invoices,
    money,
    status,
    until,
)
from tests.workflows.test_several_shipments import place as place_first
from tests.workflows.test_short_pick import mail_text
from tests.world import Json, World

CARDS = pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_jcb"])
"""Money is taken in parts of one authorization, or of one each."""


async def place(world: World, card: str = "pm_card_visa") -> str:
    """Two teapots that were there, and one that has come by now: both with the warehouse."""
    order = await place_first(world, card)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    return order


async def reviewed(world: World, order: str) -> None:
    """What goes on has arrived, and its review was asked for."""
    await world.until(order, "delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")


def credited(world: World, order: str) -> dict[str, int]:
    """What the credit notes on record take off each shipment's invoice."""
    with world.books.database.reading() as connection:
        rows = connection.execute(
            text("SELECT shipment, gross FROM credit_notes WHERE order_id = :order"),
            {"order": order},
        )
        return {str(shipment): int(gross) for shipment, gross in rows}


def gone(view: Json) -> dict[str, int]:
    """How many pieces of each shipment have left the books for good."""
    left: dict[str, int] = {}
    for one in view["stock"]:
        left[one["shipment"]] = left.get(one["shipment"], 0) - int(one["on_hand"])
    return {shipment: pieces for shipment, pieces in left.items() if pieces}


async def pulled(world: World, order: str, place: int) -> None:
    """The customer cancels, and the warehouse finds the parcel that is asked for."""
    answer = await world.cancel(order)
    assert (answer["accepted"], answer["moment"]) == (True, "before_hand_over")
    assert "stays sold" in answer["message"]
    assert "everything" not in answer["message"]
    await until(world, order, place, "recalling")
    await world.until_ledger(order, "wms", "recall_asked")
    await world.wms(f"{order}-s{place}", "recall_result", outcome="pulled")
    await until(world, order, place, "cancelled")


@APART
@CARDS
async def test_one_handed_over_and_the_other_captured_and_recalled_only_the_second_is_undone(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 1)
    await carry(world, order, 2, to="released")
    assert captures(world, order) == [FIRST, REST]
    await pulled(world, order, 2)
    (refund,) = money(world, order, "refund")
    second = money(world, order, "capture")[1]
    assert (refund.data["amount"], refund.data["intent"]) == (REST, second.data["intent"])
    assert credited(world, order) == {f"{order}-s2": -REST}
    await deliver(world, order, 1)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, FIRST, shipments=2)
    assert (sums.captured, sums.refunded, sums.put_away) == (DUE, REST, 1)
    assert (sums.mails["part_cancelled"], sums.mails["cancelled"]) == (1, 0)
    view = await world.view(order)
    assert gone(view) == {f"{order}-s1": 2}
    assert [one["status"] for one in view["shipments"]] == ["delivered", "cancelled"]
    assert (await level(world))["on_hand"] == 1
    words = mail_text(world, "is cancelled")
    assert "1 x Teapot" in words
    assert "credit note" in words
    assert not [one for one in view["cases"] if not one["closed_at"]]
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_what_a_recall_gave_back_and_the_bank_refuses_is_a_case_while_the_rest_goes_on(
    world: World,
) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await carry(world, order, 2, to="released")
    world.sandbox.fault("stripe", "refund", "fail", order=order, times=1, seconds=3600 * 30)
    await pulled(world, order, 2)
    await world.pass_time(timedelta(days=2))
    case = await world.until_case(order, "refund_failed")
    assert "has come back though what it was for is undone" in case["reason"]
    answer = await world.answer(case, "close")
    assert answer.is_success, answer.text
    await deliver(world, order, 1)
    await world.until(order, "delivered")


@APART
@CARDS
async def test_the_second_handed_over_first_and_the_first_recalled_only_the_first_is_undone(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 1, to="released")
    await carry(world, order, 2)
    assert captures(world, order) == [FIRST, REST]
    await pulled(world, order, 1)
    (refund,) = money(world, order, "refund")
    first = money(world, order, "capture")[0]
    assert (refund.data["amount"], refund.data["intent"]) == (FIRST, first.data["intent"])
    assert credited(world, order) == {f"{order}-s1": -FIRST}
    await deliver(world, order, 2)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, REST, shipments=2)
    assert (sums.captured, sums.refunded) == (DUE, FIRST)
    assert gone(await world.view(order)) == {f"{order}-s2": 1}
    assert (await level(world))["on_hand"] == 2
    assert "2 x Teapot" in mail_text(world, "is cancelled")
    assert world.books.audits.audit(world.shop) == ()


@APART
@CARDS
async def test_the_second_handed_over_first_bears_the_fee_and_the_first_is_never_charged(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 2)
    assert captures(world, order) == [REST + FEE]
    answer = await world.cancel(order)
    assert (answer["accepted"], answer["moment"]) == (True, "before_capture")
    await until(world, order, 1, "cancelled")
    await deliver(world, order, 2)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, REST + FEE, shipments=2)
    assert (sums.captured, sums.refunded, sums.held) == (REST + FEE, 0, 0)
    assert await invoices(world, order) == [f"{order}-s2"]
    assert (await level(world))["on_hand"] == 2
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_both_captured_and_cancelled_each_gets_its_own_back(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1, to="released")
    await carry(world, order, 2, to="released")
    await world.cancel(order)
    for n in (1, 2):
        await until(world, order, n, "recalling")
        await world.wms(f"{order}-s{n}", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED, DUE, shipments=2)
    assert (sums.captured, sums.refunded) == (DUE, DUE)
    assert credited(world, order) == {f"{order}-s1": -FIRST, f"{order}-s2": -REST}
    assert (sums.mails["cancelled"], sums.mails["part_cancelled"]) == (1, 0)
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_a_recall_that_fails_for_one_leaves_it_sold_and_says_so(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await carry(world, order, 2, to="released")
    await world.cancel(order)
    await until(world, order, 2, "recalling")
    await world.until_ledger(order, "wms", "recall_asked")
    await world.wms(f"{order}-s2", "recall_result", outcome="gone")
    case = await world.until_case(order, "intercept")
    assert case["shipment"] == f"{order}-s2"
    await world.wms(f"{order}-s2", "handed_over")
    await until(world, order, 2, "shipped")
    assert (await world.answer(case, "close")).is_success
    await deliver(world, order)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, DUE, shipments=2, parcels=None)
    assert (sums.refunded, sums.mails["part_cancelled"]) == (0, 0)
    assert world.books.audits.audit(world.shop) == ()


@APART
@CARDS
async def test_one_is_delivered_and_the_other_comes_back_and_only_that_one_is_asked_about(
    world: World, card: str
) -> None:
    order = await place(world, card)
    await carry(world, order, 1)
    await carry(world, order, 2)
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    [*_, lost] = world.ledger(order, "shippo", "label_purchased")
    world.sandbox.courier(str(lost.data["tracking_number"]), "RETURNED")
    case = await world.until_case(order, "not_delivered")
    assert case["shipment"] == f"{order}-s2"
    assert await status(world, order, 1) == "delivered"
    assert await world.status(order) == "not_delivered"
    assert (await world.answer(case, "close")).is_success
    claim = await world.until_case(order, "complaint")
    assert (await world.answer(claim, "reject")).is_success
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, DUE, shipments=2, parcels=None)
    assert (sums.mails["review"], sums.refunded) == (0, 0)
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_one_is_lost_on_the_way_while_the_other_is_delivered(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await carry(world, order, 2)
    await deliver(world, order, 1)
    await until(world, order, 1, "delivered")
    await world.fast_forward(order, 15 * DAY)
    case = await world.until_case(order, "delivery_overdue")
    assert case["shipment"] == f"{order}-s2"
    await world.fast_forward(order, 8 * DAY)
    claim = await world.until_case(order, "complaint")
    assert "not_arrived" in claim["reason"]
    assert {one["shipment"] for one in (await world.view(order))["cases"]} == {f"{order}-s2", None}
    assert await world.status(order) == "shipped"
    await deliver(world, order, 2)
    await reviewed(world, order)
    await world.judged(order, Ending.COMPLETED, DUE, shipments=2, parcels=None)


@APART
@CARDS
async def test_a_piece_that_is_missing_in_one_is_not_charged_and_the_other_goes_as_ordered(
    world: World, card: str
) -> None:
    order = await place(world, card)
    pot = {"line": "1", "sku": "TEAPOT", "quantity": 1, "barcodes": ["4902778915615"]}
    await world.wms(f"{order}-s1", "picked", lines=[pot | {"short": "one broken"}])
    case = await world.until_case(order, "short_pick")
    assert case["shipment"] == f"{order}-s1"
    await carry(world, order, 2)
    assert captures(world, order) == [REST + FEE]
    assert (await world.answer(case, "ship")).is_success
    await until(world, order, 1, "ready_to_pack")
    await carry(world, order, 1)
    assert captures(world, order) == [REST + FEE, POT]
    await deliver(world, order)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, 2 * POT + FEE, shipments=2, parcels=None)
    assert (sums.captured, sums.held) == (2 * POT + FEE, 0)
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_the_second_that_is_not_found_is_cancelled_after_the_first_has_left(
    world: World,
) -> None:
    order = await place(world)
    await carry(world, order, 1)
    none = {"line": "1", "sku": "TEAPOT", "quantity": 0, "short": "not found"}
    await world.wms(f"{order}-s2", "picked", lines=[none])
    case = await world.until_case(order, "short_pick")
    assert (await world.answer(case, "cancel")).is_success
    await until(world, order, 2, "cancelled")
    await deliver(world, order, 1)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, FIRST, shipments=2)
    assert (sums.captured, sums.held, sums.mails["part_cancelled"]) == (FIRST, 0, 1)
    assert world.books.audits.audit(world.shop) == ()
