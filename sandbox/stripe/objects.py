"""Stripe's objects as they are stored, shown, expanded and listed.

A stored object is what the API shows, plus a section "_" that only the sandbox sees.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import cast

from sandbox.core.store import Document, Store
from sandbox.stripe.errors import invalid
from sandbox.stripe.params import Params

CUSTOMER = "stripe.customer"
METHOD = "stripe.payment_method"
INTENT = "stripe.payment_intent"
CHARGE = "stripe.charge"
REFUND = "stripe.refund"
BALANCE = "stripe.balance_transaction"
DISPUTE = "stripe.dispute"
EVENT = "stripe.event"
REVIEW = "stripe.review"
FILE = "stripe.file"
PAYOUT = "stripe.payout"
_PREFIXES = {
    "cus": CUSTOMER,
    "pm": METHOD,
    "pi": INTENT,
    "ch": CHARGE,
    "re": REFUND,
    "txn": BALANCE,
    "du": DISPUTE,
    "prv": REVIEW,
    "file": FILE,
    "po": PAYOUT,
}
_EXPANDABLE = frozenset(
    {
        "customer", "payment_method", "latest_charge", "payment_intent", "charge",
        "balance_transaction", "failure_balance_transaction", "source", "review",
    }
)  # fmt: skip
_DEPTH = 4
PAGE = ("limit", "starting_after", "ending_before", "expand")
"""Parameters of every list."""
PRIVATE = "_"


def new_id(prefix: str) -> str:
    """An id in Stripe's manner."""
    return f"{prefix}_{secrets.token_hex(12)}"


def shown(document: Document) -> Document:
    """The object as the API shows it."""
    return {name: value for name, value in document.items() if name != PRIVATE}


def expand(store: Store, document: Document, paths: Iterable[str]) -> Document:
    """Put objects in place of ids along `latest_charge.balance_transaction` and the like."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEPTH:
            raise invalid(f"You cannot expand more than {_DEPTH} levels: {path}", param="expand")
        _expand(store, document, steps, path)
    return document


def _expand(store: Store, document: Document, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    value: object = document.get(name)
    if name == "data" and isinstance(value, list):
        for item in cast("list[Document]", value):
            _expand(store, item, rest, path)
        return
    if name not in document or name not in _EXPANDABLE:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(value, str):
        kind = _PREFIXES.get(value.split("_")[0])
        found = store.get(kind, value) if kind else None
        if found is not None:
            document[name] = shown(found)
    target: object = document[name]
    if rest and isinstance(target, dict):
        _expand(store, cast("Document", target), rest, path)


def page(found: Iterator[Document], params: Params, url: str) -> Document:
    """One page of a list that runs from the newest to the oldest."""
    limit = params.integer("limit") or 10
    if not 1 <= limit <= 100:
        raise invalid("limit must be between 1 and 100", "parameter_invalid_integer", "limit")
    after, before = params.text("starting_after"), params.text("ending_before")
    if before is not None:
        newer: list[Document] = []
        for item in found:
            if item["id"] == before:
                break
            newer.append(item)
        return _list(newer[-limit:], len(newer) > limit, url)
    if after is not None:
        for item in found:
            if item["id"] == after:
                break
    items: list[Document] = []
    for item in found:
        if len(items) == limit:
            return _list(items, True, url)
        items.append(item)
    return _list(items, False, url)


def _list(items: list[Document], more: bool, url: str) -> Document:
    return {
        "object": "list",
        "data": [shown(item) for item in items],
        "has_more": more,
        "url": url,
    }


def created_within(found: Iterator[Document], params: Params) -> Iterator[Document]:
    """Narrow by `created`, exact or with gt, gte, lt, lte (Unix seconds)."""
    if "created" not in params:
        return found
    if isinstance(params.plain("created"), str):
        exact = params.integer("created")
        return (item for item in found if item["created"] == exact)
    bounds = params.section("created")
    bounds.only(("gt", "gte", "lt", "lte"))
    gt, gte, lt, lte = (bounds.integer(name) for name in ("gt", "gte", "lt", "lte"))
    return (
        item
        for item in found
        if (gt is None or item["created"] > gt)
        and (gte is None or item["created"] >= gte)
        and (lt is None or item["created"] < lt)
        and (lte is None or item["created"] <= lte)
    )
