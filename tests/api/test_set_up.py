"""Set-up: shops, keys, catalogue and stock, by JSON and by table; wrong data is refused whole."""

from typing import Any

import httpx
import pytest

from api.shops import EXAMPLE_SHOP
from tests.api.desk import Desk, Json


async def admin(
    desk: Desk, method: str, path: str, body: Any = None, **more: Any
) -> httpx.Response:
    return await desk.call(method, f"/shops/{desk.shop}{path}", body, key="admin", **more)


async def table(desk: Desk, path: str, text: str, fact: str | None = None) -> httpx.Response:
    headers = {"Content-Type": "text/csv"} | ({} if fact is None else {"Idempotency-Key": fact})
    return await admin(desk, "POST", path, content=text.encode(), headers=headers)


async def level(desk: Desk, sku: str = "MUG-BLUE") -> Json:
    found = (await admin(desk, "GET", "/stock")).json()["levels"]
    return next(one for one in found if one["sku"] == sku)


async def test_a_shop_is_set_up_changed_and_shown(desk: Desk) -> None:
    changed = EXAMPLE_SHOP | {"restock_email": "new@tea-and-oak.example"}
    answer = await admin(desk, "PUT", "", changed)
    assert answer.status_code == 200
    shown = (await admin(desk, "GET", "")).json()
    assert shown["restock_email"] == "new@tea-and-oak.example"
    assert shown["policy"]["pick_within"] == "P3D"
    target = (await admin(desk, "GET", "/callback-target")).json()
    assert target["url"] == EXAMPLE_SHOP["callback_url"]
    assert target["secret"].startswith("whsec_")


COURIER = "policy.courier_calendar."
TWICE = ["2026-12-25", "2026-12-26", "2026-12-25"]


def hours(monday: tuple[str, str] = ("08:00", "17:00"), **more: Any) -> Json:
    week = {"monday": {"opens": monday[0], "closes": monday[1]}}
    return {"policy": {"warehouse_hours": {"week": week} | more}}


async def test_working_hours_are_set_up_and_shown(desk: Desk) -> None:
    policy = hours(holidays=["2026-12-25"], time_zone="Europe/Berlin")["policy"]
    assert (await admin(desk, "PUT", "", EXAMPLE_SHOP | {"policy": policy})).status_code == 200
    shown = (await admin(desk, "GET", "")).json()["policy"]["warehouse_hours"]
    assert shown["week"] == {"monday": {"opens": "08:00:00", "closes": "17:00:00"}}
    assert (shown["time_zone"], shown["holidays"]) == ("Europe/Berlin", ["2026-12-25"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "another"}, "id"),
        ({"seller": {"name": "Tea"}}, "seller.address"),
        ({"restock_email": "nobody"}, "restock_email"),
        ({"policy": {"pick_within": "-P1D"}}, "policy.pick_within"),
        (
            {"policy": {"courier_calendar": {"time_zone": "Mars/Olympus"}}},
            "policy.courier_calendar.time_zone",
        ),
        ({"policy": {"courier_calendar": {"working_days": [7]}}}, COURIER + "working_days"),
        ({"policy": {"courier_calendar": {"holidays": TWICE}}}, COURIER + "holidays"),
        ({"policy": {"courier_calendar": {"cut_off": "16:00Z"}}}, COURIER + "cut_off"),
        (hours(time_zone="Mars/Olympus"), "policy.warehouse_hours.time_zone"),
        (hours(monday=("17:00", "08:00")), "policy.warehouse_hours.week.monday"),
        (hours(holidays=TWICE), "policy.warehouse_hours.holidays"),
        (hours(week={}), "policy.warehouse_hours.week"),
        (hours(week={"fryday": {}}), "policy.warehouse_hours.week.fryday"),
        (hours(monday=("08:00", "08:10")), "policy.pick_within"),
        ({"callback_url": "ftp://x"}, "callback_url"),
        ({"callback_secret": "secret"}, "callback_secret"),
        ({"polcy": {}}, "polcy"),
    ],
)
async def test_a_shop_that_cannot_be_is_refused(desk: Desk, changes: Json, field: str) -> None:
    answer = await admin(desk, "PUT", "", EXAMPLE_SHOP | changes)
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["problems"]}


