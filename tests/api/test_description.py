"""The description of the API is complete, and generated calls find nothing it does not say."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import Failure, FailureGroup

from api.openapi import routes_of
from cli import demo_shop
from domain.shop import Scope
from tests.api.desk import Desk

CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
]
"""Not among them: that whatever fits the schemas is accepted, for sums must add up and SKUs exist;
and keys, which test_scopes tries on every route."""


async def test_everything_is_described(desk: Desk) -> None:
    document = (await desk.call("GET", "/openapi.json")).json()
    shown = [route for route in routes_of(desk.app) if route.include_in_schema]
    assert len(shown) > 30
    for route in shown:
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            assert operation["summary"], route.path
            assert operation["description"], route.path
            if method in ("POST", "PUT") and "requestBody" in operation:
                content = operation["requestBody"]["content"]
                assert all(one.get("schema") for one in content.values()), route.path
    keyed = {path for path, item in document["paths"].items() if "security" in str(item)}
    assert len(keyed) == len(document["paths"]) - 6


async def test_every_field_of_the_policy_says_what_it_decides(desk: Desk) -> None:
    document = (await desk.call("GET", "/openapi.json")).json()
    fields = document["components"]["schemas"]["SentPolicy"]["properties"]
    assert len(fields) > 30
    assert [name for name, one in fields.items() if not one.get("description")] == []


async def test_every_example_is_accepted_as_it_stands(desk: Desk) -> None:
    document = (await desk.call("GET", "/openapi.json")).json()
    tried = 0
    for path, item in document["paths"].items():
        if not path.startswith("/shops/{shop}") and path != "/orders":
            continue
        for method, operation in item.items():
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                for example in content.get("examples", {}).values():
                    tried += await accepted(desk, method, path, media, example["value"])
    assert tried >= 7


async def accepted(desk: Desk, method: str, path: str, media: str, value: Any) -> int:
    where = path.replace("{shop}", desk.shop).replace("{sku}", "MUG-BLUE")
    where = where.replace("{warehouse}", "lyon")
    headers = {"Content-Type": media, "Idempotency-Key": path}
    raw, body = (value.encode(), None) if isinstance(value, str) else (None, value)
    if "adjustments" in path:
        receipt = {"sku": "MUG-BLUE", "quantity": 10}
        await desk.call(
            "POST", f"/shops/{desk.shop}/stock/receipts", receipt, key="admin", headers=headers
        )
    key = "admin" if path.startswith("/shops") else "shop"
    answer = await desk.call(method.upper(), where, body, key=key, headers=headers, content=raw)
    assert answer.is_success, (path, answer.text)
    return 1


async def test_the_examples_fit_the_demo_s_shop_one_after_another(desk: Desk) -> None:
    table = (DEMO_DATA / "products.csv").read_text()
    demo = replace(desk, shop=desk.other_shop, keys=desk.keys | {"shop": desk.keys["other"]})
    await accepted(demo, "post", "/shops/{shop}/products.csv", "text/csv", table)
    document = (await desk.call("GET", "/openapi.json")).json()
    tried: set[str] = set()
    for path, item in document["paths"].items():
        if path != "/orders" and "/stock" not in path:
            continue
        for method, operation in item.items():
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                for example in content["examples"].values():
                    await accepted(demo, method, path, media, example["value"])
                    tried.add(path)
    assert len(tried) == 5


DEMO_DATA = Path(demo_shop.__file__).parent / "demo_data"


async def test_generated_calls_are_answered_as_described(desk: Desk) -> None:
    """Calls that fit the schemas and calls that do not, to every operation."""
    desk.keys["every"] = desk.books.shops.issue_key(desk.shop, list(Scope), "every")
    found = await asyncio.to_thread(_probe_all, desk)
    assert not found, "\n\n".join(found)


def _probe_all(desk: Desk) -> list[str]:
    schema: Any = schemathesis.openapi.from_asgi("/openapi.json", desk.app)
    chosen = vars(checks)["CHECKS"].get_by_names(CHECKED)
    found: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        key = desk.keys["admin" if operation.path.startswith("/shops") else "every"]
        for mode in GenerationMode:
            try:
                _probe(operation.as_strategy(generation_mode=mode), key, chosen)
            except (Failure, FailureGroup) as failure:
                causes = failure.exceptions if isinstance(failure, FailureGroup) else (failure,)
                found += [f"{operation.label}, {mode.value}: {cause}" for cause in causes]
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, operation.label
    return found


def _probe(cases: SearchStrategy[Any], key: str, chosen: Any) -> None:
    @given(cases)
    @settings(
        max_examples=5,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        deadline=None,
        derandomize=True,
        database=None,
    )
    def calls(case: Any) -> None:
        case.call_and_validate(headers={"X-API-Key": key}, checks=chosen)

    calls()


async def test_the_description_can_be_read_without_a_stranger_s_server(desk: Desk) -> None:
    page = (await desk.call("GET", "/docs")).text
    assert "cdn" not in page
    for path in ("swagger/swagger-ui-bundle.js", "swagger/swagger-ui.css"):
        assert path in page
        assert (await desk.call("GET", f"/{path}")).status_code == 200


async def test_the_address_alone_leads_to_the_description(desk: Desk) -> None:
    answer = await desk.call("GET", "/")
    assert (answer.status_code, answer.headers["location"]) == (307, "docs")
