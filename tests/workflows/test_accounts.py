"""Orders as they are carried out are what the accountant's report finds at the provider."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.creditor_reference import creditor_reference
from tests.workflows.refunding import goodwill, pressed, until_refund
from tests.world import Json, World, eventually

DUE = 4270


def wide() -> dict[str, str]:
    """All that the sandbox's clock may say."""
    today = datetime.now(UTC).date()
    return {
        "from": (today - timedelta(days=2)).isoformat(),
        "to": (today + timedelta(days=300)).isoformat(),
    }


async def until_reported(world: World, *, matched: int) -> Json:
    """Wait until the loops have read both accounts; the report."""
    seen: list[Any] = []

    async def there() -> Json | None:
        await asyncio.to_thread(world.books.movements.ring)
        answer = await world.api.get("/reports/accounts", params=wide())
        assert answer.is_success, answer.text
        seen.append(answer.json())
        return seen[-1] if seen[-1]["matched"] == matched else None

    return await eventually(there, lambda: f"not {matched} agree: {seen[-1]}")


async def test_captures_refunds_and_transfers_of_real_orders_agree_with_both_providers(
    world: World,
) -> None:
    card = await world.place()
    transfer = await world.place(world.body(payment={"terms": "transfer"}))
    await world.until(transfer, "awaiting_payment")
    world.sandbox.transfer(creditor_reference(transfer), DUE + 730, order=transfer)
    await world.carry(card, "delivered")
    await world.carry(transfer, "delivered")
    for order in (card, transfer):
        await pressed(world, order, goodwill(500))
        await until_refund(world, order, "succeeded")
    report = await until_reported(world, matched=4)
    assert [one for one in report["unmatched"] if one["order"] in (card, transfer)] == []
    assert report["open_items"] == []
    stripe = next(one for one in report["statements"] if one["provider"] == "stripe")
    bank = next(one for one in report["statements"] if one["provider"] == "bank")
    assert (stripe["captured"], stripe["refunded"]) == (DUE, -500)
    assert (bank["received"], bank["sent_back"], bank["refunded"]) == (DUE + 730, -730, -500)
    assert bank["closing"] == DUE - 500
    (line,) = report["taxes"]
    assert (line["invoiced"]["gross"], line["credited"]["gross"]) == (2 * DUE, -1000)
    assert (line["country"], report["whole"]) == ("DE", True)


async def test_a_payout_is_read_at_once_when_its_webhook_comes(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await until_reported(world, matched=1)
    await world.pass_time(timedelta(days=3))
    made = await asyncio.to_thread(world.sandbox.payout, "eur")
    await asyncio.to_thread(world.sandbox.settle)

    async def there() -> Json | None:
        answer = await world.api.get("/reports/accounts", params=wide())
        paid = [one for one in answer.json()["payouts"] if one["payout"]["status"] == "paid"]
        return paid[0] if paid and paid[0]["difference"] == 0 else None

    entry = await eventually(there, lambda: "the payout was not read")
    assert entry["payout"]["id"] == made["id"]
    assert [one["order"] for one in entry["movements"]] == [order]
