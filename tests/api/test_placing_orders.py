"""Step 1 over HTTP: accepted once and started, or refused with field paths and without a trace."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain.order import Order
from tests.api.desk import Desk, Json, order


def refusals(desk: Desk) -> list[tuple[str, str, list[str]]]:
    with desk.books.database.transaction() as connection:
        rows = connection.execute(text("SELECT shop, source, problems FROM refusals ORDER BY id"))
        return [(shop, source, problems) for shop, source, problems in rows]


def orders_on_record(desk: Desk) -> int:
    with desk.books.database.transaction() as connection:
        return connection.execute(text("SELECT count(*) FROM orders")).scalar_one()


async def test_an_order_is_on_record_and_started_when_it_is_answered(desk: Desk) -> None:
    answer = await desk.call("POST", "/orders", order(), key="shop")
    assert answer.status_code == 202
    body = answer.json()
    own = f"https://api.example/orders/{body['order']}"
    assert body == {
        "order": body["order"],
        "number": "1001",
        "status": "accepted",
        "links": {"self": own, "events": f"{own}/events", "status_page": None},
    }
    assert answer.headers["Location"] == own
    described = await desk.engine.get_workflow_handle(body["order"]).describe()
    assert described.workflow_type == "Order"
    assert described.task_queue == desk.settings.task_queue
    view = desk.books.search.order(desk.shop, body["order"])
    assert view is not None
    assert view.started_at is not None


async def test_the_same_order_again_gets_the_same_answer(desk: Desk) -> None:
    first = await desk.call("POST", "/orders", order(), key="shop")
    reordered = dict(reversed(order(notes="Please ring twice", gift_note="").items()))
    again = await desk.call("POST", "/orders", reordered, key="shop")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert orders_on_record(desk) == 1


async def test_another_body_under_the_same_number_is_refused_and_names_what_differs(
    desk: Desk,
) -> None:
    placed = await desk.place()
    changed = order(notes="Leave it with the neighbour")
    changed["customer"] = changed["customer"] | {"email": "other@example.com"}
    answer = await desk.call("POST", "/orders", changed, key="shop")
    assert answer.status_code == 409
    assert {one["field"] for one in answer.json()["problems"]} == {"notes", "customer.email"}
    view = desk.books.search.order(desk.shop, placed)
    assert view is not None
    assert view.order.notes == "Please ring twice"


async def test_two_shops_and_two_channels_have_numbers_of_their_own(desk: Desk) -> None:
    desk.books.catalogue.put_products(
        desk.other_shop, desk.books.catalogue.products_page(desk.shop)
    )
    ids = {
        (await desk.call("POST", "/orders", body, key=key)).json()["order"]
        for key in ("shop", "other")
        for body in (order(), order(channel="phone"))
    }
    assert len(ids) == 4


def _line(**changes: Any) -> Json:
    return {"lines": [order()["lines"][0] | changes]}


def _address(**changes: Any) -> Json:
    address = order()["shipping_address"] | changes
    return {"shipping_address": {name: value for name, value in address.items() if value}}


BAD: dict[str, tuple[Json, str]] = {
    "a currency that does not exist": ({"currency": "EUX"}, "currency"),
    "a currency in lower case": ({"currency": "eur"}, "currency"),
    "a currency that the provider does not charge": ({"currency": "KPW"}, "total.gross"),
    "an amount below the provider's least": (
        {
            **_line(unit_price=5, quantity=1, discount=0, net=4, tax=1, gross=5),
            "shipping": {"net": 0, "tax": 0, "gross": 0, "tax_rate": "0"},
            "total": {"net": 4, "tax": 1, "gross": 5},
        },
        "total.gross",
    ),
    "an amount with a last digit that the provider cannot charge": (
        {
            "currency": "KWD",
            **_line(unit_price=2605, quantity=1, discount=0, net=2605, tax=0, gross=2605),
            "shipping": {"net": 490, "tax": 0, "gross": 490, "tax_rate": "0"},
            "total": {"net": 3095, "tax": 0, "gross": 3095},
        },
        "total.gross",
    ),
    "a line whose sums do not add up": (_line(net=2184), "lines.0"),
    "a line whose price times quantity is something else": (
        _line(unit_price=1451),
        "lines.0.gross",
    ),
    "a total that is not the sum of the lines": (
        {"total": {"net": 2598, "tax": 493, "gross": 3091}},
        "total.gross",
    ),
    "an unknown SKU": (_line(sku="SAUCER"), "lines.0.sku"),
    "a negative quantity": (_line(quantity=-2), "lines.0.quantity"),
    "a fraction of a piece": (_line(quantity=1.5), "lines.0.quantity"),
    "a quantity in text": (_line(quantity="2"), "lines.0.quantity"),
    "no lines": ({"lines": []}, "lines"),
    "201 lines": ({"lines": order()["lines"] * 201}, "lines"),
    "a missing address": ({"shipping_address": None}, "shipping_address"),
    "an address without a street": (_address(line1=""), "shipping_address.line1"),
    "a blank name": (_address(name=" \u00a0"), "shipping_address.name"),
    "a country in words": (_address(country="Germany"), "shipping_address.country"),
    "a country that is none": (_address(country="ZZ"), "shipping_address.country"),
    "a bill to a country that is none": (
        {"billing_address": order()["billing_address"] | {"country": "QQ"}},
        "billing_address.country",
    ),
    "a time two days ahead": (
        {"placed_at": (datetime.now(UTC) + timedelta(days=2)).isoformat()},
        "placed_at",
    ),
    "a time in another century": ({"placed_at": "2099-01-01T00:00:00Z"}, "placed_at"),
    "no mail address": ({"customer": {"name": "Zoë", "email": "zoe"}}, "customer.email"),
    "a time before the calendar": ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at"),
    "a time after the calendar": ({"placed_at": "9999-12-31T23:59:59-12:00"}, "placed_at"),
    "a time without its zone": ({"placed_at": "2026-03-02T09:15:00"}, "placed_at"),
    "an unknown field": ({"prioriy": "high"}, "prioriy"),
    "nothing due, and something to pay": ({"payment": {"terms": "nothing_due"}}, "payment.terms"),
    "a card number for a payment method": (
        {"payment": {"terms": "authorize", "payment_method": "4242 4242 4242 4242"}},
        "payment.payment_method",
    ),
    "goods that cannot cross the border": (
        {**_line(sku="MUG-GREEN"), **_address(country="CH")},
        "lines.0.sku",
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_an_order_that_cannot_be_carried_out_leaves_nothing_but_its_refusal(
    desk: Desk, name: str
) -> None:
    changes, field = BAD[name]
    answer = await desk.call("POST", "/orders", order(**changes), key="shop")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in {one["field"] for one in answer.json()["problems"]}
    assert orders_on_record(desk) == 0
    assert [(shop, source) for shop, source, _ in refusals(desk)] == [(desk.shop, "orders")]


async def test_clocks_may_differ_and_kosovo_is_a_country(desk: Desk) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=23)).isoformat()
    await desk.place(order(placed_at=ahead, **_address(country="XK")))


async def test_a_refusal_says_what_was_expected(desk: Desk) -> None:
    wrong = order(placed_at="2099-01-01T00:00:00Z", **_address(country="ZZ"))
    answer = await desk.call("POST", "/orders", wrong, key="shop")
    told = {one["field"]: one["message"] for one in answer.json()["problems"]}
    assert told["placed_at"].startswith("lies in the future: it is ")
    assert told["shipping_address.country"] == (
        "ZZ is no country's code (ISO 3166-1, two letters, such as DE)"
    )


def test_what_workflows_were_started_with_is_still_read() -> None:
    odd = order(placed_at="2099-01-01T00:00:00Z", **_address(country="ZZ"))
    assert Order.model_validate(odd).shipping_address.country == "ZZ"


async def test_an_order_on_record_gets_its_answer_again_whatever_new_ones_are_asked(
    desk: Desk,
) -> None:
    body = order(placed_at="2099-01-01T00:00:00Z", **_address(country="ZZ"))
    shop = desk.books.shops.shop(desk.shop)
    assert shop is not None
    desk.books.intake.accept(shop, Order.model_validate(body), body)
    answer = await desk.call("POST", "/orders", body, key="shop")
    assert answer.status_code == 202
    changed = body | {"gift_note": "another"}
    assert (await desk.call("POST", "/orders", changed, key="shop")).status_code == 409


async def test_what_is_prepaid_need_not_be_chargeable_here(desk: Desk) -> None:
    prepaid = {"terms": "prepaid", "reference": "m-1"}
    await desk.place(order(payment=prepaid, currency="KPW"))


async def test_a_service_level_that_the_shop_does_not_offer_is_refused(desk: Desk) -> None:
    shop = desk.books.shops.shop(desk.shop)
    assert shop is not None
    setup = shop.model_dump(mode="json") | {"policy": {"transit_days": {"express": 1}}}
    del setup["id"]
    assert (await desk.call("PUT", f"/shops/{desk.shop}", setup, key="admin")).status_code == 200
    answer = await desk.call("POST", "/orders", order(), key="shop")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "shipping.service_level"


async def test_goods_with_customs_data_cross_the_border(desk: Desk) -> None:
    await desk.place(order(**_address(country="CH")))


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"\xff\xfe", 400),
        (b'{"number": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (json.dumps(order()).replace("Lange", "Lange\\u0000").encode(), 422),
        (json.dumps(order()).replace("Lange", "Lange\\ud83d").encode(), 422),
    ],
)
async def test_a_body_that_is_no_order_is_refused(desk: Desk, content: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await desk.call("POST", "/orders", content=content, headers=headers, key="shop")
    assert answer.status_code == status
    assert answer.json()["status"] == status
    if b"Lange" in content:
        paths = {one["field"] for one in answer.json()["problems"]}
        assert paths == {"billing_address.line1", "shipping_address.line1"}
    assert orders_on_record(desk) == 0
    assert len(refusals(desk)) == 1


async def test_a_refusal_on_record_holds_no_personal_data(desk: Desk) -> None:
    secret = "Zoë Nováková"
    line = order()["lines"][0] | {"options": {secret: "x\x00"}, "sku": secret, secret: 1}
    body = order(lines=[line], currency=secret, **{secret: "x"})
    body["customer"] = {"name": secret, "email": f"{secret} at home", "zoe": secret}
    for content in (json.dumps(body), json.dumps(body).replace("\\u0000", "")):
        headers = {"Content-Type": "application/json"}
        answer = await desk.call("POST", "/orders", content=content, headers=headers, key="shop")
        assert answer.status_code == 422
    kept = refusals(desk)
    assert len(kept) == 2
    assert "Zo" not in json.dumps(kept, ensure_ascii=False)
    assert any("currency: " in words for words in kept[1][2])


async def test_every_kind_of_text_comes_out_again_unchanged(desk: Desk) -> None:
    texts = (
        "Ὀδυσσεύς",
        "Дмитрий Ёлкин",
        "محمد بن سلمان",
        "\u200fדוד\u200f בן־גוריון",
        "สมชาย ใจดี",
        "渡邉 𠮷野家",
        "김철수",
        "👩‍👩‍👧‍👦 🇩🇪 ❤️",
        "e\u0301 is not \u00e9",
        "\u200b\ufeff\u202e\u2066",
        "Robert'); DROP TABLE orders;--",
        '<script>alert(1)</script> & "quotes" \\ {{7*7}} %s $1',
        "\U0010ffff\uffff\ufdd0",
        "line\r\nbreak\ttab",
    )
    placed: dict[str, Json] = {}
    for number, words in enumerate(texts):
        name = f"{words} {number}"
        body = order(name, notes=words, gift_note=f"{words}\n{words}")
        body["customer"] = body["customer"] | {"name": words}
        body["shipping_address"] = body["shipping_address"] | {"name": words, "city": words}
        body["lines"] = [body["lines"][0] | {"options": {words: words}, "note": words}]
        placed[await desk.place(body)] = body
    for order_id, body in placed.items():
        page = (await desk.call("GET", f"/orders/{order_id}", key="shop")).json()["order"]
        for part in ("number", "notes", "gift_note"):
            assert page[part] == body[part]
        assert page["customer"]["name"] == body["customer"]["name"]
        assert page["shipping_address"]["city"] == body["shipping_address"]["city"]
        assert page["lines"][0]["options"] == body["lines"][0]["options"]
        by_number = await desk.call(
            "GET", "/orders", key="shop", params={"q": body["number"].strip()}
        )
        assert order_id in {one["order_id"] for one in by_number.json()["orders"]}
