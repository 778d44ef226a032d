"""A worker that holds many orders holds each once."""

import gc
import secrets
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any

import pytest_asyncio
from pydantic import TypeAdapter
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowInput,
    WorkflowHandle,
)
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.money import Money
from runtime.temporal import DATA_CONVERTER, workflow_runner

ORDERS = 5
MESSAGES = ("InitializeWorkflow", "WorkflowActivation", "WorkflowActivationCompletion")
HEADERS = {"trace": Payload(metadata={"encoding": b"json/plain"}, data=b'"00-1-2"')}


@workflow.defn
class Waiting:
    """Holds its input until it is told what it got."""

    def __init__(self) -> None:
        self.told = False

    @workflow.run
    async def run(self, given: Money) -> tuple[Money, str, dict[str, str]]:
        await workflow.wait_condition(lambda: self.told)
        headers = {name: one.data.decode() for name, one in workflow.info().headers.items()}
        return given, str(workflow.memo_value("shop")), headers

    @workflow.update
    async def look(self, given: Money) -> Money:
        return given

    @workflow.signal
    def tell(self) -> None:
        self.told = True


class _WithHeaders(Interceptor):
    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Outbound(next)


class _Outbound(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        headers: Mapping[str, Payload] = {**input.headers, **HEADERS}
        input.headers = headers
        return await super().start_workflow(input)


def alive(name: str) -> int:
    """How many objects there are of a type, by its name."""
    gc.collect()
    return sum(1 for one in gc.get_objects() if type(one).__name__ == name)


@pytest_asyncio.fixture
async def client(engine: WorkflowEnvironment) -> AsyncGenerator[tuple[Client, str]]:
    config = engine.client.config()
    config["data_converter"] = DATA_CONVERTER
    config["interceptors"] = [_WithHeaders()]
    made = Client(**config)
    queue = f"memory-{secrets.token_hex(6)}"
    async with Worker(
        made, task_queue=queue, workflows=[Waiting], workflow_runner=workflow_runner()
    ):
        yield made, queue


async def opened(client: Client, queue: str) -> WorkflowHandle[Waiting, Any]:
    """A workflow that is in memory, and waits."""
    handle = await client.start_workflow(
        Waiting.run,
        Money(amount=1, currency="EUR"),
        id=f"{queue}-{secrets.token_hex(4)}",
        task_queue=queue,
        memo={"shop": "tea"},
        run_timeout=timedelta(minutes=2),
    )
    await handle.execute_update(  # pyright: ignore[reportUnknownMemberType] # the SDK's overloads
        Waiting.look, Money(amount=2, currency="EUR")
    )
    return handle


async def test_what_an_order_was_started_by_is_not_kept_beside_it(
    client: tuple[Client, str],
) -> None:
    before = {name: alive(name) for name in MESSAGES}
    handles = [await opened(*client) for _ in range(ORDERS)]
    assert alive("Waiting") == ORDERS
    # The newest may be on its way still.
    assert all(alive(name) <= before[name] + 1 for name in MESSAGES)
    for handle in handles:
        await handle.signal(Waiting.tell)
        money, shop, headers = await handle.result()
        assert Money.model_validate(money).amount == 1
        assert shop == "tea"
        assert headers == {"trace": '"00-1-2"'}


async def test_orders_share_the_adapters_of_their_types(client: tuple[Client, str]) -> None:
    first = await opened(*client)
    adapters = alive(TypeAdapter.__name__)
    others = [await opened(*client) for _ in range(ORDERS)]
    assert alive(TypeAdapter.__name__) == adapters
    for handle in (first, *others):
        await handle.signal(Waiting.tell)
        await handle.result()
