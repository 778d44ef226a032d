"""Two warehouses: an order goes from the one that has it all, else by policy from both at once."""

from collections import Counter

import pytest

from cli import demo_orders
from sandbox.judge import Ending
from tests.bills import invoiced
from tests.two_warehouses import LYON, bring, open_lyon, there, warehouses_of
from tests.workflows.test_several_shipments import carry, deliver, until
from tests.world import Json, World

MUG, POT = 1890, 2490
FEE = 490
SPLIT = pytest.mark.world(
    policy={"split": "when_needed", "ask_for_reviews": False, "complaints_within": "PT0S"}
)


def body(world: World, mugs: int = 2, pots: int = 0, country: str = "DE") -> Json:
    rows = [demo_orders.line("1", "MUG-BLUE", "Mug", mugs, MUG)]
    rows += [demo_orders.line("2", "TEAPOT", "Teapot", pots, POT)] if pots else []
    number = world.body()["number"]
    order = demo_orders.order(number, rows, demo_orders.card())
    return order | {"shipping_address": demo_orders.address(country)}


async def test_all_of_it_goes_from_the_warehouse_that_is_asked_first_and_has_it(
    world: World,
) -> None:
    await open_lyon(world, {"MUG-BLUE": 5, "TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    plain, pots = await world.place(body(world)), await world.place(body(world, 1, 1))
    await world.until(plain, "in_fulfilment")
    await world.until(pots, "in_fulfilment")
    assert await warehouses_of(world, plain) == {"s1": "main"}
    assert await warehouses_of(world, pots) == {"s1": LYON}
    (handoff,) = world.ledger(pots, "wms", "handoff_accepted")
    assert handoff.data["warehouse"] == LYON
    assert await there(world, "MUG-BLUE") == {"main": (100000, 2), LYON: (5, 1)}
    await world.carry(pots)
    await world.judged(pots, Ending.COMPLETED, MUG + POT + FEE)
    assert await there(world, "TEAPOT") == {"main": (0, 0), LYON: (4, 0)}
    assert world.books.audits.audit(world.shop) == ()


@pytest.mark.world(policy={"routing": "nearest"})
async def test_the_nearest_is_the_one_in_the_country_that_it_goes_to(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    home, abroad = await world.place(body(world)), await world.place(body(world, country="FR"))
    await world.until(home, "in_fulfilment")
    await world.until(abroad, "in_fulfilment")
    assert await warehouses_of(world, home) == {"s1": "main"}
    assert await warehouses_of(world, abroad) == {"s1": LYON}
    await world.carry(abroad, "ready_to_pack")
    (label,) = world.ledger(abroad, "shippo", "label_purchased")
    assert label.data["ships_from"] == "FR"


async def test_without_a_split_an_order_that_no_warehouse_has_whole_is_out_of_stock(
    world: World,
) -> None:
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 1, 1))
    await world.until(order, "out_of_stock")
    await world.judged(order, Ending.OUT_OF_STOCK, 0)


@SPLIT
async def test_one_order_from_two_warehouses_is_two_parcels_each_paid_as_it_leaves(
    world: World,
) -> None:
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 2, 1))
    await until(world, order, 1, "in_fulfilment")
    await until(world, order, 2, "in_fulfilment")
    assert Counter((await warehouses_of(world, order)).values()) == {LYON: 1, "main": 1}
    await carry(world, order, 2)
    assert len(world.ledger(order, "stripe", "capture")) == 1
    await carry(world, order, 1)
    assert len(world.ledger(order, "stripe", "capture")) == 2
    await deliver(world, order)
    await world.until(order, "completed")
    sums = await world.judged(
        order, Ending.COMPLETED, 2 * MUG + POT + FEE, shipments=2, parcels=None
    )
    assert (sums.mails["confirmation"], sums.mails["shipped"]) == (1, 2)
    assert await there(world, "TEAPOT") == {"main": (0, 0), LYON: (4, 0)}
    assert world.books.audits.audit(world.shop) == ()


