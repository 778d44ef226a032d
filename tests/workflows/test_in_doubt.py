"""A cancel while nobody knows whether a call had its effect: nothing is left behind, ever."""

import asyncio
from datetime import UTC, datetime

import pytest

from domain.attempt import Attempt
from domain.failures import Refused
from domain.order import Order
from domain.payment import Payer
from providers.stripe_payment import StripePayment
from sandbox.judge import Ending
from tests.world import World, eventually


@pytest.mark.world(stripe_timeout=(1, 1))
async def test_an_authorization_that_appears_after_the_cancel_is_let_go(world: World) -> None:
    rule = world.sandbox.fault("stripe", "authorize", "delay", seconds=5)
    order = await world.place()
    await until_fired(world, rule)
    await world.cancel(order)
    await world.until(order, "cancelled", patience=60)
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.authorized, sums.let_go) == (4270, 4270)
    money = (await world.view(order))["money"]
    assert (money["authorized"]["amount"], money["voided"]["amount"]) == (4270, 4270)


async def test_a_try_at_authorizing_that_is_sent_after_the_cancel_holds_nothing(
    world: World,
) -> None:
    """As from a worker that was paused beyond its time, and goes on."""
    lost = world.sandbox.fault("stripe", "authorize", "drop_before", nth=None, times=None)
    order = await world.place()
    await until_fired(world, lost)
    await world.cancel(order)
    await world.until(order, "cancelled", patience=60)
    world.sandbox.clear_faults()
    on_record = world.books.records.order(order).order
    with pytest.raises(Refused, match="given up"):
        await asyncio.to_thread(authorize, world, order, on_record)
    assert not world.ledger(order, "stripe", "authorization")
    await world.judged(order, Ending.CANCELLED)


def authorize(world: World, order_id: str, order: Order) -> None:
    payment = StripePayment(world.settings.stripe_url, "sk_test_sandbox")
    attempt = Attempt(key=f"{order_id}:authorize:1", first_at=datetime.now(UTC))
    assert order.payment.terms == "authorize"
    payer = Payer(customer=order.customer)
    payment.authorize(attempt, order_id, order.due, order.payment, payer)
    payment.close()


async def until_fired(world: World, rule: str) -> None:
    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, rule)

    await eventually(fired, lambda: "the call is never made")


async def test_a_label_that_appears_after_the_cancel_is_voided(world: World) -> None:
    """The purchase's answer is lost, and for a while no look finds the label."""
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    lost = world.sandbox.fault("shippo", "create_transaction", "drop_after", nth=None, times=None)
    world.sandbox.fault("shippo", "list_transactions", "drop_before", nth=None, times=None)
    await world.wms(f"{order}-s1", "picked")
    await until_fired(world, lost)
    await world.cancel(order)
    await world.until(order, "cancelling")
    world.sandbox.clear_faults()
    await world.until(order, "cancelled", patience=60)
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.labels_live == 0


async def test_a_cancel_waits_until_no_label_can_come_of_a_purchase_in_doubt(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    lost = world.sandbox.fault("shippo", "create_transaction", "drop_before", nth=None, times=None)
    await world.wms(f"{order}-s1", "picked")
    await until_fired(world, lost)
    await world.cancel(order)
    await world.until(order, "cancelled", patience=60)
    await world.judged(order, Ending.CANCELLED)
    facts = (await world.view(order))["facts"]
    waited = [fact for fact in facts if fact["operation"] == "void_labels"]
    assert any("may still come" in fact["detail"] for fact in waited)
