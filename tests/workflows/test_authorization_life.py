"""An authorization ends before the goods leave: made anew in good time, or nothing ships."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cli import demo_orders
from sandbox.client import LedgerEntry
from sandbox.judge import Ending
from tests.world import Json, World, eventually

IN_GOOD_TIME = timedelta(days=6, hours=1)
"""After the day on which an authorization of seven days is made anew."""
IN_GOOD_TIME_AGAIN = timedelta(days=3, hours=19)
"""The same for one that Visa grants when the customer is not there: 4 days and 18 hours."""
TOO_LATE = timedelta(days=7, hours=1)
STRIPE = {"Authorization": "Bearer sk_test_sandbox"}


def kept(card: str = "pm_card_visa") -> Json:
    """A card that the customer agreed to have kept."""
    return demo_orders.card(card) | {"consent": datetime.now(UTC).isoformat()}


async def waiting(world: World, payment: Json | None = None) -> str:
    """An order that nobody picks."""
    order = await world.place(world.body(payment=payment or kept()))
    await world.until(order, "in_fulfilment")
    return order


async def money(world: World, order: str, kind: str, count: int) -> list[LedgerEntry]:
    async def there() -> list[LedgerEntry]:
        found = await asyncio.to_thread(world.ledger, order, "stripe", kind)
        return found if len(found) == count else []

    return await eventually(there, lambda: f"there are not {count} of {kind}")


async def offer(world: World, order: str, card: str = "pm_card_mastercard") -> httpx.Response:
    return await world.api.post(f"/orders/{order}/payment-method", json=demo_orders.card(card))


async def on_record(world: World, order: str) -> tuple[int, int, int]:
    """Authorized, let go and captured by our own books, in cents."""
    sums = (await world.view(order))["money"]
    authorized, voided, captured = (sums[k]["amount"] for k in ("authorized", "voided", "captured"))
    return authorized, voided, captured


async def test_it_is_made_anew_with_the_kept_method_before_the_old_one_is_let_go(
    world: World,
) -> None:
    order = await waiting(world)
    await world.fast_forward(order, IN_GOOD_TIME)
    (old, new) = await money(world, order, "authorization", 2)
    (let_go,) = await money(world, order, "void", 1)
    assert new.seq < let_go.seq
    assert let_go.data["intent"] == old.data["intent"]
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.captures) == (4270, 1)
    assert await on_record(world, order) == (2 * 4270, 4270, 4270)


async def test_it_is_made_anew_as_often_as_it_ends(world: World) -> None:
    order = await waiting(world)
    for times, by in ((2, IN_GOOD_TIME), (3, IN_GOOD_TIME_AGAIN)):
        await world.fast_forward(order, by)
        await money(world, order, "authorization", times)
        await money(world, order, "void", times - 1)
    await world.carry(order, "released")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.authorized, sums.captured) == (3 * 4270, 4270)


async def test_a_capture_that_comes_too_late_is_paid_by_the_kept_method_and_only_then_released(
    world: World,
) -> None:
    order = await waiting(world)
    await world.carry(order, "ready_to_pack")
    await world.pass_time(TOO_LATE)
    await world.wms(f"{order}-s1", "packed")
    await world.until(order, "released")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.authorized, sums.captured) == (2 * 4270, 4270)
    assert not [one for one in (await world.view(order))["cases"] if not one.get("closed_at")]
    assert await on_record(world, order) == (2 * 4270, 4270, 4270)


async def test_where_it_was_not_kept_the_customer_is_asked_and_another_card_takes_its_place(
    world: World,
) -> None:
    order = await waiting(world, demo_orders.card())
    await world.fast_forward(order, IN_GOOD_TIME)
    case = await world.until_case(order, "authorization_ends")
    assert "asked to pay anew" in case["reason"]
    await world.until_mail_state(order, "payment_needed", "sent", "processed", "delivered")
    assert (await offer(world, order)).status_code == 202
    await money(world, order, "void", 1)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.authorized, sums.captured) == (2 * 4270, 4270)
    assert (await offer(world, order)).status_code == 409


async def test_what_nobody_pays_for_is_never_released(world: World) -> None:
    order = await waiting(world, demo_orders.card())
    await world.carry(order, "ready_to_pack")
    await world.fast_forward(order, TOO_LATE)
    await world.wms(f"{order}-s1", "packed")
    await world.until_case(order, "capture_failed")
    assert not world.ledger(order, "wms", "released")
    assert (await offer(world, order)).status_code == 202
    await world.until(order, "released")
    view = await world.view(order)
    assert not [one for one in view["cases"] if not one.get("closed_at")]
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.authorized, sums.captured) == (2 * 4270, 4270)


@pytest.mark.parametrize("trouble", ["drop_before", "drop_after"])
async def test_a_cancel_while_it_is_made_anew_lets_everything_go(
    world: World, trouble: str
) -> None:
    order = await waiting(world)
    rule = world.sandbox.fault("stripe", "authorize", trouble, nth=None, times=None)
    world.sandbox.fault("stripe", "list_intents", "http_error", nth=None, times=None)
    await world.fast_forward(order, IN_GOOD_TIME)

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, rule)

    await eventually(fired, lambda: "nothing is made anew")
    await world.cancel(order)
    world.sandbox.clear_faults()
    await world.until(order, "cancelled", patience=60)
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.let_go == sums.authorized
    authorized, voided, _ = await on_record(world, order)
    assert authorized == voided == sums.authorized


async def test_a_cancel_after_it_was_made_anew_lets_everything_go(world: World) -> None:
    order = await waiting(world)
    await world.fast_forward(order, IN_GOOD_TIME)
    await money(world, order, "void", 1)
    await world.cancel(order)
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.authorized, sums.let_go) == (2 * 4270, 2 * 4270)
    assert await on_record(world, order) == (2 * 4270, 2 * 4270, 0)


def newest(world: World) -> Json:
    """The payment that Stripe was asked for last."""
    found = httpx.get(f"{world.sandbox.base('stripe')}/v1/payment_intents", headers=STRIPE)
    return found.json()["data"][0]


async def test_a_confirmation_that_is_seen_behind_a_capture_is_let_go(world: World) -> None:
    order = await waiting(world, demo_orders.card())
    await world.carry(order, "ready_to_pack")
    await world.fast_forward(order, IN_GOOD_TIME)
    await world.until_case(order, "authorization_ends")
    assert (await offer(world, order, "pm_card_authenticationRequired")).is_success

    async def asked() -> Json | None:
        found = await asyncio.to_thread(newest, world)
        return found if found["status"] == "requires_action" else None

    waits = await eventually(asked, lambda: "the bank asks nobody")
    down = world.sandbox.fault("stripe", "capture", "http_error", nth=None, times=None, status=503)
    await world.wms(f"{order}-s1", "packed")

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, down)

    await eventually(fired, lambda: "nothing is captured")
    world.sandbox.complete_3ds(str(waits["id"]))
    await world.environment.fast_forward(world.handle(order), timedelta(minutes=11))
    world.sandbox.clear_faults()
    await world.environment.fast_forward(world.handle(order), timedelta(minutes=6))
    await world.until(order, "released", patience=60)
    (let_go,) = await money(world, order, "void", 1)
    assert let_go.data["intent"] == waits["id"]
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.captures) == (4270, 1)
    assert await on_record(world, order) == (2 * 4270, 4270, 4270)


async def test_a_method_that_was_taken_off_file_does_not_hold_up_the_capture(world: World) -> None:
    order = await waiting(world)
    method = (await asyncio.to_thread(newest, world))["payment_method"]
    detach = f"{world.sandbox.base('stripe')}/v1/payment_methods/{method}/detach"
    assert (await asyncio.to_thread(httpx.post, detach, headers=STRIPE)).is_success
    await world.fast_forward(order, IN_GOOD_TIME)
    await world.until_case(order, "authorization_ends")
    await world.carry(order, "released")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.authorized, sums.captured) == (4270, 4270)


async def test_one_whose_answer_is_lost_and_cannot_be_looked_up_is_found_in_the_end(
    world: World,
) -> None:
    order = await waiting(world)
    world.sandbox.fault("stripe", "authorize", "drop_after", order=order, nth=None, times=None)
    no = world.sandbox.fault("stripe", "retrieve_intent", "http_error", nth=2, status=403)
    await world.fast_forward(order, IN_GOOD_TIME)

    async def refused() -> int:
        return await asyncio.to_thread(world.sandbox.fired, no)

    await eventually(refused, lambda: "nothing was looked up")
    world.sandbox.clear_faults()
    await money(world, order, "void", 1)
    await world.cancel(order)
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.authorized, sums.let_go) == (2 * 4270, 2 * 4270)
