"""Refunds by staff, before and after the door: never above what was taken, shown as given."""

import asyncio
from datetime import timedelta

import pytest

from sandbox.judge import Ending
from tests.bills import billed
from tests.workflows.refunding import (
    DUE,
    FEE,
    REST,
    given_back,
    goodwill,
    lines,
    mail_of,
    press,
    pressed,
    refunds,
    refused,
    until_refund,
    until_told,
)
from tests.world import World

BEFORE_AND_AFTER_THE_DOOR = ["released", "shipped", "delivered"]


@pytest.mark.parametrize("status", BEFORE_AND_AFTER_THE_DOOR)
async def test_a_goodwill_is_given_back_to_the_cent_and_everybody_is_told(
    world: World, status: str
) -> None:
    order = await world.place()
    await world.carry(order, status)
    answer = await pressed(world, order, goodwill(500))
    assert (answer["number"], answer["money"]["amount"]) == (1, 500)
    refund = await until_refund(world, order, "succeeded")
    assert (refund["who"], refund["why"], refund["kind"]) == (
        "Ana, support",
        "it came late",
        "goodwill",
    )
    (ledger,) = world.ledger(order, "stripe", "refund")
    (part,) = refund["parts"]
    assert (part["reference"], part["money"]) == (
        ledger.data["refund"],
        {"amount": 500, "currency": "EUR"},
    )
    text = await mail_of(world, order)
    (event,) = await until_told(world, order, "order.refunded")
    (note,) = [
        one for one in (await world.view(order))["documents"] if one["kind"] == "credit_note"
    ]
    assert event["status"] == status
    assert event["refund"] == {
        "number": 1,
        "kind": "goodwill",
        "status": "succeeded",
        "money": {"amount": 500, "currency": "EUR"},
        "parts": [
            {
                "reference": part["reference"],
                "status": "succeeded",
                "money": {"amount": 500, "currency": "EUR"},
            }
        ],
        "lines": [],
        "shipping": False,
        "credit_notes": [note["number"]],
    }
    assert "5.00 EUR" in text
    assert note["number"] in text
    assert await billed(world, order) == {"invoice": DUE, "credit_note": -500}
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, DUE - 500)
    assert (sums.captured, sums.refunded) == (DUE, 500)
    money = (await world.view(order))["money"]
    assert (money["refunded"]["amount"], money["settled"]["amount"]) == (500, DUE - 500)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_one_of_two_then_the_other_then_the_fee_come_to_what_was_taken(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    for number, (wanted, amount) in enumerate(
        [(lines(("1", 1)), 1890), (lines(("1", 1)), 1890), (FEE, 490)], 1
    ):
        answer = await pressed(world, order, wanted, f"k{number}")
        assert answer["money"]["amount"] == amount
        await until_refund(world, order, "succeeded", number=number)
    assert given_back(world, order) == [1890, 1890, 490]
    assert "everything that was taken" in await refused(world, order, goodwill(1), "k4")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, 0)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_the_last_refund_takes_what_a_goodwill_has_left(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await pressed(world, order, goodwill(333), "k1")
    answer = await pressed(world, order, lines(("1", 2), shipping=True), "k2")
    assert answer["money"]["amount"] == DUE - 333
    await until_refund(world, order, "succeeded", number=2)
    await mail_count(world, order, 2)
    assert sorted(given_back(world, order)) == [333, DUE - 333]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, 0)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def mail_count(world: World, order: str, count: int) -> None:
    assert len(await until_told(world, order, "order.refunded", count)) == count


async def test_two_who_press_at_once_never_give_back_more_than_was_taken(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    answers = await asyncio.gather(
        *(press(world, order, goodwill(3000), f"k{number}") for number in range(6))
    )
    codes = sorted(one.status_code for one in answers)
    assert codes == [202, 409, 409, 409, 409, 409]
    assert any("only 12.70 EUR of what was taken is left" in one.text for one in answers)
    await until_refund(world, order, "succeeded")
    assert given_back(world, order) == [3000]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 3000)


async def test_the_same_press_many_times_is_one_refund(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    answers = await asyncio.gather(*(press(world, order, goodwill(500)) for _ in range(8)))
    assert {one.status_code for one in answers} == {202}
    assert {one.json()["number"] for one in answers} == {1}
    await until_refund(world, order, "succeeded")
    assert (await press(world, order, goodwill(500))).status_code == 202
    assert "another refund" in await refused(world, order, goodwill(501))
    assert given_back(world, order) == [500]
    await world.carry(order)
    assert (await press(world, order, goodwill(500))).status_code == 202
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_what_cannot_be_given_back_is_refused_with_words(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    assert "Nothing was taken yet" in await refused(world, order, goodwill(1))
    await world.carry(order, "shipped")
    assert "only 42.70 EUR" in await refused(world, order, goodwill(DUE + 1))
    assert "no line 7" in await refused(world, order, lines(("7", 1)))
    assert "of line 1 2 can still" in await refused(world, order, lines(("1", 3)))
    assert "in EUR, not in JPY" in await refused(world, order, goodwill(1, "JPY"))
    nonsense = [{"kind": "goodwill"}, {"kind": "rest", "lines": [{"line": "1", "quantity": 1}]}]
    for one in nonsense:
        answer = await press(world, order, {"who": "Ana"} | one)
        assert answer.status_code == 422, answer.text
    assert await refunds(world, order) == []
    await world.carry(order)
    late = await refused(world, order, goodwill(1))
    assert "has ended" in late
    await world.judged(order, Ending.COMPLETED)


async def test_what_the_channel_was_paid_only_the_channel_gives_back(world: World) -> None:
    paid = {"terms": "prepaid", "reference": "MP-1"}
    order = await world.place(world.body(payment=paid))
    await world.carry(order, "shipped")
    assert "only the channel can give it back" in await refused(world, order, goodwill(100))


async def test_a_parcel_that_is_recalled_after_a_refund_gives_back_what_is_left(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "released")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.refunded) == (DUE, DUE)
    assert given_back(world, order) == [500, DUE - 500]
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_everything_that_is_left_in_one_press(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await pressed(world, order, FEE, "k1")
    await pressed(world, order, REST, "k2")
    await until_refund(world, order, "succeeded", number=2)
    await mail_count(world, order, 2)
    assert sorted(given_back(world, order)) == [490, 3780]
    await world.fast_forward(order, timedelta(days=8))
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, 0)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()
