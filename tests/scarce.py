"""Orders that wait for their goods: each for an article of its own, which nobody else takes."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from backoffice.shops import keep_policy
from domain.backorder import OutOfStock
from domain.catalogue import Product
from domain.policy import ShortPick
from domain.routing import SplitOrders
from domain.stock import MAIN
from tests.two_warehouses import LYON, bring, open_lyon
from tests.world import Json, World

_PLACING = asyncio.Lock()
"""An order keeps the rules that hold when it comes, and these are changed for single orders."""


def made_scarce(body: Json) -> Json:
    """The same order for an article of which nothing is there."""
    sku = f"RARE-{body['number']}"
    return body | {"lines": [line | {"sku": sku} for line in body["lines"]]}


async def place(
    world: World,
    body: Json,
    *,
    waits: bool,
    there: int = 0,
    replaced: bool = False,
    label_within: timedelta | None = None,
    elsewhere: bool = False,
) -> str:
    """Place an order, which ``waits`` where the shelf is empty, or for what is not ``there``; its
    id. Of one that is ``replaced`` something else may go in place of what is missing; its label
    is waited for as long as ``label_within`` says, where it does. One that goes ``elsewhere`` is
    late at once, and another warehouse has its goods as well."""
    rules: dict[str, object] = {} if label_within is None else {"label_within": label_within}
    async with _PLACING:
        if replaced:
            await _put_another(world, other_than(body))
            rules["short_pick"] = ShortPick.SUBSTITUTE
        if waits:
            line = body["lines"][0]
            await asyncio.to_thread(_prepare, world, line)
            if there:
                await _receive(world, line["sku"], there, "first")
            rules["out_of_stock"] = OutOfStock.SHIP_AVAILABLE if there else OutOfStock.HOLD_ALL
        if elsewhere:
            await _lyon(world)
            rules["pick_within"] = timedelta(seconds=1)
        if not rules:
            return await world.place(body)
        before = await asyncio.to_thread(_rule, world, rules)
        try:
            return await world.place(body)
        finally:
            await asyncio.to_thread(_rule, world, before)


def other_than(body: Json) -> str:
    """The SKU of what may go in place of an order's goods; nobody else takes it."""
    return f"OTHER-{body['number']}"


async def _put_another(world: World, sku: str) -> None:
    await asyncio.to_thread(_prepare, world, {"sku": sku})
    await _receive(world, sku, 1, "first")


async def place_split(world: World, body: Json) -> str:
    """Place an order for two pieces of something rare, one of which each of two warehouses has;
    its id."""
    async with _PLACING:
        await _lyon(world)
        line = body["lines"][0]
        await asyncio.to_thread(_prepare, world, line)
        for warehouse in (MAIN, LYON):
            await bring(world, line["sku"], 1, warehouse)
        await asyncio.to_thread(_rule, world, {"split": SplitOrders.WHEN_NEEDED})
        try:
            return await world.place(body)
        finally:
            await asyncio.to_thread(_rule, world, {"split": SplitOrders.NEVER})


async def _lyon(world: World) -> None:
    """A second warehouse, which has many mugs."""
    known = await asyncio.to_thread(world.books.warehouses.all_of, world.shop)
    if LYON not in {one.code for one in known}:
        await open_lyon(world, {"MUG-BLUE": 1000})


async def deliver(world: World, order: str) -> bool:
    """What the order waits for comes in."""
    for one in (await world.view(order))["waits_for"]:
        if not await _receive(world, one["sku"], one["quantity"], "rest"):
            return False
    return True


async def _receive(world: World, sku: str, quantity: int, delivery: str) -> bool:
    body = {"sku": sku, "quantity": quantity}
    headers = {"Idempotency-Key": f"{sku}:{delivery}"}
    path = f"/shops/{world.shop}/stock/receipts"
    answer = await world.admin.post(path, json=body, headers=headers)
    return answer.is_success


def _prepare(world: World, line: dict[str, Any]) -> None:
    product = Product(
        sku=line["sku"],
        name="Something rare",
        barcodes=(line["sku"],),
        weight_grams=350,
        bin="Z-1",
        reorder_point=0,
        hs_code="691200",
        origin="DE",
    )
    world.books.catalogue.put_products(world.shop, [product])


def _rule(world: World, rules: dict[str, object]) -> dict[str, object]:
    """Change some of the shop's rules; what they were."""
    shop = world.books.shops.shop(world.shop)
    assert shop is not None
    before = {name: getattr(shop.policy, name) for name in rules}
    with world.books.database.transaction() as connection:
        policy = shop.policy.model_copy(update=rules)
        connection.execute(
            text("UPDATE shops SET policy = :policy WHERE id = :shop"),
            {"policy": keep_policy(connection, policy), "shop": world.shop},
        )
    return before
