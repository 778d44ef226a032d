"""A customer who moves: before the label, after it, and too late."""

import asyncio

import httpx
import pytest

from sandbox.judge import Ending
from tests.world import Json, World, eventually

NEW = {
    "name": "Ada Lovelace",
    "line1": "Neue Straße 2",
    "city": "Hamburg",
    "postal_code": "20095",
    "country": "DE",
}


async def move(world: World, order: str, **changes: str) -> httpx.Response:
    body = {"who": "support", "why": "the customer wrote", "address": NEW | changes}
    return await world.api.post(f"/orders/{order}/shipping-address", json=body)


def street(view: Json) -> str:
    return str(view["order"]["shipping_address"]["line1"])


async def test_before_the_label_the_new_address_counts(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    assert (await move(world, order)).status_code == 202
    await world.until_ledger(order, "wms", "readdressed")
    await world.until_mail_state(order, "address_changed", "sent", "processed", "delivered")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.labels_bought, sums.labels_live) == (1, 1)


async def test_after_the_label_it_is_void_and_another_is_bought_and_printed(world: World) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    (old,) = world.ledger(order, "shippo", "label_purchased")
    assert (await move(world, order)).status_code == 202
    case = await world.until_case(order, "labelled_anew")
    assert str(old.data["tracking_number"]) in case["reason"]
    view = await world.view(order)
    jobs = [(one["kind"], one["print_state"]) for one in view["documents"]]
    assert jobs.count(("label", "withdrawn")) == 1
    assert jobs.count(("packing_slip", "withdrawn")) == 1
    assert jobs.count(("invoice", "withdrawn")) == 0
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.labels_bought, sums.labels_live) == (4270, 2, 1)
    (case,) = (await world.view(order))["cases"]
    assert (case["kind"], case["answered_why"]) == ("labelled_anew", "handed over")


@pytest.mark.parametrize("to", ["packed", "released", "shipped", "completed"])
async def test_what_is_packed_goes_where_its_label_says(world: World, to: str) -> None:
    order = await world.place()
    await world.carry(order, "released" if to == "packed" else to)
    answer = await move(world, order)
    assert answer.status_code == 409
    assert "courier" in answer.text or "ended" in answer.text
    assert street(await world.view(order)) != NEW["line1"]


async def test_another_country_is_another_order(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    answer = await move(world, order, country="FR")
    assert answer.status_code == 409
    assert "taxed for DE" in answer.text


async def test_a_cancel_after_a_move_voids_both_labels(world: World) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    assert (await move(world, order)).is_success
    await world.cancel(order)
    view = await world.until(order, "cancelled")
    assert all(one["closed_at"] for one in view["cases"])
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.labels_live) == (0, 0)


async def test_moving_twice_while_the_label_is_bought_ends_at_the_last_address(
    world: World,
) -> None:
    held = world.sandbox.fault("shippo", "create_transaction", "drop_before", times=3)
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, held)

    await eventually(fired, lambda: "no label is bought")
    assert (await move(world, order, line1="Zwischenweg 1")).is_success
    assert (await move(world, order)).is_success
    await world.until(order, "ready_to_pack", patience=60)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.labels_live == 1
    assert street(await world.view(order)) == NEW["line1"]


@pytest.mark.parametrize("status", [404, 403])
async def test_a_warehouse_that_takes_no_new_addresses_holds_nobody_up(
    world: World, status: int
) -> None:
    world.sandbox.fault("wms", "address", "http_error", nth=None, times=None, status=status)
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    assert (await move(world, order)).is_success
    await world.until_mail_state(order, "address_changed", "sent", "processed", "delivered")
    if status == 403:
        await world.until_case(order, "refused_by_provider")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)
    assert street(await world.view(order)) == NEW["line1"]
