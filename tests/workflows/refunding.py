"""Refunds as staff press them, and what an order's page says of them."""

import asyncio
from typing import Any

import httpx

from tests.world import Json, World, eventually

WHO: Json = {"who": "Ana, support", "why": "it came late"}
DUE = 4270
"""Two mugs at 18.90 and shipping for 4.90."""


def goodwill(amount: int, currency: str = "EUR") -> Json:
    return WHO | {"kind": "goodwill", "amount": {"amount": amount, "currency": currency}}


def lines(*pieces: tuple[str, int], shipping: bool = False) -> Json:
    wanted = [{"line": line, "quantity": quantity} for line, quantity in pieces]
    return WHO | {"kind": "lines", "lines": wanted, "shipping": shipping}


FEE: Json = WHO | {"kind": "shipping"}
REST: Json = WHO | {"kind": "rest"}


async def press(world: World, order: str, wanted: Json, key: str = "k1") -> httpx.Response:
    """Press the button."""
    headers = {"Idempotency-Key": key}
    return await world.api.post(f"/orders/{order}/refunds", json=wanted, headers=headers)


async def pressed(world: World, order: str, wanted: Json, key: str = "k1") -> Json:
    """Press it, and be heard; the answer."""
    answer = await press(world, order, wanted, key)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def refused(world: World, order: str, wanted: Json, key: str = "k1") -> str:
    """Press it, and be told why not."""
    answer = await press(world, order, wanted, key)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["detail"])


async def refunds(world: World, order: str) -> list[Json]:
    """What the order's page says."""
    answer = await world.api.get(f"/orders/{order}/refunds")
    assert answer.is_success, answer.text
    return answer.json()["refunds"]


async def until_refund(world: World, order: str, *statuses: str, number: int = 1) -> Json:
    """Wait until each part of a refund is in one of these statuses; the refund."""
    seen: list[Any] = []

    async def there() -> Json | None:
        found = [one for one in await refunds(world, order) if one["number"] == number]
        seen.append(found)
        newest = {part["shipment"]: part["status"] for one in found for part in one["parts"]}
        good = newest and all(status in statuses for status in newest.values())
        return found[0] if good else None

    return await eventually(there, lambda: f"{order}: {seen[-1]}, not {statuses}")


async def until_told(world: World, order: str, kind: str, count: int = 1) -> list[Json]:
    """Wait until the shop's feed has told of a refund; what it was told."""

    async def there() -> list[Json]:
        events = (await world.api.get(f"/orders/{order}/events")).json()["events"]
        found = [one for one in events if one["type"] == kind]
        return found if len(found) >= count else []

    return await eventually(there, lambda: f"{order}: {kind} was not told {count} times")


async def mail_of(world: World, order: str) -> str:
    """Wait for the mail about a refund; its text."""
    await world.until_mail_state(order, "refunded", "sent", "processed", "delivered")
    mails = await asyncio.to_thread(world.sandbox.mailbox, order=order)
    (mail,) = [one for one in mails if one["kind"] == "refunded"]
    (text, *_) = [part["value"] for part in mail["content"]]
    return str(text)


def given_back(world: World, order: str) -> list[int]:
    """What the provider's ledger says, refund by refund, but for those that failed."""
    failed = {one.data["refund"] for one in world.ledger(order, "stripe", "refund_failed")}
    made = world.ledger(order, "stripe", "refund")
    return [int(one.data["amount"]) for one in made if one.data["refund"] not in failed]
