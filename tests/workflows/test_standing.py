"""Orders that die, hang or are reset in the engine are named, and what they left is undone."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Worker

from backoffice.engine_checks import Pace
from domain.order import Order
from domain.remains import Settled
from domain.shipping import Label
from providers.shippo_shipping import ShippoCourier
from sandbox.judge import Ending
from tests.workflows.hopeless import Hanging, Tripping
from tests.workflows.test_cancel import everything_is_back, names_its_credit_note
from tests.world import Json, World, eventually
from workers.reconciliation import Reconciliation
from workflows.aftermath import aftermath_id

NONE = timedelta(0)
AT_ONCE = Pace(after=NONE, open_every=NONE, ended_every=NONE)
KINDS = {"lost", "dead", "wedged", "idle", "reset"}


async def look(world: World) -> None:
    await Reconciliation(world.client, world.books, AT_ONCE).engine()


async def found(world: World, order: str) -> list[Json]:
    """The cases that a look at the engine has opened, as they stand."""
    await look(world)
    return [case for case in (await world.view(order))["cases"] if case["kind"] in KINDS]


async def terminated(world: World, status: str) -> str:
    order = await world.place()
    await world.carry(order, status)
    await world.handle(order).terminate("a test")
    return order


async def settled(world: World, order: str) -> Settled:
    """Let the aftermath begin, and end; how."""
    handle = world.client.get_workflow_handle(aftermath_id(order), result_type=Settled)
    await world.environment.fast_forward(handle, timedelta(minutes=2))
    return await handle.result()


@pytest.mark.parametrize("status", ["in_fulfilment", "ready_to_pack"])
async def test_a_terminated_order_is_named_and_settling_undoes_all_of_it(
    world: World, status: str
) -> None:
    order = await terminated(world, status)
    (case,) = await found(world, order)
    assert case["kind"] == "dead"
    assert "was terminated" in case["reason"]
    assert "42.70 EUR held" in case["reason"]
    answer = await world.answer(case, "cancel")
    assert answer.status_code == 200, answer.text
    await settled(world, order)
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.mails["cancelled"] == 1
    await everything_is_back(world, order)
    assert [one["closed_at"] is not None for one in await found(world, order)] == [True]


async def test_money_that_was_taken_is_given_back_where_the_parcel_was_not_released(
    world: World,
) -> None:
    world.sandbox.fault("wms", "release", "http_error", times=None, nth=None, status=503)
    order = await world.place()
    await world.carry(order, "captured")
    await world.handle(order).terminate("a test")
    world.sandbox.clear_faults()
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    assert any("captured" in one for one in answer.json()["undoes"])
    await settled(world, order)
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captured, sums.refunded) == (4270, 4270)


async def test_goods_that_are_issued_while_settling_waits_come_back_with_a_credit_note(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, fetch = threading.Event(), threading.Event(), ShippoCourier.fetch

    def slow(courier: ShippoCourier, label: Label) -> bytes:
        began.set()
        go.wait(30)
        return fetch(courier, label)

    monkeypatch.setattr(ShippoCourier, "fetch", slow)
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    assert await asyncio.to_thread(began.wait, 20)
    await world.handle(order).terminate("a test")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    go.set()

    async def issued() -> bool:
        return bool(world.books.remains.of(order).issued)

    await eventually(issued, lambda: "the goods are never issued")
    await settled(world, order)
    await world.until(order, "cancelled")
    await everything_is_back(world, order)
    assert await names_its_credit_note(world, order)


async def test_settling_is_refused_while_the_order_will_still_be_started(world: World) -> None:
    body = world.body()
    shop = world.books.shops.shop(world.shop)
    assert shop is not None
    order = world.books.intake.accept(shop, Order.model_validate(body), body).order_id
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 409
    assert "not started yet" in answer.json()["detail"]


async def test_settling_is_refused_with_what_to_do_where_the_parcel_may_be_gone(
    world: World,
) -> None:
    for status, words in (("released", "Ask the warehouse to pull it"), ("shipped", "have left")):
        order = await terminated(world, status)
        answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
        assert answer.status_code == 409
        assert words in answer.json()["detail"]
        (case,) = await found(world, order)
        assert case["answers"] == ["close"]


async def test_settling_is_refused_while_the_order_is_open(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 409
    assert "cancel the order" in answer.json()["detail"]
    assert await found(world, order) == []


async def test_cancels_and_answers_of_a_dead_order_are_refused_with_the_way_out(
    world: World,
) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.handle(order).signal("packed", {"no": "message"})
    case = await world.until_case(order, "message_refused")
    await world.handle(order).terminate("a test")
    assert f"/orders/{order}/settle" in str(await world.cancel(order))
    answer = await world.answer(case, "close")
    assert answer.status_code == 409
    assert f"/orders/{order}/settle" in answer.json()["detail"]


async def test_a_parcel_that_left_the_warehouse_unheard_is_not_undone(world: World) -> None:
    order = await terminated(world, "ready_to_pack")
    await world.wms(f"{order}-s1", "packed")
    await world.wms(f"{order}-s1", "handed_over")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    await settled(world, order)
    case = await world.until_case(order, "refused_by_provider")
    assert "nothing was undone" in case["reason"]
    assert not await asyncio.to_thread(world.ledger, order, "stripe", "void")


async def test_an_order_that_the_engine_does_not_know_is_named(world: World) -> None:
    order = await accepted(world)
    (case,) = await found(world, order)
    assert case["kind"] == "lost"
    assert "does not know the order, which is accepted on record" in case["reason"]


async def accepted(world: World) -> str:
    """An order on record, whose workflow is the test's own business."""
    body = world.body()
    shop = world.books.shops.shop(world.shop)
    assert shop is not None
    order = world.books.intake.accept(shop, Order.model_validate(body), body).order_id
    world.books.intake.started(order)
    return order


