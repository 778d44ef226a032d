"""One trace follows an order from when it is placed to its last callback."""

from collections.abc import AsyncGenerator
from typing import cast

import httpx
import pytest
import pytest_asyncio
from opentelemetry.sdk.trace import ReadableSpan
from temporalio.api.common.v1 import Header, Payloads, WorkflowExecution, WorkflowType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    SignalWorkflowExecutionRequest,
    StartWorkflowExecutionRequest,
)
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from api.serving import put_together
from runtime.order_trace import OrderTrace, ids_of
from runtime.processes import free_port
from runtime.temporal import DATA_CONVERTER, proving_runner
from runtime.tracing import tracing
from runtime.tracing_calls import OrderTracing
from sandbox.client import SandboxClient
from sandbox.judge import Ending
from tests.replay.test_replay import history as recorded
from tests.traces import UNREADABLE, Kept, attribute, id_of, trace_of
from tests.workflows.test_encryption import PERSON, all_that_can_happen
from tests.workflows.test_standing import accepted
from tests.world import World, eventually, open_world
from workflows.one_payload import OnePayload
from workflows.order import OrderWorkflow

STATUSES = 11


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest_asyncio.fixture
async def traced_world(
    engine: WorkflowEnvironment, outside: SandboxClient, database_url: str, kept: Kept
) -> AsyncGenerator[World]:
    async with open_world(engine, outside, database_url, tracing=kept.tracing) as opened:
        yield opened


async def told(kept: Kept, order: str, callbacks: int = STATUSES) -> list[ReadableSpan]:
    """The order's spans, once its shop was told everything."""

    async def all_of_them() -> bool:
        return sum(span.name == "Callback" for span in kept.of(order)) >= callbacks

    await eventually(all_of_them, lambda: f"callbacks are missing: {sorted(kept.names(order))}")
    return kept.of(order)


async def test_a_carried_order_is_one_connected_trace(traced_world: World, kept: Kept) -> None:
    body = traced_world.body()
    order = await traced_world.place(body)
    assert await traced_world.place(body) == order  # begins no second trace
    await traced_world.carry(order)
    spans = await told(kept, order)
    trace, first = ids_of(order)
    assert {trace_of(span) for span in spans} == {trace}
    ids = {id_of(span) for span in spans}
    assert len(ids) == len(spans)
    alone = [span for span in spans if span.parent is None or span.parent.span_id not in ids]
    assert [(span.name, id_of(span)) for span in alone] == [("AcceptOrder", first)]
    assert kept.names(order) >= {
        "StartWorkflow:Order",
        "RunWorkflow:Order",
        "RunActivity:authorize_payment",
        "RunActivity:capture_payment",
        "RunActivity:buy_labels",
        "RunActivity:hand_off",
        "SignalWorkflow:picked",
        "HandleSignal:picked",
        "CompleteWorkflow:Order",
        "Callback",
    }
    statuses = {attribute(span, "ordersaga.status") for span in spans if span.name == "Callback"}
    assert {"captured", "released", "delivered", "completed"} <= statuses


async def test_nothing_of_a_person_stands_in_a_span(traced_world: World, kept: Kept) -> None:
    orders = await all_that_can_happen(traced_world)
    await told(kept, orders[0])
    assert {what for what, text in PERSON.items() if text in kept.text} == set()
    names = {name for order in orders for name in kept.names(order)}
    assert {"StartWorkflowUpdate:request_cancel", "HandleUpdate:answer_case"} <= names
    refusals = [
        attribute(span, "error.type")
        for span in kept.of(orders[3])
        if span.name == "RunActivity:hand_off"
    ]
    assert refusals == ["Refused", None]


