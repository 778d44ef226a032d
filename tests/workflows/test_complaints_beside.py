"""Complaints beside each other, beside lost parcels, and while no mail goes out."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from domain.complaints import Complaint, ComplaintRequest, too_many
from domain.refunds import RefundedLine
from sandbox.judge import Ending
from tests.workflows.complaining import (
    ONE_BROKEN,
    REFUND,
    complained,
    complaints,
    offered,
    page_of,
    say,
    until_state,
)
from tests.workflows.refunding import given_back
from tests.workflows.test_backorder import receive
from tests.workflows.test_packed_otherwise import packed, parcel, ready
from tests.workflows.test_several_shipments import APART, carry, deliver, place, until
from tests.world import Json, World, eventually

DAY = timedelta(days=1)


async def task_failures(world: World, order: str) -> list[str]:
    history = await world.handle(order).fetch_history()
    return [
        one.workflow_task_failed_event_attributes.failure.message
        for one in history.events
        if one.HasField("workflow_task_failed_event_attributes")
    ]


async def complained_of(world: World, order: str, number: int) -> Json:
    """Wait for an order's n-th complaint."""

    async def there() -> Json | None:
        found = await complaints(world, order)
        return next((one for one in found if one["complaint"]["number"] == number), None)

    return await eventually(there, lambda: f"{order} has no complaint {number}")


async def both_sent(world: World) -> str:
    """Two teapots in the first parcel, one in the second; all of one line."""
    order = await place(world)
    await carry(world, order, 1)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    return order


async def lost(world: World, order: str, number: int) -> None:
    shipments = (await world.view(order))["shipments"]
    labels = [
        x for one in shipments if one["shipment"].endswith(f"s{number}") for x in one["labels"]
    ]
    for label in labels:
        tracking = str(label["label"]["tracking_number"])
        await asyncio.to_thread(
            world.sandbox.courier, tracking, "FAILURE", substatus="package_lost"
        )


@APART
async def test_a_lost_parcel_beside_a_bigger_complaint_of_the_other_wedges_nothing(
    world: World,
) -> None:
    order = await both_sent(world)
    await complained(world, order, ONE_BROKEN | {"lines": [{"line": "1", "quantity": 2}]})
    await lost(world, order, 2)
    await complained_of(world, order, 2)
    assert await task_failures(world, order) == []


@APART
async def test_what_was_made_good_of_one_parcel_is_not_taken_for_the_other(world: World) -> None:
    order = await both_sent(world)
    await complained(world, order)
    await offered(world, order, REFUND)
    await say(world, order, "accept")
    await until_state(world, order, "solved")
    await deliver(world, order, 1)
    await lost(world, order, 2)
    second = await complained_of(world, order, 2)
    assert second["complaint"]["request"]["by"] == "courier"
    await until(world, order, 2, "shipped")


@pytest.mark.world(policy={"lost_parcel": "refund"})
async def test_what_was_delivered_after_all_is_not_paid_back_by_silence(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "FAILURE", substatus="package_lost")
    await until_state(world, order, "offered")
    await world.courier(order, "DELIVERED")
    await world.until(order, "delivered")
    await until_state(world, order, "declined")
    await world.fast_forward(order, 9 * DAY)
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED)


async def test_what_was_made_good_and_comes_after_all_is_a_case(world: World) -> None:
    order = await ready(world)
    await packed(world, order, parcel(500, 1), parcel(500, 1))
    await world.until(order, "released")
    await world.carry(order, "shipped")
    labels = (await world.view(order))["shipments"][0]["labels"]
    live = [str(x["label"]["tracking_number"]) for x in labels if x["voided_at"] is None]
    for number in live[:1]:
        lose = {"substatus": "package_lost"}
        await asyncio.to_thread(world.sandbox.courier, number, "FAILURE", **lose)
    found = await until_state(world, order, "open")
    assert found["complaint"]["request"]["lines"] == [{"line": "1", "quantity": 1}]
    await offered(world, order, REFUND)
    assert (await say(world, order, "accept")).status_code == 202
    await until_state(world, order, "solved")
    assert given_back(world, order) == [1890]
    for number in live:
        await asyncio.to_thread(world.sandbox.courier, number, "DELIVERED")
    await world.until(order, "delivered", "not_delivered")

    async def told() -> bool:
        cases = (await world.view(order))["cases"]
        return any("after all" in one["reason"] for one in cases)

    await eventually(told, lambda: "nobody is told")


async def test_staff_hear_of_a_complaint_while_no_mail_goes_out(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    world.sandbox.fault("sendgrid", "send", "http_error", nth=None, times=None, status=503)
    await complained(world, order)
    await world.until_case(order, "complaint", patience=10)


def test_no_more_pieces_are_complained_about_than_were_sent() -> None:
    def one(number: int) -> Complaint:
        request = ComplaintRequest.model_validate(
            {
                "key": str(number),
                "reason": "damaged",
                "who": "x",
                "lines": [{"line": "1", "quantity": 1}],
            }
        )
        return Complaint.model_validate(
            {"number": number, "request": request, "at": "2026-01-01T00:00:00Z"}
        )

    wanted = (RefundedLine(line="1", quantity=1),)
    assert too_many(wanted, {"1": 2}, [one(1), one(2)])


async def test_a_single_parcel_that_is_lost_beside_three_complaints_wedges_nothing(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    for reason in ("damaged", "missing", "other"):
        body = ONE_BROKEN | {"reason": reason}
        await world.api.post(
            f"/orders/{order}/complaints", json=body, headers={"Idempotency-Key": reason}
        )
    await world.courier(order, "FAILURE", substatus="package_lost")
    await world.until_case(order, "not_delivered")
    assert len(await complaints(world, order)) == 2
    assert await task_failures(world, order) == []


async def test_the_same_form_again_adds_nothing_to_the_history(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    path = await page_of(world, order)
    async with httpx.AsyncClient(base_url=world.api.base_url) as customer:
        page = (await customer.get(path)).text
        key = re.search(r'name="key" value="([^"]+)"', page)
        assert key is not None
        form = {"key": key[1], "reason": "damaged", "line.0": "1"}
        await customer.post(f"{path}/complaints", data=form)
        await world.until_case(order, "complaint")
        before = (await world.handle(order).describe()).history_length
        for _ in range(10):
            await customer.post(f"{path}/complaints", data=form)
        after = (await world.handle(order).describe()).history_length
    assert after - before == 0
