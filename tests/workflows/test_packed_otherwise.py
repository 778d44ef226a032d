"""Parcels that were packed otherwise than booked: labels for what stands on the scale."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.test_left_early import until_fired
from tests.workflows.test_short_pick import mail_text
from tests.world import Json, World, eventually


def parcel(grams: int, quantity: int = 2, **size: int) -> Json:
    return {"weight_grams": grams, "lines": [{"line": "1", "quantity": quantity}], **size}


async def packed(world: World, order: str, *parcels: Json) -> None:
    answer = await world.warehouse(f"{order}-s1", "packed", {"parcels": list(parcels)})
    assert answer.is_success, answer.text


def asked_for(world: World, order: str) -> list[Json]:
    """An order's parcels as rates were asked for, newest first."""
    answer = httpx.get(
        f"{world.sandbox.base('shippo')}/shipments", headers={"authorization": "ShippoToken x"}
    )
    return [one for one in answer.json()["results"] if one["metadata"].startswith(order)]


async def ready(world: World) -> str:
    """An order that waits to be packed."""
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    return order


async def test_a_heavier_parcel_is_booked_as_it_stands_on_the_scale(world: World) -> None:
    order = await ready(world)
    (old,) = world.ledger(order, "shippo", "label_purchased")
    await packed(world, order, parcel(2500, length_mm=400, width_mm=300, height_mm=200))
    await world.until(order, "released")
    case = await world.until_case(order, "labelled_anew")
    assert "2500 g on the scale" in case["reason"]
    assert str(old.data["tracking_number"]) in case["reason"]
    new = world.ledger(order, "shippo", "label_purchased")[-1]
    (measures,) = [
        tuple(one["parcels"][0][name] for name in ("weight", "length", "width", "height"))
        for one in asked_for(world, order)[:1]
    ]
    assert measures == ("2500", "400", "300", "200")
    view = await world.view(order)
    jobs = [(one["kind"], one["print_state"]) for one in view["documents"]]
    assert jobs.count(("label", "withdrawn")) == 1
    released = world.ledger(order, "wms", "released")
    assert str(new.data["tracking_number"]) in str([one.data for one in released])
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.labels_bought, sums.labels_live) == (4270, 2, 1)
    (case,) = (await world.view(order))["cases"]
    assert case["answered_why"] == "handed over"


@pytest.mark.world(policy={"label_extra": 100_000})
async def test_a_parcel_abroad_has_its_paper_for_customs_and_only_the_newest_prints(
    world: World,
) -> None:
    rows = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890)]
    order = await world.place(demo_orders.order("abroad", rows, demo_orders.card(), "JP"))
    await world.carry(order, "ready_to_pack")
    await packed(world, order, parcel(2500))
    await world.until(order, "released")
    jobs = [(one["kind"], one["print_state"]) for one in (await world.view(order))["documents"]]
    assert [state for kind, state in jobs if kind == "customs"] == ["withdrawn", "waiting"]
    assert [state for kind, state in jobs if kind == "label"] == ["withdrawn", "waiting"]


async def test_two_parcels_instead_of_one_get_a_label_each(world: World) -> None:
    order = await ready(world)
    await packed(world, order, parcel(500, 1), parcel(500, 1))
    await world.until(order, "released")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, parcels=2)
    assert (sums.labels_bought, sums.labels_live) == (3, 2)


async def test_a_label_that_costs_much_more_is_bought_when_nobody_says_no(world: World) -> None:
    order = await ready(world)
    await packed(world, order, parcel(24_000))
    case = await world.until_case(order, "label_costs_more")
    assert not world.ledger(order, "stripe", "capture")
    assert not world.ledger(order, "wms", "released")
    await world.fast_forward(order, timedelta(days=2, minutes=1))
    await world.until(order, "released")
    answered = next(c for c in (await world.view(order))["cases"] if c["id"] == case["id"])
    assert (answered["answer"], answered["answered_by"]) == ("accept", "ordersaga")