@pytest.mark.parametrize(
    ("program", "kind", "words"),
    [(Hanging, "idle", "nothing will move it on"), (Tripping, "wedged", "does not get on")],
)
async def test_an_order_that_does_not_get_on_is_named_and_its_case_closes_when_it_does(
    world: World, program: type[Hanging | Tripping], kind: str, words: str
) -> None:
    order = await accepted(world)
    queue = f"hopeless-{order}"

    async def named() -> Json | None:
        return next((case for case in await found(world, order) if not case["closed_at"]), None)

    async with Worker(world.client, task_queue=queue, workflows=[program]):
        handle = await world.client.start_workflow("Order", "given", id=order, task_queue=queue)
        case = await eventually(named, lambda: f"{order} is not named", patience=40)
        assert (case["kind"], words in case["reason"]) == (kind, True)
        await handle.terminate("a test")
    closed = {one["kind"]: bool(one["closed_at"]) for one in await found(world, order)}
    assert closed == {kind: True, "dead": False}


async def test_an_order_that_ended_is_sound(world: World) -> None:
    order = await world.place()
    await world.carry(order)
    await ended(world, order)
    assert await found(world, order) == []


async def test_an_order_that_waits_for_the_warehouse_is_sound_and_looked_into_once(
    world: World,
) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")

    async def waits() -> bool:
        """The books have the status before the order has its answer, and begins to wait."""
        events = (await world.handle(order).fetch_history()).events
        return any(one.HasField("timer_started_event_attributes") for one in events)

    await eventually(waits, lambda: "the order waits for nothing")
    assert await found(world, order) == []
    (due,) = world.books.engine_checks.claim(AT_ONCE, 10)
    assert due.timer_at is not None
    assert due.length > 0


async def test_settling_leaves_an_order_alone_that_was_reset_while_it_waited(world: World) -> None:
    order = await terminated(world, "in_fulfilment")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    await reset(world, order)
    assert await settled(world, order) == Settled(
        undone=False, problems=("not undone: the order runs again",)
    )
    assert not world.ledger(order, "wms", "cancelled")
    assert not world.ledger(order, "stripe", "void")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)
    statuses = [one["status"] for one in (await world.view(order))["transitions"]]
    assert "cancelling" not in statuses


async def test_settling_leaves_an_order_alone_that_is_reset_while_a_vendor_is_away(
    world: World,
) -> None:
    order = await terminated(world, "in_fulfilment")
    world.sandbox.fault("wms", "cancel", "http_error", times=None, nth=None, status=503)
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    settling = asyncio.create_task(settled(world, order))

    async def tried() -> bool:
        facts = (await world.view(order))["facts"]
        return any(one["operation"] == "cancel_at_warehouse" for one in facts)

    await eventually(tried, lambda: "the warehouse is never asked")
    await reset(world, order)
    world.sandbox.clear_faults()
    ended = await settling
    assert not ended.undone
    assert ended.problems == ("not undone: the order runs again.",)
    assert not world.ledger(order, "wms", "cancelled")
    assert not world.ledger(order, "stripe", "void")
    case = await world.until_case(order, "refused_by_provider")
    assert (await world.answer(case, "close")).is_success
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)
    statuses = [one["status"] for one in (await world.view(order))["transitions"]]
    assert "cancelling" not in statuses


async def test_a_label_that_is_bought_while_settling_waits_is_voided(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, buy = threading.Event(), threading.Event(), ShippoCourier.buy

    def slow(courier: ShippoCourier, *arguments: Any, **named: Any) -> Any:
        began.set()
        go.wait(30)
        return buy(courier, *arguments, **named)

    monkeypatch.setattr(ShippoCourier, "buy", slow)
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.wms(f"{order}-s1", "picked")
    assert await asyncio.to_thread(began.wait, 20)
    await world.handle(order).terminate("a test")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    go.set()

    async def labelled() -> bool:
        return bool(world.books.remains.of(order).labels)

    await eventually(labelled, lambda: "no label is ever bought")
    assert (await settled(world, order)).undone
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.labels_live == 0


async def test_a_courier_s_scan_while_settling_waits_ends_it_with_what_to_do(world: World) -> None:
    order = await terminated(world, "ready_to_pack")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.status_code == 202, answer.text
    await world.courier(order, "TRANSIT")

    async def scanned() -> bool:
        return world.books.remains.of(order).in_couriers_hands

    await eventually(scanned, lambda: "the scan is never on record")
    ended = await settled(world, order)
    assert not ended.undone
    assert "the goods have left, so nothing is undone" in ended.problems[0]
    assert not world.ledger(order, "stripe", "void")
    assert await world.status(order) == "ready_to_pack"
    await world.until_case(order, "refused_by_provider")


async def test_a_reset_is_named_and_the_order_goes_on(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    assert await found(world, order) == []
    await reset(world, order)
    (case,) = await found(world, order)
    assert case["kind"] == "reset"
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def reset(world: World, order: str) -> None:
    """From the order's first step on."""
    await world.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=world.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=order),
            reason="a test",
            workflow_task_finish_event_id=4,
            request_id="a-test",
        )
    )


async def ended(world: World, order: str) -> None:
    async def closed() -> bool:
        status = (await world.handle(order).describe()).status
        return status is not WorkflowExecutionStatus.RUNNING

    await eventually(closed, lambda: f"{order} does not close")
