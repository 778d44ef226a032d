"""Complaints as customers, shops and staff make them, and what an order's page says of them."""

import asyncio
import re
from typing import Any

import httpx

from tests.world import Json, World, eventually

WHO: Json = {"who": "Ana, support"}
ONE_BROKEN: Json = {
    "reason": "damaged",
    "lines": [{"line": "1", "quantity": 1}],
    "words": "the handle is off",
    "who": "the customer, by telephone",
}
REPLACE: Json = WHO | {"kind": "replacement", "words": "We send you a new one."}
REFUND: Json = WHO | {"kind": "refund", "words": "We are sorry."}
DECLINE: Json = WHO | {"kind": "decline", "words": "It was sold as second-hand."}


def partial(amount: int) -> Json:
    return WHO | {"kind": "partial_refund", "amount": {"amount": amount, "currency": "EUR"}}


async def complain(
    world: World, order: str, body: Json | None = None, key: str = "c1"
) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    wanted = body or ONE_BROKEN
    return await world.api.post(f"/orders/{order}/complaints", json=wanted, headers=headers)


async def complained(world: World, order: str, body: Json | None = None, key: str = "c1") -> Json:
    answer = await complain(world, order, body, key)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def offer(
    world: World, order: str, wanted: Json, number: int = 1, key: str = "o1"
) -> httpx.Response:
    path = f"/orders/{order}/complaints/{number}/solutions"
    return await world.api.post(path, json=wanted, headers={"Idempotency-Key": key})


async def offered(world: World, order: str, wanted: Json, number: int = 1, key: str = "o1") -> Json:
    answer = await offer(world, order, wanted, number, key)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def say(
    world: World, order: str, answer: str, offered: int = 1, number: int = 1
) -> httpx.Response:
    body = {"offer": offered, "answer": answer, "who": "the customer, by telephone"}
    return await world.api.post(f"/orders/{order}/complaints/{number}/answer", json=body)


async def complaints(world: World, order: str) -> list[Json]:
    answer = await world.api.get(f"/orders/{order}/complaints")
    assert answer.is_success, answer.text
    return answer.json()["complaints"]


async def until_state(world: World, order: str, state: str, number: int = 1) -> Json:
    """Wait until a complaint is in this state; the complaint with all that happened to it."""
    seen: list[Any] = []

    async def there() -> Json | None:
        found = await complaints(world, order)
        seen.append([(one["complaint"]["number"], states(one)) for one in found])
        mine = [one for one in found if one["complaint"]["number"] == number]
        return mine[0] if mine and (states(mine[0]) or ["open"])[-1] == state else None

    return await eventually(there, lambda: f"{order}: {seen[-1]}, not {state}")


def states(complaint: Json) -> list[str]:
    return [one["state"] for one in complaint["words"]]


async def told(world: World, order: str) -> list[str]:
    """What the shop's feed has told about complaints, in its order."""
    events = (await world.api.get(f"/orders/{order}/events")).json()["events"]
    kinds = ("complain", "complaint", "solution")
    return [one["type"] for one in events if one["type"].split(".")[1].startswith(kinds)]


async def mail_text(world: World, order: str, kind: str) -> str:
    """Wait for a mail of a kind; the newest one's text."""
    await world.until_mail_state(order, kind, "sent", "processed", "delivered")
    mails = await asyncio.to_thread(world.sandbox.mailbox, order=order)
    text = [one for one in mails if one["kind"] == kind][-1]["content"][0]["value"]
    return str(text)


async def page_of(world: World, order: str) -> str:
    """The path of the customer's page, from their shipping mail."""
    found = re.search(r"(/help/\S+)", await mail_text(world, order, "shipped"))
    assert found is not None
    return found.group(1)
