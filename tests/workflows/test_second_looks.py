"""What an order's first run left behind is looked up before anything is asked for again."""

import asyncio
from datetime import timedelta

import httpx

from domain.remains import Settled
from sandbox.judge import Ending
from tests.workflows.test_standing import reset, settled
from tests.world import World, eventually


def intent_state(world: World, intent: str) -> str:
    answer = httpx.get(
        f"{world.sandbox.base('stripe')}/v1/payment_intents/{intent}",
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    return str(answer.json()["status"])


async def until_tried_again(world: World, order: str) -> None:
    async def waits() -> bool:
        pending = (await world.handle(order).describe()).raw_description.pending_activities
        return any(one.attempt > 1 for one in pending)

    await eventually(waits, lambda: "no try has failed")


def away(world: World, vendor: str, operation: str = "*") -> None:
    world.sandbox.fault(vendor, operation, "http_error", nth=None, times=None, status=503)


async def terminate_and_settle(world: World, order: str, who: str = "Ana, support") -> Settled:
    await world.handle(order).terminate("a test")
    world.sandbox.clear_faults()
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": who, "why": "stuck"})
    assert answer.status_code == 202, answer.text
    return await settled(world, order)


async def test_a_reset_days_later_holds_takes_and_ships_nothing_twice(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.fast_forward(order, timedelta(hours=50))
    await reset(world, order)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.authorized, sums.captured, sums.labels_bought) == (4270, 4270, 1)


async def test_a_reset_of_a_completed_order_takes_no_money_again(world: World) -> None:
    order = await world.place()
    await world.carry(order)
    await world.handle(order).result()
    before = len(world.ledger(order, "stripe"))
    await world.pass_time(timedelta(days=3))
    await reset(world, order)
    await world.handle(order).signal("courier_event", await world.scan(order))
    await world.until_history(order, "courier_event")
    await asyncio.to_thread(world.sandbox.settle, 20.0)
    await eventually(
        lambda: _captured_again(world, order), lambda: "the second run does not come that far"
    )
    assert len(world.ledger(order, "stripe")) == before
    assert len(world.ledger(order, "shippo", "label_purchased")) == 1


async def _captured_again(world: World, order: str) -> bool:
    """Whether the second run has come past the capture."""
    events = (await world.handle(order).fetch_history()).events
    names = [
        one.activity_task_scheduled_event_attributes.activity_type.name
        for one in events
        if one.HasField("activity_task_scheduled_event_attributes")
    ]
    return "capture_payment" in names


async def test_a_handoff_that_nobody_heard_of_is_stopped_by_the_settling(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "drop_after", nth=None, times=None)
    away(world, "wms", "look_up")
    away(world, "wms", "cancel")
    order = await world.place()
    await world.until_ledger(order, "wms", "handoff_accepted")
    await world.cancel(order)
    await world.until(order, "cancelling")
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    assert world.ledger(order, "wms", "cancelled")
    await world.judged(order, Ending.CANCELLED)


async def test_an_order_that_was_being_cancelled_can_be_settled(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    away(world, "stripe")
    await world.cancel(order, "the customer", "another reason than the one for settling")
    await world.until_ledger(order, "wms", "cancelled")
    await until_tried_again(world, order)
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    await world.judged(order, Ending.CANCELLED)


async def test_a_checkouts_hold_that_nobody_verified_is_let_go_by_the_settling(
    world: World,
) -> None:
    intent = world.checkout_intent(4270)
    away(world, "stripe")
    terms = {"terms": "payment_intent", "payment_intent": intent}
    order = await world.place(world.body(payment=terms))
    await world.until(order, "reserved")
    await until_tried_again(world, order)
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    assert intent_state(world, intent) == "canceled"
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def sold_out(world: World) -> None:
    levels = (await world.admin.get(f"/shops/{world.shop}/stock")).json()["levels"]
    have = next(one for one in levels if one["sku"] == "MUG-BLUE")["on_hand"]
    answer = await world.admin.post(
        f"/shops/{world.shop}/stock/adjustments",
        json={"sku": "MUG-BLUE", "quantity": -have},
        headers={"Idempotency-Key": "sold-out"},
    )
    assert answer.is_success, answer.text


async def test_a_checkouts_hold_is_let_go_where_nothing_is_left_to_sell(world: World) -> None:
    intent = world.checkout_intent(4270)
    await sold_out(world)
    terms = {"terms": "payment_intent", "payment_intent": intent}
    order = await world.place(world.body(payment=terms))
    await world.until(order, "out_of_stock")
    assert intent_state(world, intent) == "canceled"
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_a_hold_that_pays_for_another_order_is_left_alone(world: World) -> None:
    intent = world.checkout_intent(4270)
    terms = {"terms": "payment_intent", "payment_intent": intent}
    first = await world.place(world.body(payment=terms))
    await world.until(first, "in_fulfilment")
    await sold_out(world)
    second = await world.place(world.body(payment=terms))
    await world.until(second, "out_of_stock")
    assert intent_state(world, intent) == "requires_capture"


async def test_a_hand_over_of_a_cancelled_shipment_nobody_knows_is_a_case(world: World) -> None:
    order = await world.place()
    await world.cancel(order)
    await world.until(order, "cancelled")
    answer = await world.api.post(
        f"/warehouse/shipments/{order}-s1/handed-over",
        json={"manifest": "M-1"},
        headers={"X-API-Key": world.warehouse_key},
    )
    assert answer.status_code in (404, 409)
    await world.until_case(order, "gone_unreleased")
