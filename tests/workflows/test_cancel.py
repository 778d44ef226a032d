"""What a cancel leads to, at each moment and from each side."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError

from sandbox.judge import Ending
from tests.bills import billed
from tests.world import World

BEFORE_CAPTURE = ["in_fulfilment", "ready_to_pack"]


CREDITED = {"invoice": 4270, "credit_note": -4270}
BILLED = {"in_fulfilment": {}, "ready_to_pack": CREDITED}
"""What the papers come to after a cancel at each of these moments."""


async def ended_as(world: World, order: str) -> WorkflowExecutionStatus | None:
    return (await world.handle(order).describe()).status


@pytest.mark.parametrize("status", BEFORE_CAPTURE)
async def test_before_the_capture_a_cancel_undoes_everything(world: World, status: str) -> None:
    order = await world.place()
    await world.carry(order, status)
    answer = await world.cancel(order)
    assert answer["accepted"] is True
    assert answer["moment"] == "before_capture"
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.let_go) == (0, 4270)
    assert sums.mails["cancelled"] == 1
    await everything_is_back(world, order)
    assert await billed(world, order) == BILLED[status]
    assert await names_its_credit_note(world, order) is bool(BILLED[status])


@pytest.mark.parametrize("status", BEFORE_CAPTURE)
async def test_the_button_in_the_temporal_ui_does_the_same(world: World, status: str) -> None:
    order = await world.place()
    await world.carry(order, status)
    await world.handle(order).cancel()
    await world.until(order, "cancelled")
    with pytest.raises(WorkflowFailureError) as ended:
        await world.handle(order).result()
    assert isinstance(ended.value.cause, CancelledError)
    assert await ended_as(world, order) is WorkflowExecutionStatus.CANCELED
    await world.judged(order, Ending.CANCELLED)
    await everything_is_back(world, order)


async def test_between_capture_and_hand_over_a_cancel_is_a_recall_and_a_full_refund(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "released")
    answer = await world.cancel(order)
    assert answer["moment"] == "before_hand_over"
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.refunded) == (4270, 4270)
    await everything_is_back(world, order)
    assert await billed(world, order) == CREDITED


async def test_a_recalled_parcel_that_is_gone_becomes_a_case_and_the_order_goes_on(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "released")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="gone")
    await world.until_case(order, "intercept")
    await world.wms(f"{order}-s1", "handed_over")
    await world.until(order, "shipped")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.refunded) == (4270, 0)


async def test_a_recall_that_nobody_answers_becomes_a_case(world: World) -> None:
    order = await world.place()
    await world.carry(order, "released")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.until_ledger(order, "wms", "recall_asked")
    await world.fast_forward(order, timedelta(hours=5))
    await world.until_case(order, "intercept")


async def test_after_the_hand_over_a_cancel_is_refused_with_the_reason(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    answer = await world.cancel(order)
    assert "courier has the parcel" in str(answer)
    await world.courier(order, "DELIVERED")
    await world.until(order, "delivered")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.refunded) == (4270, 0)


async def test_the_button_after_the_hand_over_becomes_a_case_for_support(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.handle(order).cancel()
    case = await world.until_case(order, "intercept")
    assert "cannot be cancelled" in case["reason"]
    assert await ended_as(world, order) is WorkflowExecutionStatus.RUNNING


async def test_cancelling_twice_undoes_once(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.cancel(order)
    await world.cancel(order)
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.let_go == sums.authorized


async def test_a_cancel_while_the_payment_provider_is_down_still_lets_the_money_go(
    world: World,
) -> None:
    world.sandbox.fault("stripe", "authorize", "error_after", times=None, nth=None)
    order = await world.place()
    await world.until_ledger(order, "stripe", "authorization")
    await world.cancel(order)
    world.sandbox.clear_faults()
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)


async def test_a_courier_s_scan_after_the_end_becomes_a_case(world: World) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.courier(order, "TRANSIT", also_void=True)
    await world.until_case(order, "gone_unreleased")


async def test_a_hand_over_that_was_taken_and_is_told_after_the_end_becomes_a_case(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.handle(order).result()
    source, report = f"warehouse/{world.shop}", {"shipment": f"{order}-s1", "manifest": "M-1"}
    put = world.books.inbox.put
    await asyncio.to_thread(put, source, "late", "handed_over", order, report, "handed_over")
    case = await world.until_case(order, "gone_unreleased")
    assert case["shipment"] == f"{order}-s1"


async def names_its_credit_note(world: World, order: str) -> bool:
    """Whether the mail about the cancel names the credit note that is on record."""
    mails = await asyncio.to_thread(world.sandbox.mailbox, order=order)
    (mail,) = [one for one in mails if one["kind"] == "cancelled"]
    (text, *_) = [part["value"] for part in mail["content"]]
    numbers = [one["number"] for one in (await world.view(order))["documents"]]
    return any(f"credit note {number}." in text for number in numbers if number)


async def everything_is_back(world: World, order: str) -> None:
    """No reservation is left, on hand is what it was, and nobody owes for what came back."""
    level = (await world.admin.get(f"/shops/{world.shop}/stock")).json()
    mugs = next(row for row in level["levels"] if row["sku"] == "MUG-BLUE")
    assert (mugs["on_hand"], mugs["reserved"]) == (100000, 0)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()
