"""Disputes as the customer's bank opens and decides them, and what staff see of them."""

import asyncio
import io
import zipfile
from typing import Any

from sandbox.client import LedgerEntry
from tests.world import Json, World, eventually


def intent_of(world: World, order: str) -> str:
    """The payment that an order was captured from."""
    return str(world.ledger(order, "stripe", "capture")[0].data["intent"])


async def dispute(world: World, order: str, **how: Any) -> str:
    """The customer's bank disputes an order's payment; the dispute."""
    opened = await asyncio.to_thread(world.sandbox.dispute, intent_of(world, order), **how)
    return str(opened["id"])


async def decide(world: World, name: str, outcome: str) -> None:
    """The bank decides."""
    await asyncio.to_thread(world.sandbox.close_dispute, name, outcome)


async def shown(world: World, name: str) -> Json:
    """A dispute as staff see it."""
    answer = await world.api.get(f"/disputes/{name}")
    return answer.json() if answer.is_success else {"state": str(answer.status_code)}


async def until_state(world: World, name: str, *states: str) -> Json:
    """Wait until a dispute is in one of these states on record; the dispute."""
    last: list[str] = [""]

    async def there() -> Json | None:
        found = await shown(world, name)
        last[0] = found["state"]
        return found if last[0] in states else None

    return await eventually(there, lambda: f"{name} is {last[0]}, not {states}")


def submitted(world: World, order: str) -> list[LedgerEntry]:
    """Evidence as the bank has it."""
    return world.ledger(order, "stripe", "evidence")


async def evidence(world: World, name: str) -> dict[str, bytes]:
    """The file that staff get, by the names in it."""
    answer = await world.api.get(f"/disputes/{name}/evidence")
    assert answer.is_success, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


async def told(world: World, order: str) -> list[str]:
    """What the shop's feed tells of an order's disputes, in its sequence."""
    events = (await world.api.get(f"/orders/{order}/events")).json()["events"]
    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    return [one["type"] for one in events if "dispute" in one["type"]]


async def ended(world: World) -> str:
    """An order that was delivered long ago, and whose workflow has ended; its id."""
    order = await world.place()
    await world.carry(order)
    await world.handle(order).result()
    return order
