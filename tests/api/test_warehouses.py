"""Setting warehouses up over HTTP: refused with words where it does not fit."""

from typing import Any

import pytest

from tests.api.desk import Desk, Json
from tests.api.test_set_up import admin, level, table

LYON: Json = {
    "name": "Lyon",
    "address": {
        "name": "Tea & Oak, Lyon",
        "line1": "12 rue de la République",
        "city": "Lyon",
        "country": "FR",
    },
    "time_zone": "Europe/Paris",
    "priority": 2,
    "serves": ["FR", "ES"],
    "wms_url": "https://wms.lyon.example",
    "wms_key": "lyon-s-own",
}


async def test_a_warehouse_is_set_up_changed_and_shown_without_its_key(desk: Desk) -> None:
    answer = await admin(desk, "PUT", "/warehouses/lyon", LYON)
    assert answer.status_code == 200, answer.text
    await admin(desk, "PUT", "/warehouses/lyon", LYON | {"priority": 0, "wms_key": ""})
    found = (await admin(desk, "GET", "/warehouses")).json()["warehouses"]
    assert [(one["warehouse"]["code"], one["has_key"]) for one in found] == [
        ("lyon", True),
        ("main", False),
    ]
    assert found[0]["warehouse"]["wms_key"] == ""
    assert found[0]["warehouse"]["address"]["city"] == "Lyon"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"time_zone": "Europe/Lyon"}, "time_zone"),
        ({"serves": ["FR", "XX"]}, "serves.1"),
        ({"address": LYON["address"] | {"country": "ZZ"}}, "address.country"),
        ({"wms_url": "ftp://lyon.example"}, "wms_url"),
        ({"priority": -1}, "priority"),
        ({"code": "riga"}, "code"),
    ],
)
async def test_what_does_not_fit_is_refused_by_its_field(
    desk: Desk, changes: Json, field: str
) -> None:
    answer = await admin(desk, "PUT", "/warehouses/lyon", LYON | changes)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]
    assert len((await admin(desk, "GET", "/warehouses")).json()["warehouses"]) == 1


async def test_places_are_those_of_products_that_the_shop_sells(desk: Desk) -> None:
    await admin(desk, "PUT", "/warehouses/lyon", LYON)
    path = "/warehouses/lyon/products"
    sent: dict[str, Any] = {"products": [{"sku": "MUG-BLUE", "bin": "L-1"}, {"sku": "NONE"}]}
    answer = await admin(desk, "PUT", path, sent)
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "products.1.sku")
    assert desk.books.warehouses.bins(desk.shop, "lyon", ["MUG-BLUE"]) == {}
    assert (await admin(desk, "PUT", path, {"products": sent["products"][:1]})).json() == {
        "products": 1
    }
    assert desk.books.warehouses.bins(desk.shop, "lyon", ["MUG-BLUE"]) == {"MUG-BLUE": "L-1"}
    main = await admin(desk, "PUT", "/warehouses/main/products", sent)
    assert main.status_code == 409
    nowhere = await admin(desk, "PUT", "/warehouses/riga/products", sent)
    assert nowhere.status_code == 404


async def test_stock_is_booked_counted_and_shown_by_warehouse(desk: Desk) -> None:
    await admin(desk, "PUT", "/warehouses/lyon", LYON)
    before = (await level(desk))["on_hand"]
    body = {"sku": "MUG-BLUE", "quantity": 7, "warehouse": "lyon"}
    headers = {"Idempotency-Key": "delivery"}
    answer = await admin(desk, "POST", "/stock/receipts", body, headers=headers)
    assert (answer.status_code, answer.json()["on_hand"]) == (201, 7)
    shown = await level(desk)
    assert shown["on_hand"] == before + 7
    there = {one["warehouse"]: one["on_hand"] for one in shown["warehouses"]}
    assert there == {"main": before, "lyon": 7}
    counted = await table(desk, "/stock.csv", "sku,quantity,warehouse\nMUG-BLUE,4,lyon\n", "c")
    assert counted.status_code == 200
    only = (await admin(desk, "GET", "/stock?warehouse=lyon")).json()["levels"]
    assert {one["sku"]: one["on_hand"] for one in only}["MUG-BLUE"] == 4
    assert (await level(desk))["on_hand"] == before + 4


@pytest.mark.parametrize("path", ["/stock/receipts", "/stock/adjustments"])
async def test_a_warehouse_that_the_shop_has_not_is_named(desk: Desk, path: str) -> None:
    body = {"sku": "MUG-BLUE", "quantity": 7, "warehouse": "riga"}
    answer = await admin(desk, "POST", path, body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "warehouse")
    rows = "sku,quantity,warehouse\nMUG-BLUE,4,riga\n"
    assert (await table(desk, "/stock.csv", rows, "c")).status_code == 422
    assert (await admin(desk, "GET", "/stock?warehouse=riga")).status_code == 404


async def test_a_key_is_made_for_a_warehouse_that_is_there(desk: Desk) -> None:
    wanted = {"scopes": ["warehouse"], "name": "Lyon", "warehouse": "lyon"}
    answer = await admin(desk, "POST", "/keys", wanted)
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, "warehouse")
    await admin(desk, "PUT", "/warehouses/lyon", LYON)
    assert (await admin(desk, "POST", "/keys", wanted)).json()["warehouse"] == "lyon"
    keys = (await admin(desk, "GET", "/keys")).json()["keys"]
    assert [one["warehouse"] for one in keys if one["name"] == "Lyon"] == ["lyon"]