async def test_a_key_is_shown_once_and_listed_without_itself(desk: Desk) -> None:
    wanted = {"scopes": ["warehouse", "support"], "name": "dock"}
    issued = await admin(desk, "POST", "/keys", wanted)
    assert issued.status_code == 201
    plain = issued.json()["key"]
    assert (await desk.call("GET", "/cases", key=plain)).status_code == 200
    listed = await admin(desk, "GET", "/keys")
    assert plain not in listed.text
    assert "dock" in {one["name"] for one in listed.json()["keys"]}
    for scopes in ([""], ["root"], None):
        wanted = {"scopes": scopes or [], "name": "x"}
        assert (await admin(desk, "POST", "/keys", wanted)).status_code == 422


async def test_nothing_is_set_up_for_a_shop_that_does_not_exist(desk: Desk) -> None:
    calls: list[tuple[str, str, Any]] = [
        ("GET", "/shops/nobody", None),
        ("GET", "/shops/nobody/stock", None),
        ("GET", "/shops/nobody/products", None),
        ("GET", "/shops/nobody/keys", None),
        ("POST", "/shops/nobody/keys", {"scopes": ["shop"], "name": "x"}),
        ("PUT", "/shops/nobody/products", {"products": [{**PRODUCT}]}),
        ("POST", "/shops/nobody/stock/receipts", {"sku": "MUG-BLUE", "quantity": 1}),
    ]
    for method, path, body in calls:
        headers = {"Idempotency-Key": "k"}
        answer = await desk.call(method, path, body, key="admin", headers=headers)
        assert answer.status_code == 404, path


PRODUCT = {"sku": "POT", "name": "Pot", "weight_grams": 1450, "bin": "A-12-1"}
TABLE = """SKU;Name;Barcodes;Weight_grams;Bin;HS_code;Origin;Customs_name
POT;"Pot; iron ☕";4902778915615|4902778915622;1450;A-12-1;732393;JP;Cast-iron pot
MUG-BLUE;Mug;4006381333931;360;A-03-2;;;
"""


async def test_a_catalogue_comes_from_a_table(desk: Desk) -> None:
    answer = await table(desk, "/products.csv", TABLE)
    assert (answer.status_code, answer.json()) == (200, {"products": 2})
    found = (await admin(desk, "GET", "/products")).json()["products"]
    by_sku = {one["sku"]: one for one in found}
    assert by_sku["POT"]["name"] == "Pot; iron ☕"
    assert by_sku["POT"]["barcodes"] == ["4902778915615", "4902778915622"]
    assert by_sku["MUG-BLUE"]["weight_grams"] == 360
    assert by_sku["MUG-BLUE"]["origin"] is None
    assert "MUG-GREEN" in by_sku


async def test_one_bad_row_keeps_the_whole_table_out_and_is_named(desk: Desk) -> None:
    bad = TABLE + "TOO LONG;Lid;;nothing;B-1;12;Japan;\n;Nameless;;1;B-2;;;\n"
    answer = await table(desk, "/products.csv", bad)
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["problems"]} == {
        "rows.4.sku",
        "rows.4.weight_grams",
        "rows.4.hs_code",
        "rows.4.origin",
        "rows.5.sku",
    }
    found = (await admin(desk, "GET", "/products")).json()["products"]
    assert "POT" not in {one["sku"] for one in found}


async def test_a_country_that_is_none_is_neither_an_origin_nor_a_sellers(desk: Desk) -> None:
    answer = await admin(desk, "PUT", "/products", {"products": [PRODUCT | {"origin": "ZZ"}]})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "products.0.origin"
    shop = (await admin(desk, "GET", "")).json()
    del shop["id"]
    shop["seller"]["address"]["country"] = "ZZ"
    answer = await admin(desk, "PUT", "", shop)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "seller.address.country"


async def test_a_sku_stands_once_in_a_call(desk: Desk) -> None:
    twice = {"products": [PRODUCT, PRODUCT]}
    answer = await admin(desk, "PUT", "/products", twice)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "products.1.sku"
    answer = await table(desk, "/products.csv", TABLE + TABLE.splitlines()[1] + "\n")
    assert answer.json()["problems"][0]["field"] == "rows.4.sku"


