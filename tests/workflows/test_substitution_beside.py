"""A customer who is asked about a substitute, while other things happen to the order."""

from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from backoffice.books import Books
from backoffice.database import Database
from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.test_backorder import receive as more
from tests.workflows.test_backorder import take_all
from tests.workflows.test_packed_otherwise import asked_for
from tests.workflows.test_restore import essence, found, restore, set_up_again
from tests.workflows.test_several_shipments import carry, deliver
from tests.workflows.test_several_shipments import until as until_shipment
from tests.workflows.test_short_pick import sound, stock
from tests.workflows.test_substitution import (
    LATER,
    SUBSTITUTE,
    amended,
    asked,
    goes_out,
    offers,
    page_of,
    pick_by_now,
    say,
    sell,
)
from tests.world import Json, World, eventually
from workers.restore import Kind
from workers.wiring import Vendors

POT = 6900


@pytest_asyncio.fixture
async def vendors(world: World) -> AsyncGenerator[Vendors]:
    made = Vendors.of(world.settings, world.books)
    yield made
    made.close()


def moved(**more: str) -> Json:
    place = demo_orders.address("DE") | {"line1": "Neue Straße 2"}
    return {"who": "Ana", "address": place | more}


@pytest.mark.world(policy=SUBSTITUTE)
async def test_who_moves_while_they_think_gets_it_at_the_new_address(world: World) -> None:
    await sell(world)
    order = await asked(world)
    answer = await world.api.post(f"/orders/{order}/shipping-address", json=moved())
    assert answer.is_success, answer.text
    assert (await say(world, order, "accept")).is_success
    view = await goes_out(world, order, 4270)
    assert view["order"]["shipping_address"]["line1"] == "Neue Straße 2"
    assert [one["sku"] for one in view["order"]["substitutes"]] == ["MUG-RED"]


def abroad(world: World) -> Json:
    rows = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890)]
    return demo_orders.order(str(world.body()["number"]), rows, demo_orders.card(), "JP")


@pytest.mark.world(policy=SUBSTITUTE)
async def test_customs_papers_and_weight_are_the_substitutes_own(world: World) -> None:
    await sell(world, price=1500)
    order = await asked(world, body=abroad(world))
    assert (await say(world, order, "accept")).is_success
    handoff = await amended(world, order)
    codes = {one["line"]: (one["hs_code"], one["origin"]) for one in handoff["customs"]}
    assert codes == {"1": ("691200", "DE"), "X1.1": ("691110", "PT")}
    assert (await pick_by_now(world, order))["status"] == 202
    view = await world.until(order, "ready_to_pack")
    [substitute] = view["order"]["substitutes"]
    [told] = [one for one in handoff["customs"] if one["line"] == "X1.1"]
    assert told["value"] == substitute["net"]
    papers = [one["kind"] for one in view["documents"]]
    assert "customs" in papers
    [parcel] = asked_for(world, order)[0]["parcels"]
    assert int(parcel["weight"]) == 150 + 350 + 420


@pytest.mark.world(policy=SUBSTITUTE)
async def test_what_cannot_cross_the_border_is_not_offered(world: World) -> None:
    await sell(world)
    bare = {"sku": "MUG-RED", "name": "Red mug", "weight_grams": 420, "bin": "A-03-4"}
    put = {"products": [bare]}
    assert (await world.admin.put(f"/shops/{world.shop}/products", json=put)).is_success
    order = await world.place(abroad(world))
    await world.until(order, "in_fulfilment")
    line = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
    body = {"lines": [line | {"short": "broken"}]}
    assert (await world.warehouse(f"{order}-s1", "picked", body)).status_code == 202
    await world.until(order, "ready_to_pack")
    assert await offers(world, order) == []


@pytest.mark.world(policy=SUBSTITUTE)
async def test_prices_without_tax_and_a_discount_are_scaled_and_add_up(world: World) -> None:
    await sell(world, price=1500)
    line = demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 3, 1890, discount=200)
    net, tax = 3 * 1890 - 200, 1039
    line |= {"net": net, "tax": tax, "gross": net + tax}
    body = demo_orders.order(str(world.body()["number"]), [line], demo_orders.card())
    fee = body["shipping"]
    total = {name: line[name] + fee[name] for name in ("net", "tax", "gross")}
    order = await asked(world, 1, body | {"prices_include_tax": False, "total": total})
    assert (await say(world, order, "accept")).is_success
    one = 1890 - 67
    due = one + (one * tax * 2 + net) // (2 * net) + 2 * 1500 + fee["gross"]
    view = await goes_out(world, order, due)
    [substitute] = view["order"]["substitutes"]
    assert (substitute["quantity"], substitute["gross"]) == (2, 3000)
    assert substitute["net"] + substitute["tax"] == 3000


