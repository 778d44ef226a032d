"""Another channel's format, over HTTP."""

import copy

from api.channels.example import SHOPIFY_ORDER
from tests.api.desk import Desk, Json


def shopify(**changes: object) -> Json:
    body: Json = copy.deepcopy(SHOPIFY_ORDER) | changes
    body["line_items"][0]["sku"] = "MUG-BLUE"
    return body


async def test_a_channels_order_becomes_one_of_ours(desk: Desk) -> None:
    answer = await desk.call("POST", "/channels/shopify/orders", shopify(), key="shop")
    assert answer.status_code == 202, answer.text
    assert answer.json()["number"] == "#1042"
    view = desk.books.search.order(desk.shop, "#1042")
    assert view is not None
    assert (view.order.channel, view.order.total.gross) == ("shopify", 3090)
    assert await desk.is_started(view.order_id)


async def test_the_same_again_and_another_body_are_told_apart(desk: Desk) -> None:
    first = await desk.call("POST", "/channels/shopify/orders", shopify(), key="shop")
    again = await desk.call("POST", "/channels/shopify/orders", shopify(), key="shop")
    other = await desk.call(
        "POST", "/channels/shopify/orders", shopify(email="other@example.com"), key="shop"
    )
    assert again.json() == first.json()
    assert other.status_code == 409
    assert [one["field"] for one in other.json()["problems"]] == ["email"]


async def test_problems_are_told_in_the_channels_own_paths(desk: Desk) -> None:
    body = shopify(total_price="30.91")
    body["line_items"][0] |= {"sku": "SAUCER", "title": ""}
    answer = await desk.call("POST", "/channels/shopify/orders", body, key="shop")
    assert answer.status_code == 422
    assert {one["field"] for one in answer.json()["problems"]} == {"line_items.0.title"}
    body["line_items"][0]["title"] = "Saucer"
    answer = await desk.call("POST", "/channels/shopify/orders", body, key="shop")
    assert "total_price" in {one["field"] for one in answer.json()["problems"]}
    body["total_price"] = "30.90"
    answer = await desk.call("POST", "/channels/shopify/orders", body, key="shop")
    assert {one["field"] for one in answer.json()["problems"]} == {"line_items.0.sku"}


async def test_a_channel_that_nobody_speaks_is_unknown(desk: Desk) -> None:
    answer = await desk.call("POST", "/channels/telex/orders", shopify(), key="shop")
    assert answer.status_code == 404