async def test_a_barcode_tells_one_article_from_all_others(desk: Desk) -> None:
    other = PRODUCT | {"sku": "OTHER", "barcodes": ["4902778915615"]}
    answer = await admin(desk, "PUT", "/products", {"products": [other]})
    assert answer.status_code == 200
    answer = await table(desk, "/products.csv", TABLE)
    assert answer.status_code == 422
    problem = answer.json()["problems"][0]
    assert problem["field"] == "rows.2.barcodes"
    assert "belongs to OTHER" in problem["message"]
    twins = [PRODUCT | {"sku": sku, "barcodes": ["12345678"]} for sku in ("ONE", "TWO")]
    answer = await admin(desk, "PUT", "/products", {"products": twins})
    assert answer.json()["problems"][0]["field"] == "products.1.barcodes"
    again = await admin(desk, "PUT", "/products", {"products": [other]})
    assert again.status_code == 200


async def test_the_catalogue_is_read_page_by_page(desk: Desk) -> None:
    many = [PRODUCT | {"sku": f"SKU-{n:03}"} for n in range(7)]
    assert (await admin(desk, "PUT", "/products", {"products": many})).status_code == 200
    seen: list[str] = []
    after = ""
    while after is not None:
        answer = await admin(desk, "GET", "/products", params={"limit": 4, "after": after})
        seen += [one["sku"] for one in answer.json()["products"]]
        after = answer.json()["next"]
    assert len(seen) == len(set(seen)) == 9


async def test_a_receipt_is_booked_once_for_each_key(desk: Desk) -> None:
    body = {"sku": "MUG-BLUE", "quantity": 120, "note": "DN 4711"}
    for _ in range(3):
        headers = {"Idempotency-Key": "delivery-1"}
        answer = await admin(desk, "POST", "/stock/receipts", body, headers=headers)
        assert answer.status_code == 201
    assert await level(desk) == {
        "sku": "MUG-BLUE",
        "on_hand": 120,
        "reserved": 0,
        "waiting": 0,
        "can_be_promised": 120,
        "expected": None,
    }


async def test_a_correction_never_leaves_less_than_nothing(desk: Desk) -> None:
    headers = {"Idempotency-Key": "a"}
    body = {"sku": "MUG-BLUE", "quantity": 5}
    await admin(desk, "POST", "/stock/adjustments", body, headers=headers)
    headers = {"Idempotency-Key": "b"}
    body = {"sku": "MUG-BLUE", "quantity": -6}
    answer = await admin(desk, "POST", "/stock/adjustments", body, headers=headers)
    assert answer.status_code == 409
    assert (await level(desk))["on_hand"] == 5


async def test_a_count_sets_what_is_on_hand(desk: Desk) -> None:
    await table(desk, "/stock.csv", "sku,quantity\nMUG-BLUE,10\nMUG-GREEN,7\n", "opening")
    await table(desk, "/stock.csv", "sku,quantity\nMUG-BLUE,10\nMUG-GREEN,7\n", "opening")
    assert (await level(desk))["on_hand"] == 10
    answer = await table(desk, "/stock.csv", "sku\tquantity\nMUG-BLUE\t4\n", "second")
    assert answer.json() == {"counted": 1}
    assert (await level(desk))["on_hand"] == 4
    assert (await level(desk, "MUG-GREEN"))["on_hand"] == 7


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ("MUG-BLUE,-1\n", "rows.2.quantity"),
        ("MUG-BLUE,1.5\n", "rows.2.quantity"),
        ("MUG-BLUE,\n", "rows.2.quantity"),
        ("MUG-BLUE,٣\n", "rows.2.quantity"),
        ("MUG-BLUE,99999999999\n", "rows.2.quantity"),
        ("MUG-BLUE,1\nMUG-BLUE,2\n", "rows.3.sku"),
        ("MUG-BLUE,1\nSAUCER,2\n", "rows.3.sku"),
        ("MUG-BLUE,1\n,2\n", "rows.3.sku"),
        ("MUG-BLUE\n", "rows.2"),
    ],
)
async def test_a_count_that_cannot_be_is_refused_whole(desk: Desk, rows: str, field: str) -> None:
    answer = await table(desk, "/stock.csv", f"sku,quantity\n{rows}", "k")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]
    assert (await level(desk))["on_hand"] == 0