@SPLIT
async def test_cancelled_in_two_warehouses_each_gets_its_own_goods_back(world: World) -> None:
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 2, 1))
    await until(world, order, 1, "in_fulfilment")
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2, to="ready_to_pack")
    assert (await world.cancel(order))["accepted"]
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    assert {one.data.get("warehouse") for one in world.ledger(order, "wms", "cancelled")} == {
        None,
        LYON,
    }
    assert await there(world, "TEAPOT") == {"main": (0, 0), LYON: (5, 0)}
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0)}
    assert world.books.audits.audit(world.shop) == ()


@pytest.mark.world(
    policy={"out_of_stock": "ship_available", "ask_for_reviews": False, "complaints_within": "PT0S"}
)
async def test_a_rest_waits_until_one_warehouse_has_all_of_it_and_goes_from_there(
    world: World,
) -> None:
    await open_lyon(world, {})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 1, 2))
    await until(world, order, 1, "in_fulfilment")
    await bring(world, "TEAPOT", 1)
    await bring(world, "TEAPOT", 2, LYON)
    await until(world, order, 2, "in_fulfilment")
    assert await warehouses_of(world, order) == {"s1": "main", "s2": LYON}
    assert await there(world, "TEAPOT") == {"main": (1, 0), LYON: (2, 2)}


async def test_one_warehouse_s_key_does_not_speak_for_another_s_shipment(world: World) -> None:
    lyon = await open_lyon(world, {"MUG-BLUE": 5})
    order = await world.place(body(world))
    await world.until(order, "in_fulfilment")
    mug = {"line": "1", "sku": "MUG-BLUE", "quantity": 2, "barcodes": ["4006381333931"] * 2}
    path = f"/warehouse/shipments/{order}-s1/picked"
    answer = await world.api.post(path, json={"lines": [mug]}, headers={"X-API-Key": lyon})
    assert answer.status_code == 403
    assert "is with warehouse main" in answer.json()["detail"]
    listed = await world.api.get("/warehouse/shipments", headers={"X-API-Key": lyon})
    assert listed.json()["shipments"] == []
    own = await world.warehouse(f"{order}-s1", "picked", {"lines": [mug]})
    assert own.status_code == 202
    await world.until(order, "ready_to_pack")
    claim = {"station": "pack-1"}
    jobs = await world.api.post("/print-jobs/claim", json=claim, headers={"X-API-Key": lyon})
    assert jobs.status_code == 204


@SPLIT
async def test_orders_are_found_by_the_warehouse_that_has_a_part_of_them(world: World) -> None:
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    split, plain = await world.place(body(world, 2, 1)), await world.place(body(world))
    await until(world, split, 1, "in_fulfilment")
    await until(world, split, 2, "in_fulfilment")
    await world.until(plain, "in_fulfilment")
    nobody = set[str]()
    for warehouse, wanted in ((LYON, {split}), ("main", {split, plain}), ("riga", nobody)):
        answer = await world.api.get("/orders", params={"warehouse": warehouse})
        assert {one["order_id"] for one in answer.json()["orders"]} == wanted


@SPLIT
async def test_where_the_one_that_bears_the_fee_is_cancelled_the_other_costs_what_its_invoice_says(
    world: World,
) -> None:
    await open_lyon(world, {"TEAPOT": 5})
    await bring(world, "TEAPOT", -12)
    order = await world.place(body(world, 2, 1))
    for place in (1, 2):
        await until(world, order, place, "in_fulfilment")
        await carry(world, order, place, to="ready_to_pack")
    said = {"error": {"type": "card_error", "code": "card_declined", "message": "no"}}
    world.sandbox.fault("stripe", "capture", "http_error", order=order, status=402, body=said)
    await world.wms(f"{order}-s1", "packed")
    case = await world.until_case(order, "capture_failed")
    assert (await world.answer(case, "cancel")).is_success
    await until(world, order, 1, "cancelled")
    await carry(world, order, 2)
    (captured,) = world.ledger(order, "stripe", "capture")
    assert await invoiced(world, f"{order}-s2") == captured.data["amount"]
