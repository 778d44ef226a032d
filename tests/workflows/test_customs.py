"""Parcels across a border: what customs must be told is known before a label is asked for."""

import asyncio

import httpx

from cli import demo_orders
from sandbox.client import Json
from sandbox.judge import Ending
from tests.world import World

MUG = {
    "sku": "MUG-BLUE",
    "name": "Stoneware mug",
    "barcodes": ["4006381333931"],
    "weight_grams": 350,
    "bin": "A-03-2",
    "reorder_point": 5,
}
DECLARED = {"hs_code": "691200", "origin": "DE", "customs_name": "Stoneware mug"}


async def catalogue(world: World, product: Json) -> None:
    answer = await world.admin.put(f"/shops/{world.shop}/products", json={"products": [product]})
    assert answer.is_success, answer.text


async def forgotten(world: World) -> str:
    """An order to Japan, for a mug of which the catalogue has lost what customs ask for."""
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    rows = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890)]
    number = world.body()["number"]
    order = await world.place(demo_orders.order(number, rows, demo_orders.card(), "JP"))
    case = await world.until_case(order, "warehouse_rejected")
    await catalogue(world, MUG)
    assert (await world.answer(case, "retry")).is_success
    await world.until(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    return order


async def test_what_customs_are_not_told_is_asked_before_the_label_and_mended(
    world: World,
) -> None:
    order = await forgotten(world)
    case = await world.until_case(order, "no_rate")
    assert "MUG-BLUE" in case["reason"]
    assert "HS code" in case["reason"]
    assert not world.ledger(order, "shippo", "label_purchased")
    await catalogue(world, MUG | DECLARED)
    assert (await world.answer(case, "retry")).is_success
    await world.carry(order)
    account = await world.judged(order, Ending.COMPLETED)
    assert account.labels_live == 1
    url = f"{world.sandbox.base('shippo')}/customs/items"
    kept = await asyncio.to_thread(httpx.get, url, headers={"authorization": "ShippoToken x"})
    items = kept.json()["results"]
    assert {(one["hs_code"], one["origin_country"]) for one in items} == {("691200", "DE")}


async def test_an_order_that_cannot_be_declared_is_cancelled_whole(world: World) -> None:
    order = await forgotten(world)
    case = await world.until_case(order, "no_rate")
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