async def two_shipments(world: World) -> str:
    """Two of three teapots go at once, and one of them is broken; another may go in its place."""
    await sell(world, pieces=0)
    pot = {
        "sku": "TEAPOT",
        "name": "Cast-iron teapot",
        "barcodes": ["4902778915615"],
        "weight_grams": 1450,
        "bin": "A-12-1",
        "substitutes": ["POT-RED"],
    }
    red = pot | {"sku": "POT-RED", "name": "Red teapot", "barcodes": ["4902778915622"]}
    put = {"products": [pot, red | {"substitutes": []}]}
    assert (await world.admin.put(f"/shops/{world.shop}/products", json=put)).is_success
    headers = {"content-type": "text/csv", "Idempotency-Key": "red"}
    path, rows = f"/shops/{world.shop}/stock.csv", "sku,quantity\nPOT-RED,3\n"
    assert (await world.admin.post(path, content=rows, headers=headers)).is_success
    await take_all(world, left=2)
    rows = [demo_orders.line("1", "TEAPOT", "Teapot", 3, POT)]
    order = await world.place(
        demo_orders.order(str(world.body()["number"]), rows, demo_orders.card("pm_card_visa"))
    )
    await until_shipment(world, order, 1, "in_fulfilment")
    line = {"line": "1", "sku": "TEAPOT", "quantity": 1, "barcodes": ["4902778915615"]}
    body = {"lines": [line | {"short": "one broken"}]}
    assert (await world.warehouse(f"{order}-s1", "picked", body)).status_code == 202
    await world.until_case(order, "substitution")
    return order


@pytest.mark.world(policy=SUBSTITUTE | {"out_of_stock": "ship_available"})
async def test_of_two_shipments_only_the_one_that_lacks_a_piece_waits(world: World) -> None:
    order = await two_shipments(world)
    await more(world, 1)
    await until_shipment(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    assert [one["state"] for one in await offers(world, order)] == ["offered"]
    assert (await say(world, order, "accept")).is_success
    await amended(world, order)
    assert (await pick_by_now(world, order))["status"] == 202
    await until_shipment(world, order, 1, "ready_to_pack")
    await carry(world, order, 1)
    await deliver(world, order)
    await world.until(order, "delivered")
    sums = await world.judged(order, Ending.OPEN, 3 * POT + 490, shipments=2, parcels=2)
    assert sums.captured == 3 * POT + 490
    view = await sound(world, order)
    assert stock(view, "write_off") == {"TEAPOT": (-1, -1)}


@pytest.mark.world(policy=SUBSTITUTE | {"out_of_stock": "ship_available"})
async def test_of_two_shipments_a_cancel_lets_go_of_what_was_accepted_as_well(
    world: World,
) -> None:
    order = await two_shipments(world)
    assert (await say(world, order, "accept")).is_success
    await amended(world, order)
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED, shipments=2)
    await sound(world, order)
    assert world.books.stock.level(world.shop, "POT-RED").available == 3


@pytest.mark.world(policy=SUBSTITUTE)
async def test_records_that_were_lost_have_offers_links_and_amendments_again(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    await sell(world, price=1500)
    sent, refused, open_ = [await asked(world) for _ in range(3)]
    assert (await say(world, sent, "accept")).is_success
    await amended(world, sent)
    assert (await pick_by_now(world, sent))["status"] == 202
    await world.until(sent, "ready_to_pack")
    assert (await say(world, refused, "refuse")).is_success
    await world.until(refused, "ready_to_pack")
    await world.until_mail_state(open_, "substitution", "sent", "processed", "delivered")
    orders = (sent, refused, open_)
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), *orders)
    assert {one.order: one.kind for one in named} == dict.fromkeys(orders, Kind.MISSING)
    for order in orders:
        was = world.books.search.order(world.shop, order)
        now = books.search.order(world.shop, order)
        assert essence(now) == essence(was)
        assert was is not None
        assert now is not None
        assert now.substitutions == was.substitutions
    token = page_of(world, -1).rpartition("/")[2]
    known = books.substitutions.by_token(token)
    assert known is not None
    assert known.order_id == open_
    assert await found(restore(world, books, vendors), *orders) == []
    database.close()


@pytest.mark.world(policy=SUBSTITUTE)
async def test_an_erased_order_has_no_page_any_more(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.until_mail_state(order, "substitution", "sent", "processed", "delivered")
    address = page_of(world)
    assert (await say(world, order, "refuse")).is_success
    await world.until(order, "ready_to_pack")
    await world.carry(order)
    assert (await world.api.get(address)).status_code == 200

    async def erased() -> Any:
        return (await world.api.post(f"/orders/{order}/erase")).is_success

    await eventually(erased, lambda: "it cannot be erased")
    assert (await world.api.get(address)).status_code == 404


@pytest.mark.world(policy=SUBSTITUTE, cached_workflows=0)
async def test_replayed_at_every_step_it_comes_to_the_same(world: World) -> None:
    await sell(world, price=1500)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await goes_out(world, order, 3880)


@pytest.mark.world(policy=SUBSTITUTE)
async def test_an_order_that_takes_substitutes_by_itself_is_refused(world: World) -> None:
    line = demo_orders.line("X1.1", "MUG-RED", "Red mug", 1, 1) | {"instead_of": "1"}
    refused = await world.api.post("/orders", json=world.body(substitutes=[line]))
    assert refused.status_code == 422
    assert "substitutes" in refused.text


@pytest.mark.world(policy=SUBSTITUTE | {"substitute_within": "PT2H"})
async def test_the_deadline_is_the_policys_own(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.fast_forward(order, timedelta(hours=1))
    assert [one["state"] for one in await offers(world, order)] == ["offered"]
    await world.fast_forward(order, LATER - timedelta(hours=22))
    await world.until(order, "ready_to_pack")
    assert [one["state"] for one in await offers(world, order)] == ["unanswered"]
