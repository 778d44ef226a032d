"""A promise to the customer: made at acceptance, told, kept or not, and on record."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.judge import Ending
from tests.workflows.test_backorder import DUE, body, expect, receive, take_all, told
from tests.world import World

EVERY_DAY = {"working_days": [0, 1, 2, 3, 4, 5, 6]}
SOON = {"courier_calendar": EVERY_DAY, "transit_days": {"standard": 1}, "pick_within": "P10D"}
DAY = timedelta(days=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def mails(world: World, order: str, kind: str) -> list[str]:
    found = world.ledger(order, "sendgrid", "mail")
    return [str(one.data["subject"]) for one in found if one.data["kind"] == kind]


async def test_what_is_promised_is_told_everywhere_and_kept(world: World) -> None:
    order = await world.place()
    page = await world.carry(order)
    by = page["promised_by"]
    assert moment(by) - moment(page["accepted_at"]) > 5 * DAY
    feed = (await world.api.get("/events")).json()["events"]
    own = (await world.api.get(f"/orders/{order}/events")).json()["events"]
    assert {moment(one["promised_by"]) for one in (*feed, *own)} == {moment(by)}
    assert (page["delivered_late"], page["promises"]) == (False, [])
    (why,) = [one["detail"] for one in page["facts"] if one["operation"] == "tracking"]
    assert f"that are there by {moment(by):%Y-%m-%d}" in why
    await world.judged(order, Ending.COMPLETED)
    assert not await asyncio.to_thread(mails, world, order, "delivery_later")


@pytest.mark.world(policy=SOON)
async def test_a_parcel_that_cannot_be_there_in_time_is_told_once_and_late_on_record(
    world: World,
) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.fast_forward(order, 4 * DAY)
    await world.carry(order, "shipped")
    await world.until_mail_state(order, "delivery_later", "processed", "delivered")
    await world.carry(order, "delivered")
    page = await world.carry(order)
    assert page["delivered_late"] is True
    (later,) = page["promises"]
    assert later["reason"] == "courier"
    assert moment(later["by"]) > moment(page["promised_by"])
    (why,) = [one["detail"] for one in page["facts"] if one["operation"] == "tracking"]
    assert "none is there by" in why
    assert len(await asyncio.to_thread(mails, world, order, "delivery_later")) == 1
    await world.judged(order, Ending.COMPLETED)


@pytest.mark.world(policy={"courier_calendar": EVERY_DAY, "deliver_within": "P60D"})
async def test_a_parcel_is_overdue_when_the_promise_has_passed(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.fast_forward(order, 4 * DAY)
    assert not (await world.view(order))["cases"]
    await world.fast_forward(order, 3 * DAY)
    await world.until_case(order, "delivery_overdue")
    await world.courier(order, "DELIVERED")
    page = await world.carry(order)
    assert page["delivered_late"] is True
    assert not [one for one in page["cases"] if not one.get("closed_at")]


@pytest.mark.world(policy={"out_of_stock": "hold_all"})
async def test_goods_that_are_expected_make_a_promise_of_their_own(world: World) -> None:
    await take_all(world)
    day = await expect(world, 20)
    order = await world.place(body(world))
    page = await world.until(order, "backordered")
    assert page["promised_by"][:10] > day
    assert [(one["reason"], one["by"]) for one in page["promises"]] == [
        ("goods", page["promised_by"])
    ]
    assert len(await asyncio.to_thread(told, world, order)) == 1
    await receive(world, 1)
    page = await world.carry(order)
    assert len(page["promises"]) == 1
    assert page["delivered_late"] is False
    await world.judged(order, Ending.COMPLETED, due=DUE)


@pytest.mark.world(policy={"out_of_stock": "hold_all"} | SOON)
async def test_goods_that_nobody_expected_are_promised_when_they_have_come(world: World) -> None:
    await take_all(world)
    order = await world.place(body(world))
    first = moment((await world.until(order, "backordered"))["promised_by"])
    await world.fast_forward(order, 9 * DAY)
    assert moment((await world.view(order))["promised_by"]) == first
    await receive(world, 1)
    page = await world.until(order, "in_fulfilment")
    assert moment(page["promised_by"]) > datetime.now(UTC) + 8 * DAY
