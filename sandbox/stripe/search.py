"""Search over PaymentIntents, as of a minute ago (Stripe docs: Search, Data freshness).

Each intent keeps the few fields that can be searched, as they were at each change; a query sees
the last of them that is older than the lag, and answers with the intent as it is today.
"""

import re
from collections.abc import Callable, Mapping
from typing import cast

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe.errors import invalid
from sandbox.stripe.objects import INTENT, shown
from sandbox.stripe.params import Params

PARAMS = ("query", "limit", "page")
_FIELDS = ("amount", "created", "currency", "customer", "status", "metadata")
_CLAUSE = re.compile(
    r"""\s*(?P<not>-)?(?P<field>[a-z_]+)(?:\[(?P<kq>["'])(?P<key>.+?)(?P=kq)\])?"""
    r"""\s*(?P<op>:|~|>=|<=|>|<)\s*(?:(?P<q>["'])(?P<text>.*?)(?P=q)|(?P<number>-?\d+|null))""",
    re.VERBOSE,
)
_JOINT = re.compile(r"\s+(?P<word>AND|OR|and|or)\s+|\s+")

Test = Callable[[Mapping[str, object]], bool]


def save(world: World, intent: Document) -> None:
    """Store the intent, and what a later search will see of it."""
    now = world.clock.timestamp()
    lag = int(world.settings.section("stripe")["search_lag"])
    seen: list[Document] = intent["_"].get("versions", [])
    # Of what any search can see by now, only the newest still matters.
    old = [version for version in seen if version["at"] <= now - lag]
    young = [version for version in seen if version["at"] > now - lag]
    version = {"at": now} | {name: intent[name] for name in _FIELDS}
    intent["_"]["versions"] = [*old[-1:], *young, version]
    world.store.put(INTENT, intent["id"], intent)


def search(world: World, params: Params) -> Document:
    """GET /v1/payment_intents/search."""
    matches = _parse(params.needed("query", params.text))
    limit = params.integer("limit") or 10
    skip = int(params.text("page") or 0)
    horizon = world.clock.timestamp() - int(world.settings.section("stripe")["search_lag"])
    found = [
        shown(intent)
        for intent in world.store.list(INTENT, newest_first=True)
        if _visible(intent, horizon, matches)
    ]
    more = len(found) > skip + limit
    return {
        "object": "search_result",
        "data": found[skip : skip + limit],
        "has_more": more,
        "next_page": str(skip + limit) if more else None,
        "url": "/v1/payment_intents/search",
    }


def _visible(intent: Document, horizon: int, matches: Test) -> bool:
    versions = [one for one in intent["_"]["versions"] if one["at"] <= horizon]
    return bool(versions) and matches(versions[-1])


def _parse(query: str) -> Test:
    tests: list[Test] = []
    joints: set[str] = set()
    at = 0
    while at < len(query.rstrip()):
        if tests:
            joint = _JOINT.match(query, at)
            if joint is None:
                raise _malformed(query)
            joints.add((joint["word"] or "AND").upper())
            at = joint.end()
        clause = _CLAUSE.match(query, at)
        if clause is None:
            raise _malformed(query)
        tests.append(_test(clause, query))
        at = clause.end()
    if not tests or len(joints) > 1:
        raise _malformed(query)
    if joints == {"OR"}:
        return lambda version: any(test(version) for test in tests)
    return lambda version: all(test(version) for test in tests)


def _test(clause: re.Match[str], query: str) -> Test:
    name, key, operator = clause["field"], clause["key"], clause["op"]
    if name not in _FIELDS or (name == "metadata") != (key is not None):
        raise invalid(f"Field `{name}` is not searchable.", param="query")
    wanted = clause["text"] if clause["text"] is not None else clause["number"]
    negated = clause["not"] is not None

    def value(version: Mapping[str, object]) -> object:
        field = version[name]
        return field if key is None else cast("dict[str, str]", field).get(key)

    def test(version: Mapping[str, object]) -> bool:
        return _compare(value(version), operator, wanted, query) != negated

    return test


def _compare(value: object, operator: str, wanted: str, query: str) -> bool:
    if value is None or wanted == "null":
        return value is None and wanted == "null"
    if operator == ":":
        return str(value).casefold() == wanted.casefold()
    if operator == "~":
        return wanted.casefold() in str(value).casefold()
    if not isinstance(value, int) or not wanted.lstrip("-").isdecimal():
        raise _malformed(query)
    number = int(wanted)
    return {
        ">": value > number,
        "<": value < number,
        ">=": value >= number,
        "<=": value <= number,
    }[operator]


def _malformed(query: str) -> Exception:
    return invalid(f"We were unable to parse your search query: {query}", param="query")
