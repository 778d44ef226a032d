"""Deadlines for people count the hours in which they work; those of others run on the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.hours import Weekday
from tests.world import World

TODAY = datetime.now(UTC)
DAYS = list(Weekday)


def in_days(count: int) -> str:
    return DAYS[(TODAY.weekday() + count) % 7].value


def open_in(*days: int) -> dict[str, Any]:
    """Open all of some day, in UTC: a zone that has a summer is the domain tests' matter."""
    week = {in_days(count): {"opens": "00:00", "closes": "00:00"} for count in days}
    return {"time_zone": "Europe/Lisbon", "week": week}


CLOSED_TILL_DAY_4 = open_in(4, 5)
AN_HOUR = "PT1H"


@pytest.mark.world(policy={"pick_within": AN_HOUR, "warehouse_hours": CLOSED_TILL_DAY_4})
async def test_nobody_is_late_who_does_not_work(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.fast_forward(order, timedelta(days=2, hours=12))
    assert not (await world.view(order))["cases"]
    assert "pick" in await world.details(order)
    await world.fast_forward(order, timedelta(days=2, hours=12))
    await world.until_case(order, "pick_overdue")
    await world.wms(f"{order}-s1", "picked")
    await world.carry(order)


@pytest.mark.world(policy={"pick_within": AN_HOUR})
async def test_without_hours_the_clock_counts(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.fast_forward(order, timedelta(hours=1, minutes=1))
    await world.until_case(order, "pick_overdue")


@pytest.mark.world(policy={"case_answer_within": AN_HOUR, "support_hours": CLOSED_TILL_DAY_4})
async def test_a_question_waits_until_support_has_had_time_to_answer(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    asked, by = (datetime.fromisoformat(case[name]) for name in ("opened_at", "answer_by"))
    assert by - asked > timedelta(days=3)
    await world.fast_forward(order, timedelta(days=2, hours=12))
    assert (await world.until_case(order, "warehouse_rejected"))["id"] == case["id"]
    await world.fast_forward(order, timedelta(days=2, hours=12))
    await world.until(order, "in_fulfilment")
    (done,) = (await world.view(order))["cases"]
    assert (done["answer"], done["answered_by"]) == ("retry", "ordersaga")


@pytest.mark.world(policy={"hand_over_within": AN_HOUR, "warehouse_hours": CLOSED_TILL_DAY_4})
async def test_deadlines_of_couriers_and_customers_run_on_the_clock(world: World) -> None:
    order = await world.place()
    await world.carry(order, "released")
    await world.fast_forward(order, timedelta(days=2, hours=12))
    assert not (await world.view(order))["cases"]
    await world.wms(f"{order}-s1", "handed_over")
    await world.until(order, "shipped")
    await world.fast_forward(order, timedelta(days=15))
    await world.until_case(order, "delivery_overdue")
