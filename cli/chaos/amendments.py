"""Customers who want something else than they have ordered, and the sums that follow."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from cli.demo_orders import PARTS
from sandbox.client import LedgerEntry

Json = dict[str, Any]


@dataclass(frozen=True)
class Amend:
    """One amendment, so many seconds after its order was given to the warehouse, or ``early`` and
    after it was accepted: what is sent, and the order's body with it."""

    after: float
    request: Json
    body: Json
    early: bool = False


def draw(rng: Random, body: Json, share: float) -> Amend | None:
    """Now and then one line in another number, or one line less."""
    if rng.random() >= share:
        return None
    place = rng.randrange(len(body["lines"]))
    line = body["lines"][place]
    gone = len(body["lines"]) > 1 and rng.random() < 0.3
    quantity = line["quantity"] + rng.choice((-1, 1, 1))
    # By the number alone the warehouse's ledger tells whether it was taken.
    new = _line(line, quantity or 2)
    sums = {"line": line["id"]} | {name: new[name] for name in ("quantity", "discount", *PARTS)}
    lines = [new if at == place else one for at, one in enumerate(body["lines"])]
    if gone:
        del lines[place]
    total = {part: sum(one[part] for one in (*lines, body["shipping"])) for part in PARTS}
    request = {
        "key": "changed-mind",
        "version": 0,
        "who": "the customer",
        "why": "wants something else",
        "lines": [{"remove": line["id"]} if gone else {"change": sums}],
        "total": total,
    }
    early = rng.random() < 0.3
    after = round(rng.uniform(0, 4 if early else 0.5), 3)
    return Amend(after, request, body | {"lines": lines, "total": total}, early)


def _line(line: Json, quantity: int) -> Json:
    """The same line in another number, without its discount."""
    gross = line["unit_price"] * quantity
    net = round(gross * 100 / (100 + float(line["tax_rate"])))
    return line | {
        "quantity": quantity,
        "discount": 0,
        "net": net,
        "tax": gross - net,
        "gross": gross,
    }


def asked_for(body: Json, amend: Amend | None, entries: Iterable[LedgerEntry]) -> Json:
    """The body that the warehouse was asked for last, by its own ledger."""
    asked: dict[str, int] | None = None
    for entry in entries:
        if entry.kind in ("handoff_accepted", "amended"):
            asked = {one["line"]: int(one["quantity"]) for one in entry.data["lines"]}
    if amend is None or asked is None:
        return body
    wanted = {one["id"]: int(one["quantity"]) for one in amend.body["lines"]}
    return amend.body if asked == wanted else body
