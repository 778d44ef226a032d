"""Customers who complain about a piece, and what they say to what they are offered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx

Json = dict[str, Any]
Call = Callable[[str, str, Json | None, str], Awaitable[httpx.Response]]
"""Method, path, body, idempotency key; answered in the end."""

_WORDS = ("accept", "accept", "refuse", "")
"""As often as each is said; nothing is an answer as well."""
_ENDS = ("solved", "declined")
_REASONS = ("damaged", "wrong_item", "not_as_described", "other")
_MOST_PRESSES = 120
_MOST_LOOKS = 120


@dataclass(frozen=True)
class Complaining:
    """A customer complains, as soon as something has left, and in so many seconds at the earliest;
    what they say to the first offer. Nothing leaves it unanswered."""

    after: float
    reason: str
    says: str


def draw(rng: Random, share: float) -> Complaining | None:
    """One order in so many is complained about."""
    if rng.random() >= share:
        return None
    return Complaining(round(rng.uniform(0, 5), 3), rng.choice(_REASONS), rng.choice(_WORDS))


async def complain(call: Call, order: str, line: str, plan: Complaining) -> list[str]:
    """Complain, twice under one key, and answer what is offered; what was answered amiss."""
    await asyncio.sleep(plan.after)
    path = f"/orders/{order}/complaints"
    body = {"reason": plan.reason, "lines": [{"line": line, "quantity": 1}], "who": "the customer"}
    for _ in range(_MOST_PRESSES):
        answers = await asyncio.gather(*(call("POST", path, body, "complaint") for _ in range(2)))
        if any(one.status_code == 202 for one in answers):
            return await _answer(call, path, plan.says)
        if answers[0].status_code != 409:
            return [f"a complaint was answered {answers[0].status_code}: {answers[0].text[:300]}"]
        if "Nothing has left yet" not in answers[0].text:
            return []
        await asyncio.sleep(0.5)
    return []


async def _answer(call: Call, path: str, says: str) -> list[str]:
    """The first offer is answered as drawn, every other one is taken."""
    for _ in range(_MOST_LOOKS if says else 0):
        found: list[Json] = (await call("GET", path, None, "")).json()["complaints"]
        said: list[Json] = found[0]["words"] if found else []
        if said and said[-1]["state"] in _ENDS:
            return []
        if said and said[-1]["state"] == "offered":
            number = said[-1]["solution"]["number"]
            word = says if number == 1 else "accept"
            body = {"offer": number, "answer": word, "who": "the customer"}
            await call("POST", f"{path}/1/answer", body, "")
        await asyncio.sleep(1)
    return []


def given_back(page: Json) -> int:
    """What was given back for complaints, in minor units, in the provider's own figures."""
    parts = (part for one in _refunds(page).values() for part in one["parts"])
    return sum(int(one["money"]["amount"]) for one in parts if one["status"] != "failed")


def problems(page: Json, charged_here: bool) -> list[str]:
    """Every complaint that is solved was made good once, and no other; none is left open by an
    order that has ended."""
    complaints = page.get("complaints", ())
    solved = {_key(one) for one in complaints if _state(one) == "solved"}
    left = [one["complaint"]["number"] for one in complaints if _state(one) not in _ENDS]
    found = [f"ended with complaints {left} open"] if left and page.get("ended_at") else []
    if charged_here and page.get("ended_at") and set(_refunds(page)) != solved:
        found.append(f"solved: {sorted(solved)}, given back: {sorted(_refunds(page))}")
    return found


def _refunds(page: Json) -> dict[str, Json]:
    mine = (one for one in page.get("refunds", ()) if one["key"].startswith("complaint·"))
    return {one["key"]: one for one in mine}


def _key(complaint: Json) -> str:
    solutions = [one["solution"] for one in complaint["words"] if one.get("solution")]
    return f"complaint·{complaint['complaint']['number']}·{solutions[-1]['number']}"


def ended(state: str) -> Callable[[Json], bool]:
    """Whether an order's page has a complaint that has ended so."""
    return lambda page: any(_state(one) == state for one in page.get("complaints", ()))


def was_refused(page: Json) -> bool:
    """Whether a customer has not taken what was offered."""
    return any(
        (before["state"], after["state"]) == ("offered", "open")
        for one in page.get("complaints", ())
        for before, after in zip(one["words"], one["words"][1:], strict=False)
    )


def _state(complaint: Json) -> str:
    words = complaint["words"]
    return str(words[-1]["state"]) if words else "open"
