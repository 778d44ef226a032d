"""What reports say of orders that were really carried out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.report_scope import ReportScope
from domain.reports import Flaw, OrderReport, Share
from domain.status import Step
from tests.workflows.test_short_pick import carry_on, pick
from tests.world import World

PREPAID = {"terms": "prepaid", "reference": "MP-1"}


def report(world: World, **changes: Any) -> OrderReport:
    today = datetime.now(UTC).date()
    days = {"since": today - timedelta(days=1), "until": today + timedelta(days=2)}
    return world.books.reports.orders(
        ReportScope.model_validate({"shop": world.shop, **days, **changes})
    )


async def test_orders_without_trouble_are_perfect_and_took_the_expected_way(world: World) -> None:
    for body in (world.body(), world.body(payment=PREPAID)):
        await world.carry(await world.place(body))
    found = report(world)
    assert found.orders.ended == Share(count=2, of=2)
    assert found.perfect.perfect == Share(count=2, of=2)
    detours = [(one.operation, one.added) for one in found.path if one.skipped.count or one.added]
    assert detours == []
    expected = {one.operation: one.skipped.of for one in found.path}
    assert expected.pop("capture") == 1, "nothing is to be captured of what was paid elsewhere"
    assert set(expected.values()) == {2}
    assert [one.step for one in found.mistakes if one.with_mistakes.count] == []
    measured = {one.step: one.duration.n for one in found.times if one.duration.n}
    assert measured == dict.fromkeys([Step(n) for n in (*range(1, 10), *range(11, 16), 20)], 2)
    review = next(one for one in found.times if one.step is Step.REVIEW)
    assert review.waiting.p50 is not None
    assert timedelta(days=7) <= timedelta(seconds=review.waiting.p50) < timedelta(days=9)


@pytest.mark.world(policy={"short_pick": "ship"})
async def test_a_short_pick_a_refused_report_and_a_return_are_told(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    line = {"line": "1", "sku": "MUG-BLUE", "quantity": 7}
    refused = await world.warehouse(f"{order}-s1", "picked", {"lines": [line]})
    assert refused.status_code == 422
    assert (await pick(world, order, 1))["status"] == 202
    await carry_on(world, order, "shipped")
    await world.courier(order, "RETURNED")
    await world.until(order, "not_delivered")
    found = report(world, warehouse="main")
    assert {one.flaw for one in found.perfect.flaws if one.orders.count} == {
        Flaw.SHORT,
        Flaw.NOT_DELIVERED,
        Flaw.RETURNED,
    }
    picking = next(one for one in found.mistakes if one.step is Step.PICKING)
    assert (picking.short, picking.refused, picking.with_mistakes) == (1, 1, Share(count=1, of=1))
