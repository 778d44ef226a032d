"""A shop with a second warehouse, which has a key, an address and shelves of its own."""

import asyncio
from typing import Any

import httpx

from tests.world import World, eventually

LYON, TOKEN = "lyon", "wms-lyon"
ADDRESS = {
    "name": "Tea & Oak, Lyon",
    "line1": "12 rue de la République",
    "city": "Lyon",
    "postal_code": "69001",
    "country": "FR",
}


async def open_lyon(world: World, pieces: dict[str, int], **setup: Any) -> str:
    """Set the second warehouse up, with these pieces in it; the key that speaks for it."""
    body = {"address": ADDRESS, "priority": 1, "wms_key": TOKEN} | setup
    _sound(await world.admin.put(f"/shops/{world.shop}/warehouses/{LYON}", json=body))
    wanted = {"scopes": ["warehouse"], "name": "Lyon", "warehouse": LYON}
    key = _sound(await world.admin.post(f"/shops/{world.shop}/keys", json=wanted)).json()["key"]
    await asyncio.to_thread(
        world.sandbox.configure, wms={"tokens": {TOKEN: LYON}, "api_keys": {LYON: key}}
    )
    for sku, quantity in pieces.items():
        await bring(world, sku, quantity, LYON)
    return str(key)


async def bring(world: World, sku: str, quantity: int, warehouse: str = "main") -> None:
    """A delivery comes to a warehouse; below zero, so many pieces are lost there."""
    kind = "receipts" if quantity > 0 else "adjustments"
    body = {"sku": sku, "quantity": quantity, "warehouse": warehouse}
    headers = {"Idempotency-Key": f"{warehouse} {sku} {quantity}"}
    path = f"/shops/{world.shop}/stock/{kind}"
    _sound(await world.admin.post(path, json=body, headers=headers))


async def there(world: World, sku: str) -> dict[str, tuple[int, int]]:
    """What each warehouse has on hand and has promised of a SKU."""
    answer = _sound(await world.admin.get(f"/shops/{world.shop}/stock"))
    (level,) = (one for one in answer.json()["levels"] if one["sku"] == sku)
    alone = [level | {"warehouse": "main"}]
    return {
        one["warehouse"]: (one["on_hand"], one["reserved"])
        for one in level.get("warehouses", alone)
    }


async def warehouses_of(world: World, order: str) -> dict[str, str]:
    """Which warehouse has each of an order's shipments."""
    shipments = (await world.view(order))["shipments"]
    return {one["shipment"].rpartition("-")[2]: one["warehouse"] for one in shipments}


async def in_lyon(world: World, order: str) -> None:
    """Wait until Lyon has accepted an order's shipment, on record."""

    async def accepted() -> bool:
        shipments = (await world.view(order))["shipments"]
        return any(one["warehouse"] == LYON and one["answer"]["accepted"] for one in shipments)

    await eventually(accepted, lambda: f"Lyon does not have {order}")


def _sound(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer
