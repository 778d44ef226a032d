"""Every error is a problem document; none of them tells what it must not."""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from api.example_order import EXAMPLE_ORDER
from api.expected import has_words
from api.openapi import LOCAL_TIME, routes_of
from api.serving import put_together
from runtime.processes import free_port
from tests.api.desk import Desk
from tests.api.signing import stripe_event, stripe_headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", "/orders", 405),
        ("GET", "/orders/", 404),
        ("GET", "/orders?limit=0", 422),
        ("GET", "/orders?limit=x", 422),
        ("GET", "/orders?q=%00", 422),
        ("GET", "/orders/%00", 422),
        ("GET", "/events?after=-1", 422),
        ("GET", "/events?after=99999999999999999999", 422),
        ("GET", "/orders/ord_nobody", 404),
        ("GET", "/orders/ord_nobody/events", 404),
    ],
)
async def test_every_refusal_has_the_same_form(
    desk: Desk, method: str, path: str, status: int
) -> None:
    answer = await desk.call(method, path, key="shop")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "problems"}
    assert body["status"] == status
    assert body["type"].startswith("urn:ordersaga:problem:")


async def test_who_takes_a_wrong_address_is_told_where_to_look(desk: Desk) -> None:
    nowhere = (await desk.call("GET", "/order", key="shop")).json()["detail"]
    assert nowhere == "there is no such address; /docs lists them all"
    method = (await desk.call("DELETE", "/orders", key="shop")).json()["detail"]
    assert method.startswith("this address takes ")
    assert method.endswith("; /docs lists them all")


def patterns_in(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        inner = cast("dict[str, object]", part)
        if isinstance(inner.get("pattern"), str):
            yield str(inner["pattern"])
        for one in inner.values():
            yield from patterns_in(one)
    elif isinstance(part, list):
        for one in cast("list[object]", part):
            yield from patterns_in(one)


async def test_what_every_pattern_asks_for_is_said_in_words(desk: Desk) -> None:
    document = (await desk.call("GET", "/openapi.json")).json()
    schemas = document["components"]["schemas"]
    sent = [schema for name, schema in schemas.items() if name.startswith("Sent")]
    found = {*patterns_in(sent), *patterns_in(document["paths"])} - {LOCAL_TIME}
    assert len(found) > 5
    assert [one for one in sorted(found) if not has_words(one)] == []


async def test_no_refusal_shows_a_pattern(desk: Desk) -> None:
    address = EXAMPLE_ORDER["shipping_address"] | {"country": "germany"}
    body = EXAMPLE_ORDER | {"channel": "my shop", "shipping_address": address, "currency": "eur"}
    answer = await desk.call("POST", "/orders", body, key="shop")
    assert {one["field"]: one["message"] for one in answer.json()["problems"]} == {
        "channel": "must be of letters (A-Z, a-z), digits and the signs . _ : / + # - only, "
        "without spaces",
        "currency": "must be a currency's code: three capital letters (ISO 4217), such as EUR",
        "shipping_address.country": "must be a country's code: two capital letters (ISO 3166-1), "
        "such as DE",
    }
    answer = await desk.call("GET", "/shops/my shop", key="admin")
    [problem] = answer.json()["problems"]
    assert problem["message"].startswith("must be of letters")


async def test_a_query_parameter_that_is_not_known_is_refused_with_those_that_are(
    desk: Desk,
) -> None:
    answer = await desk.call("GET", "/orders?nmber=1001&limit=5", key="shop")
    assert answer.status_code == 422
    [problem] = answer.json()["problems"]
    assert problem["field"] == "query.nmber"
    assert problem["message"] == "is not known; this address takes after, limit, q, warehouse"


async def test_no_route_of_ours_takes_a_parameter_that_it_does_not_declare(desk: Desk) -> None:
    for route in routes_of(desk.app):
        if not route.include_in_schema:
            continue
        path = re.sub(r"{(\w+)}", "1", route.path)
        others = route.path.startswith(("/webhooks/", "/codec/"))
        for method in route.methods or ():
            answer = await desk.call(method, f"{path}?nobody-declares-it=1")
            told = "query.nobody-declares-it" in answer.text
            assert told is not others, (method, route.path)


async def test_while_the_database_is_away_the_answer_is_to_try_again(desk: Desk) -> None:
    nobody = f"postgresql://postgres@127.0.0.1:{free_port()}/ordersaga"
    serving = put_together(desk.settings, desk.engine, nobody)
    away = replace(desk, app=serving.app)
    calls = [
        ("GET", "/orders", "shop"),
        ("POST", "/orders", "shop"),
        ("POST", "/warehouse/shipments/ord_x-s1/picked", "warehouse"),
    ]
    for method, path, key in calls:
        answer = await away.call(method, path, key=key)
        assert answer.status_code == 503, path
        assert answer.headers["Retry-After"]
        assert answer.headers["content-type"] == "application/problem+json"
    ready = await away.call("GET", "/health/ready")
    assert ready.json() == {"ready": False, "database": False, "engine": True}
    raw = stripe_event("payment_intent.succeeded")
    hook = await away.call("POST", "/webhooks/stripe", content=raw, headers=stripe_headers(raw))
    assert hook.status_code == 503


async def test_an_error_nobody_foresaw_is_told_by_its_reference_alone(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    placed = await desk.place()
    with desk.books.database.transaction() as connection:
        spoilt = 'UPDATE orders SET body = body || \'{"currency": "of Zoe"}\''
        connection.exec_driver_sql(spoilt)
    answer = await desk.call("GET", f"/orders/{placed}", key="shop")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    reference = answer.json()["detail"].split("reference ")[1].split(";")[0]
    assert f"ValidationError at /orders/{{order}}, reference {reference}" in caplog.text
    assert "look_up" in caplog.text
    assert "Zoe" not in answer.text + caplog.text


async def test_no_address_reaches_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await desk.call("GET", "/orders/Zoe-Secret", key="shop")
        await desk.call("GET", "/orders", key="shop", params={"q": "zoe.secret@example.com"})
        await desk.call("GET", "/Zoe-Secret", key="shop")
    ours = [record for record in caplog.records if record.name.startswith("api")]
    assert any("/orders/{order} 404" in record.getMessage() for record in ours)
    assert not any("secret" in record.getMessage().lower() for record in ours)
