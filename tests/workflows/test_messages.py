"""What the warehouse and couriers say: malformed, wrong, double, late, first."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from backoffice.records import RecordBook
from domain.record import Commit, Committed
from sandbox.judge import Ending
from tests.world import World

GOOD_PICK = {
    "lines": [
        {"line": "1", "sku": "MUG-BLUE", "quantity": 2, "barcodes": ["4006381333931"]},
    ]
}


async def test_a_malformed_signal_is_a_case_and_never_a_failed_order(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    handle = world.handle(order)
    await handle.signal("picked")
    await handle.signal("picked", "not a pick")
    await handle.signal("picked", {"shipment": f"{order}-s1", "lines": []})
    await handle.signal("picked", {"shipment": "another", **GOOD_PICK})
    await handle.signal("courier_event", {"status": "teleported"})
    case = await world.until_case(order, "message_refused")
    assert case["reason"]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)
    cases = (await world.view(order))["cases"]
    assert [one["answered_by"] for one in cases] == ["ordersaga"] * 5


async def test_a_wrong_barcode_straight_at_the_workflow_is_refused_and_waiting_goes_on(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    wrong = {"lines": [{**GOOD_PICK["lines"][0], "barcodes": ["999"]}]}
    await world.handle(order).signal("picked", {"shipment": f"{order}-s1", **wrong})
    case = await world.until_case(order, "message_refused")
    assert "999 does not belong to MUG-BLUE" in case["reason"]
    assert await world.status(order) == "in_fulfilment"
    await world.carry(order)
    [settled] = (await world.view(order))["cases"]
    assert settled["kind"] == "message_refused"
    assert (settled["answer"], settled["answered_by"]) == ("close", "ordersaga")


async def test_a_wrong_barcode_at_the_api_is_answered_422_with_the_reason(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    answer = await world.warehouse(
        f"{order}-s1",
        "picked",
        {"lines": [{**GOOD_PICK["lines"][0], "quantity": 1}]},
    )
    assert answer.status_code == 422
    assert "1 picked, 2 ordered" in answer.text
    await world.until_case(order, "message_refused")
    await world.carry(order, "ready_to_pack")
    (case,) = (await world.view(order))["cases"]
    assert (case["answer"], case["answered_by"]) == ("close", "ordersaga")


async def test_packed_before_picked_waits_for_its_turn(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    handle = world.handle(order)
    parcel = {"weight_grams": 850, "lines": [{"line": "1", "quantity": 2}]}
    await handle.signal("packed", {"shipment": f"{order}-s1", "parcels": [parcel]})
    await handle.signal("picked", {"shipment": f"{order}-s1", **GOOD_PICK})
    await world.until(order, "released")


async def test_late_double_and_reversed_courier_events_change_nothing(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "DELIVERED")
    await world.until(order, "delivered")
    for status in ("TRANSIT", "PRE_TRANSIT", "DELIVERED", "FAILURE"):
        await world.courier(order, status)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.mails == {"confirmation": 1, "shipped": 1, "review": 1}


async def test_a_courier_s_first_scan_is_a_hand_over_and_a_bought_label_is_none(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "released")
    await world.courier(order, "PRE_TRANSIT")
    assert await world.status(order) == "released"
    await world.courier(order, "TRANSIT")
    await world.until(order, "shipped")


async def test_a_parcel_that_leaves_unreleased_is_captured_at_once_and_reported(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.courier(order, "TRANSIT")
    await world.until_case(order, "gone_unreleased")
    await world.until(order, "shipped")
    sums = await world.judged(order, Ending.OPEN)
    assert sums.captured == 4270


async def test_nobody_picks_and_staff_are_told_then_it_is_picked_and_the_case_closes(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.fast_forward(order, timedelta(days=3, hours=1))
    await world.until_case(order, "pick_overdue")
    await world.wms(f"{order}-s1", "picked")
    view = await world.until(order, "ready_to_pack")
    assert [case["kind"] for case in view["cases"] if not case["closed_at"]] == []


@pytest.mark.parametrize(
    ("status", "kind"), [("in_fulfilment", "pick_overdue"), ("ready_to_pack", "pack_overdue")]
)
async def test_a_cancel_closes_the_case_of_what_is_late(
    world: World, status: str, kind: str
) -> None:
    order = await world.place()
    await world.carry(order, status)
    await world.fast_forward(order, timedelta(days=3, hours=1))
    await world.until_case(order, kind)
    body = {"who": "the customer", "why": "it takes too long"}
    assert (await world.api.post(f"/orders/{order}/cancel", json=body)).is_success
    view = await world.until(order, "cancelled")
    assert [case["kind"] for case in view["cases"] if not case["closed_at"]] == []
    await world.judged(order, Ending.CANCELLED)


@pytest.mark.parametrize(
    ("status", "kind", "patience"),
    [
        ("in_fulfilment", "pick_overdue", timedelta(days=3, hours=1)),
        ("ready_to_pack", "pack_overdue", timedelta(days=2, hours=1)),
        ("released", "hand_over_overdue", timedelta(days=2, hours=1)),
        ("shipped", "delivery_overdue", timedelta(days=14, hours=1)),
    ],
)
async def test_a_case_that_was_closed_while_nothing_came_is_opened_again(
    world: World, status: str, kind: str, patience: timedelta
) -> None:
    order = await world.place()
    await world.carry(order, status)
    await world.fast_forward(order, patience)
    first = await world.until_case(order, kind)
    assert (await world.answer(first, "close")).is_success
    await world.fast_forward(order, patience)
    again = await world.until_case(order, kind)
    assert again["id"] != first["id"]


async def test_a_cancel_without_a_request_is_rejected_and_fails_nothing(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    with pytest.raises(WorkflowUpdateFailedError):
        await world.handle(order).execute_update(  # pyright: ignore[reportUnknownMemberType] # the SDK's overloads
            "request_cancel"
        )
    await world.carry(order, "ready_to_pack")


async def test_a_scan_while_the_order_is_undone_is_believed_and_the_money_is_taken(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    down = world.sandbox.fault("wms", "cancel", "http_error", nth=None, times=None, status=503)
    await world.cancel(order)
    await world.until(order, "cancelling")
    await world.courier(order, "TRANSIT")
    await world.until_history(order, "courier_event")
    world.sandbox.clear_faults(down)
    await world.until_case(order, "gone_unreleased")
    await world.until(order, "shipped")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.let_go) == (4270, 0)


async def test_a_prepaid_parcel_that_left_unreleased_cannot_be_cancelled(world: World) -> None:
    prepaid = {"terms": "prepaid", "reference": "MP-1"}
    order = await world.place(world.body(payment=prepaid))
    await world.carry(order, "ready_to_pack")
    world.sandbox.fault("wms", "play", "leave_unreleased")
    world.sandbox.configure(wms={"auto": True, "hand_over_after": 0, "pack_after": 0})
    await world.handle(order).signal("courier_event", await world.scan(order))
    await world.until_case(order, "gone_unreleased")
    await world.cancel(order)
    await world.until(order, "shipped")


async def test_an_answer_is_on_record_when_support_is_told_so(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.handle(order).signal("picked", "not a pick")
    case = await world.until_case(order, "message_refused")
    assert (await world.answer(case, "close")).is_success
    view = await world.view(order)
    assert [one for one in view["cases"] if not one["closed_at"]] == []


async def test_a_courier_who_is_quicker_than_our_own_books_is_heard(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = RecordBook.commit

    def slow(book: RecordBook, what: Commit) -> Committed:
        for label in what.labels:  # bought, and not on record yet
            world.sandbox.courier(label.tracking_number, "TRANSIT")
            assert world.sandbox.settle(10).settled
        return commit(book, what)

    monkeypatch.setattr(RecordBook, "commit", slow)
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    await world.until(order, "shipped")
    sums = await world.judged(order, Ending.OPEN)
    assert (sums.captured, sums.labels_live) == (4270, 1)