async def test_a_slip_of_the_scale_is_mended_by_another_packed(world: World) -> None:
    order = await ready(world)
    await packed(world, order, parcel(24_000))
    case = await world.until_case(order, "label_costs_more")
    await packed(world, order, parcel(850))
    await world.until(order, "released")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.labels_bought, sums.labels_live) == (2, 1)
    answered = next(c for c in (await world.view(order))["cases"] if c["id"] == case["id"])
    assert answered["answer"] == "close"


async def test_a_cancel_while_it_is_booked_anew_leaves_no_label(world: World) -> None:
    order = await ready(world)
    await packed(world, order, parcel(24_000))
    case = await world.until_case(order, "label_costs_more")
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.labels_live) == (0, 0)


async def test_a_parcel_that_leaves_while_it_is_booked_anew_leaves_with_its_old_label(
    world: World,
) -> None:
    order = await ready(world)
    await packed(world, order, parcel(24_000))
    await world.until_case(order, "label_costs_more")
    await world.courier(order, "TRANSIT", also_void=True)
    await world.until(order, "shipped")
    await world.courier(order, "DELIVERED", also_void=True)
    await world.until(order, "delivered")
    sums = await world.judged(order, Ending.OPEN, gone_told=True)
    assert (sums.captured, sums.labels_bought, sums.labels_live) == (4270, 1, 1)


async def test_a_parcel_that_leaves_while_its_new_label_is_bought_leaves_with_its_old_one(
    world: World,
) -> None:
    order = await ready(world)
    (label,) = (await world.view(order))["shipments"][0]["labels"]
    number = str(label["label"]["tracking_number"])
    held = world.sandbox.fault("shippo", "create_transaction", "drop_before", nth=None, times=None)
    await packed(world, order, parcel(2500))
    await until_fired(world, held)
    await asyncio.to_thread(world.sandbox.courier, number, "TRANSIT")
    await world.until_history(order, "courier_event")
    world.sandbox.clear_faults()
    await world.until(order, "shipped", patience=60)
    assert number in mail_text(world, "on its way")
    await asyncio.to_thread(world.sandbox.courier, number, "DELIVERED")
    await world.until(order, "delivered", "completed")
    await world.until_ledger(order, "shippo", "label_refunded")
    sums = await world.judged(order, Ending.OPEN, gone_told=True)
    assert (sums.captured, sums.labels_bought, sums.labels_live) == (4270, 2, 1)


async def test_a_parcel_that_was_packed_otherwise_twice_leaves_with_the_label_that_it_has_on(
    world: World,
) -> None:
    order = await ready(world)
    (label,) = (await world.view(order))["shipments"][0]["labels"]
    number = str(label["label"]["tracking_number"])
    await packed(world, order, parcel(24_000))
    first = await world.until_case(order, "label_costs_more")
    await packed(world, order, parcel(23_000))

    async def asked_anew() -> bool:
        cases = (await world.view(order))["cases"]
        return sum(one["kind"] == "label_costs_more" for one in cases) > 1

    await eventually(asked_anew, lambda: f"{first['id']} is not overtaken")
    await world.courier(order, "TRANSIT", also_void=True)
    await world.until(order, "shipped")
    assert number in mail_text(world, "on its way")
    await world.courier(order, "DELIVERED", also_void=True)
    await world.until(order, "delivered")
    await world.judged(order, Ending.OPEN, gone_told=True)


async def test_whoever_packs_is_told_of_the_labels_before_the_ones_that_were_never_bought(
    world: World,
) -> None:
    order = await ready(world)
    (label,) = (await world.view(order))["shipments"][0]["labels"]
    await packed(world, order, parcel(24_000))
    await world.until_case(order, "label_costs_more")
    await packed(world, order, parcel(850))
    case = await world.until_case(order, "labelled_anew")
    assert str(label["label"]["tracking_number"]) in case["reason"]