async def test_orders_do_not_notice_that_the_collector_is_away(
    engine: WorkflowEnvironment,
    outside: SandboxClient,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    traces = tracing("test")
    assert traces.trace is not None
    async with open_world(engine, outside, database_url, tracing=traces) as world:
        order = await world.place()
        await world.carry(order)
        await world.judged(order, Ending.COMPLETED)
    traces.close(patience=0.2)


async def test_an_order_from_before_tracing_has_a_trace_from_then_on(
    traced_world: World, kept: Kept
) -> None:
    world = traced_world
    untraced = put_together(world.settings, world.environment.client, world.database_url)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(untraced.app),
        base_url="http://api",
        headers={"X-API-Key": world.shop_key},
    ) as api:
        order = str((await api.post("/orders", json=world.body())).json()["order"])
    untraced.database.close()
    await world.carry(order, "in_fulfilment")
    assert "RunActivity:authorize_payment" in kept.names(order)
    assert not {"AcceptOrder", "StartWorkflow:Order"} & kept.names(order)
    assert {trace_of(span) for span in kept.of(order)} == {ids_of(order)[0]}


def replayer(*interceptors: OrderTracing) -> Replayer:
    return Replayer(
        workflows=[OrderWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=proving_runner(),
        interceptors=[*interceptors, OnePayload()],
    )


async def test_histories_replay_with_and_without_tracing_and_add_no_spans(
    engine: WorkflowEnvironment, outside: SandboxClient, database_url: str, kept: Kept
) -> None:
    async with open_world(
        engine, outside, database_url, tracing=kept.tracing, codec_keys=""
    ) as world:
        order = await world.place()
        await world.carry(order)
        with_traces: WorkflowHistory = await world.handle(order).fetch_history()
        await told(kept, order)
        spans = len(kept.spans)
        tracer = OrderTracing(cast("OrderTrace", kept.tracing.trace))
    assert b"_tracer-data" in b"".join(event.SerializeToString() for event in with_traces.events)
    for known in (with_traces, recorded("completed")):
        await replayer().replay_workflow(known)
        await replayer(tracer).replay_workflow(known)
    assert len(kept.spans) == spans


async def test_a_worker_that_replays_all_the_time_tells_everything_once(
    engine: WorkflowEnvironment,
    outside: SandboxClient,
    database_url: str,
    kept: Kept,
) -> None:
    async with open_world(
        engine,
        outside,
        database_url,
        tracing=kept.tracing,
        cached_workflows=0,
    ) as world:
        order = await world.place()
        await world.carry(order)
        spans = await told(kept, order)
        await world.judged(order, Ending.COMPLETED)
    once = ("RunWorkflow:Order", "HandleSignal:picked", "RunActivity:capture_payment")
    assert {name: sum(span.name == name for span in spans) for name in once} == dict.fromkeys(
        once, 1
    )


async def test_a_header_that_cannot_be_read_holds_no_order_up(
    traced_world: World, kept: Kept
) -> None:
    order = await traced_world.place()
    await traced_world.until(order, "in_fulfilment")
    service = traced_world.client.workflow_service
    said = await DATA_CONVERTER.encode([{"no": "message"}])
    for payload in UNREADABLE.values():
        await service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=traced_world.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=order),
                signal_name="packed",
                input=Payloads(payloads=said),
                header=Header(fields={"_tracer-data": payload}),
            )
        )
    case = await traced_world.until_case(order, "message_refused")
    assert (await traced_world.answer(case, "close")).is_success
    await traced_world.carry(order)
    assert "HandleSignal:packed" in kept.names(order)


@pytest.mark.parametrize("what", UNREADABLE)
async def test_an_order_that_begins_with_a_header_that_cannot_be_read_gets_on(
    traced_world: World, what: str
) -> None:
    order = await accepted(traced_world)
    client = traced_world.client
    given = traced_world.books.intake.given(order)
    await client.workflow_service.start_workflow_execution(
        StartWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_id=order,
            workflow_type=WorkflowType(name="Order"),
            task_queue=TaskQueue(name=traced_world.settings.task_queue),
            input=Payloads(payloads=await DATA_CONVERTER.encode([given])),
            header=Header(fields={"_tracer-data": UNREADABLE[what]}),
            request_id=order,
        )
    )
    await traced_world.until(order, "in_fulfilment")
