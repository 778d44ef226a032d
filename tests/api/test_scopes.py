"""Every route against every kind of key: a new route without a scope fails here."""

import re

import pytest
from fastapi.routing import APIRoute

from api.access import AdminAllowed, Allowed
from api.openapi import dependencies_of, routes_of
from domain.shop import Scope
from tests.api.desk import ADMIN_KEY, Desk, order

OPEN_TO_ALL = {
    "/health/live",
    "/health/ready",
    "/webhooks/bank",
    "/webhooks/stripe",
    "/webhooks/shippo/{token}",
    "/webhooks/sendgrid",
    "/codec/sign-in",
    "/substitutions/{token}",
    "/help/{secret}",
    "/help/{secret}/complaints",
    "/help/{secret}/complaints/{complaint}",
}
"""Health says nothing of anybody's; webhooks prove themselves; a sign-in brings its key along; the
pages of an offer, and of an order's customer, are secrets of their own."""
KEYS = ["admin", *(scope.value for scope in Scope)]

DOCUMENTATION = {"/", "/docs"}


def needed(route: APIRoute) -> set[str]:
    """The kinds of keys that open a route, by what it depends on."""
    found: set[str] = set()
    for one in dependencies_of(route.dependant):
        if isinstance(one, Allowed):
            found |= {scope.value for scope in one.scopes}
        if isinstance(one, AdminAllowed):
            found.add("admin")
    return found


async def status(desk: Desk, route: APIRoute, key: str | None) -> list[int]:
    path = re.sub(r"{(\w+)}", "1", route.path)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    return [
        (await desk.call(method, path, content=b"{", headers=headers, key=key)).status_code
        for method in sorted(route.methods or ())
    ]


async def test_every_route_needs_a_key_or_is_known_to_need_none(desk: Desk) -> None:
    routes = list(routes_of(desk.app))
    assert len(routes) > 30
    keyless = {route.path for route in routes if not needed(route)}
    assert keyless == OPEN_TO_ALL | DOCUMENTATION


async def test_every_other_path_of_the_application_is_its_description(desk: Desk) -> None:
    described = {route.path for route in routes_of(desk.app)}
    others = {getattr(route, "path", "") for route in desk.app.routes} - described
    assert others - {""} == {"/openapi.json", "/swagger"}


async def test_without_a_valid_key_nothing_is_answered_but_401(desk: Desk) -> None:
    for route in routes_of(desk.app):
        if route.path in OPEN_TO_ALL | DOCUMENTATION:
            continue
        for key in (None, "wrong", "osk_" + "x" * 43, ADMIN_KEY[:-1], "\x7f", " "):
            assert set(await status(desk, route, key)) == {401}, (route.path, key)


@pytest.mark.parametrize("key", KEYS)
async def test_a_key_opens_what_its_scope_says_and_nothing_else(desk: Desk, key: str) -> None:
    for route in routes_of(desk.app):
        if route.path in OPEN_TO_ALL | DOCUMENTATION:
            continue
        answers = set(await status(desk, route, key))
        if key in needed(route):
            assert not answers & {401, 403}, (route.path, answers)
        else:
            # A shop's key is known where the admin's is asked for; the other way round it is not.
            assert answers == {401 if key == "admin" else 403}, (route.path, answers)


async def test_a_key_may_come_as_a_bearer_token(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {desk.keys['shop']}"}
    assert (await desk.call("GET", "/orders", headers=headers)).status_code == 200
    wrong = await desk.call("GET", "/orders", headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_revoked_key_opens_nothing_any_more(desk: Desk) -> None:
    issued = desk.books.shops.issue_key(desk.shop, [Scope.SHOP], "to be revoked")
    assert (await desk.call("GET", "/orders", key=issued)).status_code == 200
    found = desk.books.shops.key(issued)
    assert found is not None
    gone = await desk.call("DELETE", f"/shops/{desk.shop}/keys/{found.id}", key="admin")
    assert gone.status_code == 200
    assert (await desk.call("GET", "/orders", key=issued)).status_code == 401


async def test_another_shops_things_do_not_exist(desk: Desk) -> None:
    placed = await desk.place(order())
    shipment = desk.hand_off(placed)
    case = {"answer": "close", "who": "Ana"}
    pick = {"lines": [{"line": "1", "sku": "MUG-BLUE", "quantity": 2}]}
    calls = [
        ("GET", f"/orders/{placed}", None),
        ("GET", "/orders/1001", None),
        ("GET", f"/orders/{placed}/events", None),
        ("POST", f"/orders/{placed}/cancel", {"who": "Eve"}),
        ("GET", f"/cases/{placed}-c1", None),
        ("POST", f"/cases/{placed}-c1/answer", case),
        ("GET", f"/warehouse/shipments/{shipment}", None),
        ("POST", f"/warehouse/shipments/{shipment}/picked", pick),
        ("GET", f"/documents/{placed}-s1:papers:1:packing_slip", None),
    ]
    for method, path, body in calls:
        answer = await desk.call(method, path, body, key="other")
        assert answer.status_code == 404, (path, answer.text)
    for path in ("/orders", "/events", "/warehouse/shipments", "/print-jobs", "/cases"):
        assert "1001" not in (await desk.call("GET", path, key="other")).text
    assert desk.books.inbox.claim(10) == ()