async def test_a_count_s_bad_rows_are_all_named_at_once(desk: Desk) -> None:
    rows = "MUG-GREEN,7\nSAUCER,2\nMUG-BLUE,1,2\nMUG-GREEN,-1\nMUG-BLUE,9\nJUG,many\n"
    answer = await table(desk, "/stock.csv", f"sku,quantity\n{rows}", "k")
    assert answer.status_code == 422
    found = [one["field"] for one in answer.json()["problems"]]
    bad = ("4", "3.sku", "5.sku", "5.quantity", "7.sku", "7.quantity")
    assert found == [f"rows.{place}" for place in bad]
    assert "nothing was stored" in answer.json()["detail"]
    assert (await level(desk, "MUG-GREEN"))["on_hand"] == 0
    many = "".join(f"CUP-{n},1\n" for n in range(150))
    answer = await table(desk, "/stock.csv", f"sku,quantity\n{many}", "k")
    assert len(answer.json()["problems"]) == 100
    assert "150 problems" in answer.json()["detail"]


async def test_what_changes_stock_needs_an_idempotency_key(desk: Desk) -> None:
    body = {"sku": "MUG-BLUE", "quantity": 1}
    for path in ("/stock/receipts", "/stock/adjustments"):
        assert (await admin(desk, "POST", path, body)).status_code == 422
        odd = await admin(desk, "POST", path, body, headers={"Idempotency-Key": "a\x01b"})
        assert odd.status_code == 422
    assert (await table(desk, "/stock.csv", "sku,quantity\nMUG-BLUE,1\n")).status_code == 422
    assert (await level(desk))["on_hand"] == 0


async def test_another_request_under_a_used_key_is_refused(desk: Desk) -> None:
    headers = {"Idempotency-Key": "k"}
    for path in ("/stock/receipts", "/stock/adjustments"):
        for quantity, status in ((5, 201), (6, 409), (5, 201)):
            body = {"sku": "MUG-BLUE", "quantity": quantity}
            answer = await admin(desk, "POST", path, body, headers=headers)
            assert answer.status_code == status
    assert (await level(desk))["on_hand"] == 10
    assert (await table(desk, "/stock.csv", "sku,quantity\nMUG-BLUE,7\n", "k")).status_code == 200
    assert (await table(desk, "/stock.csv", "sku,quantity\nMUG-BLUE,8\n", "k")).status_code == 409
    assert (await level(desk))["on_hand"] == 7


async def test_a_count_that_is_sent_again_brings_nothing_back_that_was_sold(desk: Desk) -> None:
    counted = "sku,quantity\nMUG-BLUE,10\n"
    for key in ("opening", "evening"):
        await table(desk, "/stock.csv", counted, key)
    headers = {"Idempotency-Key": "sold"}
    body = {"sku": "MUG-BLUE", "quantity": -4}
    await admin(desk, "POST", "/stock/adjustments", body, headers=headers)
    answer = await table(desk, "/stock.csv", counted, "evening")
    assert (answer.status_code, answer.json()) == (200, {"counted": 1})
    assert (await level(desk))["on_hand"] == 6


async def test_what_was_refused_leaves_its_key_free(desk: Desk) -> None:
    assert (await table(desk, "/stock.csv", "sku,quantity\nSAUCER,7\n", "k")).status_code == 422
    assert (await table(desk, "/stock.csv", "sku,quantity\nMUG-BLUE,7\n", "k")).status_code == 200


async def test_a_shop_says_when_it_expects_goods_and_takes_it_back(desk: Desk) -> None:
    assert ((await level(desk))["expected"], (await level(desk))["waiting"]) == (None, 0)
    for on in ("2026-12-01", "2026-12-01", None):
        answer = await admin(desk, "PUT", "/stock/MUG-BLUE/expected", {"on": on})
        assert (answer.status_code, answer.json()["expected"]) == (200, on)
        assert (await level(desk))["expected"] == on


@pytest.mark.parametrize(
    ("sku", "body", "field"),
    [
        ("SAUCER", {"on": "2026-12-01"}, "sku"),
        ("MUG-BLUE", {"on": "soon"}, "on"),
        ("MUG-BLUE", {}, "on"),
        ("MUG-BLUE", {"on": None, "at": "noon"}, "at"),
    ],
)
async def test_a_day_that_cannot_be_is_refused(
    desk: Desk, sku: str, body: Json, field: str
) -> None:
    answer = await admin(desk, "PUT", f"/stock/{sku}/expected", body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]


async def test_stock_of_an_unknown_sku_cannot_be_received(desk: Desk) -> None:
    headers = {"Idempotency-Key": "k"}
    body = {"sku": "SAUCER", "quantity": 1}
    for path in ("/stock/receipts", "/stock/adjustments"):
        answer = await admin(desk, "POST", path, body, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["field"] == "sku"
