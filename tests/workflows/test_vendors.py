"""Labels, warehouse and mails when a vendor says no, says nothing, or says it twice."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mail import MailActivities, SendMail
from cli import demo_orders
from domain.mail import MailKind
from sandbox.judge import Ending
from tests.world import World, eventually


async def test_a_lost_answer_to_a_label_purchase_leaves_one_live_label(world: World) -> None:
    world.sandbox.fault("shippo", "create_transaction", "drop_after")
    order = await world.place()
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.labels_live == 1


async def test_an_answer_the_sdk_cannot_digest_leaves_one_live_label(world: World) -> None:
    world.sandbox.fault("shippo", "create_transaction", "malformed_after")
    order = await world.place()
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.labels_live == 1


async def test_a_label_that_takes_its_time_is_waited_for(world: World) -> None:
    world.sandbox.fault("shippo", "create_transaction", "label_queued", seconds=1)
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    assert len(world.ledger(order, "shippo", "label_purchased")) == 1


async def hanging(world: World) -> str:
    """An order whose label is being made, and stays so."""
    fault = world.sandbox.fault("shippo", "create_transaction", "label_stuck", times=2)
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, fault)

    await eventually(fired, lambda: "no label is asked for")
    return order


@pytest.mark.world(policy={"label_within": "PT2S"})
async def test_a_label_that_hangs_is_given_up_and_the_next_carrier_s_is_bought(
    world: World,
) -> None:
    order = await hanging(world)
    await world.until(order, "ready_to_pack", patience=60)
    assert world.books.labels.is_void(f"{order}-s1-p1-l1")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.labels_live == 1


@pytest.mark.world(policy={"label_within": "PT2S"})
async def test_a_cancel_does_not_wait_for_a_label_that_hangs(world: World) -> None:
    order = await hanging(world)
    await world.cancel(order)
    await world.until(order, "cancelled", patience=60)
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.labels_live == 0


@pytest.mark.world(policy={"label_extra": 100_000})
async def test_a_carrier_that_sells_no_label_becomes_a_case_and_a_retry_books_anew(
    world: World,
) -> None:
    everywhere = world.sandbox.fault(
        "shippo", "create_transaction", "label_error", nth=None, times=None, text="no capacity"
    )
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    case = await world.until_case(order, "label_failed", patience=60)
    assert "no capacity" in case["reason"]
    world.sandbox.clear_faults(everywhere)
    assert (await world.answer(case, "retry")).is_success
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def test_a_rejected_handoff_becomes_a_case_and_a_cancel_undoes_the_order(
    world: World,
) -> None:
    world.sandbox.fault("wms", "handoff", "reject", reason="bin A-03-2 is blocked")
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    assert "blocked" in case["reason"]
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_carrier_that_sells_no_label_is_tried_once_more_and_then_the_next_one(
    world: World, times: int
) -> None:
    world.sandbox.fault(
        "shippo", "create_transaction", "label_error", times=times, text="no capacity"
    )
    order = await world.place()
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.labels_live == 1
    first, *_ = world.ledger(order, "shippo", "label_error")
    (sold,) = world.ledger(order, "shippo", "label_purchased")
    assert (sold.data["rate"] == first.data["rate"]) is False
    assert not (await world.view(order))["cases"]


async def asked_or_cancelled(world: World, order: str, count: int) -> int:
    """Wait until staff are asked once more, or the order is undone; how often they were asked."""

    async def there() -> int | None:
        view = await world.view(order)
        asked = sum(one["kind"] == "warehouse_rejected" for one in view["cases"])
        return 8 if view["status"] in ("cancelling", "cancelled") else asked >= count and asked

    return await eventually(there, lambda: f"nobody is asked for the {count}th time")


async def test_a_rejected_handoff_that_nobody_answers_is_sent_again_and_given_up_in_the_end(
    world: World,
) -> None:
    world.sandbox.fault("wms", "handoff", "reject", nth=None, times=None, reason="closed")
    order = await world.place()
    first = await world.until_case(order, "warehouse_rejected")
    await world.fast_forward(order, timedelta(days=2, minutes=1))
    second = await world.until_case(order, "warehouse_rejected")
    assert second["id"] != first["id"]
    asked = 2
    while asked < 8:
        await world.fast_forward(order, timedelta(days=2, minutes=1))
        asked = await asked_or_cancelled(world, order, asked + 1)
    await world.until(order, "cancelled")
    answers = [(one["answer"], one["answered_by"]) for one in (await world.view(order))["cases"]]
    assert answers[0] == ("retry", "ordersaga")
    assert answers[-1] == ("cancel", "ordersaga")
    await world.judged(order, Ending.CANCELLED)


async def test_a_rejected_handoff_can_be_sent_again(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    await world.answer(case, "retry")
    await world.until(order, "in_fulfilment")


async def test_a_lost_answer_to_the_handoff_hands_off_once(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "drop_after")
    order = await world.place()
    await world.until(order, "in_fulfilment")
    assert len(world.ledger(order, "wms", "handoff_accepted")) == 1


async def test_a_cancel_while_the_warehouse_is_away_ends_when_it_is_back(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "drop_before", nth=None, times=None)
    order = await world.place()
    await world.until(order, "payment_secured")
    await world.cancel(order)
    world.sandbox.clear_faults()
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)


async def test_too_late_at_the_warehouse_means_captured_at_once(world: World) -> None:
    world.sandbox.fault("wms", "play", "leave_unreleased", nth=None, times=None)
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.wms(f"{order}-s1", "packed")
    await world.until(order, "released", "shipped")
    sums = await world.judged(order, Ending.OPEN)
    assert sums.captured == 4270


async def test_an_ambiguous_mail_waits_for_the_provider_s_word_and_is_sent_once(
    world: World,
) -> None:
    world.sandbox.fault("sendgrid", "send", "drop_after")
    order = await world.place()
    await world.carry(order, "shipped")
    await world.until_mail_state(order, "confirmation", "processed", "delivered")
    mails = [m for m in world.ledger(order, "sendgrid", "mail") if m.data["kind"] == "confirmation"]
    assert len(mails) == 1


async def test_nothing_is_sent_again_while_the_provider_may_still_say_that_it_was(
    world: World,
) -> None:
    world.sandbox.configure(sendgrid={"auto_events": False})
    world.sandbox.fault("sendgrid", "send", "drop_after")
    order = await world.place()
    await world.until_mail_state(order, "confirmation", "ambiguous")
    mails = MailActivities(world.vendors.mail, world.books.mails, world.books.records)
    again = SendMail(order_id=order, shop=world.shop, kind=MailKind.CONFIRMATION)
    with pytest.raises(ApplicationError, match="waiting for word"):
        await asyncio.to_thread(ActivityEnvironment().run, mails.send, again)
    sent = [m for m in world.ledger(order, "sendgrid", "mail") if m.data["kind"] == "confirmation"]
    assert len(sent) == 1


@pytest.mark.world(mail_ambiguity_seconds=1)
async def test_an_ambiguous_mail_of_which_no_word_comes_is_sent_again_and_counted(
    world: World,
) -> None:
    world.sandbox.configure(sendgrid={"auto_events": False})
    world.sandbox.fault("sendgrid", "send", "drop_before")
    order = await world.place()
    await world.until_mail_state(order, "confirmation", "sent", patience=60)
    mails = [m for m in world.ledger(order, "sendgrid", "mail") if m.data["kind"] == "confirmation"]
    assert len(mails) == 1


async def test_a_refused_mail_holds_nothing_up(world: World) -> None:
    world.sandbox.fault("sendgrid", "send", "http_error", status=400, nth=None, times=None)
    order = await world.place()
    await world.carry(order)
    view = await world.view(order)
    assert any(fact["outcome"] == "mistake" for fact in view["facts"])


async def test_one_restock_alert_for_each_crossing_and_not_for_each_order(world: World) -> None:
    async def sell(number: str) -> str:
        rows = [demo_orders.line("1", "NOTEBOOK", "Notebook", 1, 1200)]
        order = await world.place(demo_orders.order(number, rows, demo_orders.card()))
        await world.carry(order, "ready_to_pack")
        return order

    def alerts(order: str) -> int:
        mails = world.ledger(order, "sendgrid", "mail")
        return sum(1 for mail in mails if mail.data["kind"] == "restock")

    above, crossing, below = [await sell(number) for number in ("a", "b", "c")]
    await world.until_mail_state(crossing, "restock", "sent", "processed", "delivered")
    assert (alerts(above), alerts(crossing), alerts(below)) == (0, 1, 0)


async def test_a_hand_over_without_a_label_moves_no_money_until_there_is_one(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    for _ in range(3):
        await world.handle(order).signal("handed_over", {"shipment": f"{order}-s1"})
    case = await world.until_case(order, "gone_unreleased")
    assert "no label" in case["reason"]
    assert not world.ledger(order, "stripe", "capture")
    await world.wms(f"{order}-s1", "picked")
    view = await world.until(order, "shipped")
    assert len([one for one in view["cases"] if "no label" in one["reason"]]) == 1
    sums = await world.judged(order, Ending.OPEN)
    assert sums.captured == 4270
    (label,) = world.ledger(order, "shippo", "label_purchased")
    (capture,) = world.ledger(order, "stripe", "capture")
    assert label.seq < capture.seq


async def test_a_hand_over_before_the_handoff_is_refused(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place()
    await world.until_case(order, "warehouse_rejected")
    await world.handle(order).signal("handed_over", {"shipment": f"{order}-s1"})
    await world.until_case(order, "message_refused")
    assert not world.ledger(order, "stripe", "capture")


async def test_the_answer_to_a_recall_that_nobody_asked_for_is_refused(world: World) -> None:
    order = await world.place()
    await world.carry(order, "released")
    pulled = {"shipment": f"{order}-s1", "outcome": "pulled"}
    await world.handle(order).signal("recall_result", pulled)
    await world.until_case(order, "message_refused")
    assert not world.ledger(order, "stripe", "refund")


async def test_rate_limits_on_every_call_only_slow_an_order_down(world: World) -> None:
    for provider in ("stripe", "shippo", "sendgrid", "wms"):
        world.sandbox.fault(provider, "*", "rate_limit", nth=1, times=2, retry_after=1)
    order = await world.place()
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def test_the_order_says_in_the_temporal_ui_what_it_waits_for(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    description = await world.handle(order).describe()
    assert await description.static_summary()
    details = await world.details(order)
    assert "in_fulfilment" in details
    assert "signal `picked`" in details
    assert "request_cancel" in details


async def test_support_s_answers_are_recorded_with_who_and_why(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "reject", reason="closed")
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    assert (await world.answer(case, "accept")).status_code == 422
    await world.answer(case, "retry")
    view = await world.until(order, "in_fulfilment")
    closed = next(one for one in view["cases"] if one["id"] == case["id"])
    assert closed["answered_by"] == "Ana, support"
    assert (await world.answer(case, "retry")).status_code == 409


async def test_nobody_delivers_and_staff_are_told(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.fast_forward(order, timedelta(days=15))
    await world.until_case(order, "delivery_overdue")
