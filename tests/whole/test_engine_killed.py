"""The engine dies on an update, on its file: the order has heard it, or whoever asked is told not.

Whichever it is, the records and the order agree, and asking again is all that is needed.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from backoffice.records import RecordBook
from backoffice.stock import StockBook
from cli.stack import prepare_namespace
from domain.record import Commit, Committed
from runtime import devserver
from runtime.processes import free_port
from runtime.temporal import connect
from sandbox.client import SandboxClient
from tests.world import Json, World, eventually, open_world

ACCEPTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
PATIENCE = timedelta(seconds=3)
"""How long the API waits for an order to hear while the engine is away, which is for longer."""


class Engine:
    """A server of its own on a file; what reaches its point of death kills it, once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = devserver.find_or_build(print)
        self._port = free_port()
        self._dies_at = ""
        self.server = self._start()

    def dies_at(self, point: str) -> None:
        """From now on, at the next time that this point is reached."""
        self._dies_at = point

    def reached(self, point: str) -> None:
        """Kill the server if this is its point, and wait until it is dead."""
        if point == self._dies_at:
            self._dies_at = ""
            self.server.process.kill()
            self.server.process.wait()

    async def dead(self) -> bool:
        """Whether it has been killed."""
        return self.server.process.poll() is not None

    def rise(self) -> None:
        """Start again on what the file holds."""
        self.server = self._start()

    def _start(self) -> devserver.RunningServer:
        return devserver.start(
            self._path,
            log_file=self._folder / "engine.log",
            port=self._port,
            database=self._folder / "engine.sqlite",
        )


class AsUpdatesAreHeard(Interceptor):
    """The order has taken an update, and the engine has not been told so yet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 # the engine's own name
    ) -> type[WorkflowInboundInterceptor]:
        engine = self._engine

        class Inbound(WorkflowInboundInterceptor):
            async def handle_update_handler(
                self,
                input: HandleUpdateInput,  # noqa: A002 # the engine's own name
            ) -> Any:
                with workflow.unsafe.sandbox_unrestricted():
                    engine.reached("hearing")
                return await super().handle_update_handler(input)

        return Inbound


@pytest_asyncio.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Engine]:
    running = await asyncio.to_thread(Engine, tmp_path)
    commit, release = RecordBook.commit, StockBook.release

    def committing(book: RecordBook, what: Commit) -> Committed:
        running.reached("books")
        return commit(book, what)

    def releasing(book: StockBook, shop: str, key: str, what: Commit) -> None:
        running.reached("books")
        release(book, shop, key, what)

    monkeypatch.setattr(RecordBook, "commit", committing)
    monkeypatch.setattr(StockBook, "release", releasing)
    await prepare_namespace(running.server.address)
    yield running
    await asyncio.to_thread(running.server.stop)


@pytest_asyncio.fixture
async def world(engine: Engine, outside: SandboxClient, database_url: str) -> AsyncGenerator[World]:
    environment = WorkflowEnvironment.from_client(await connect(engine.server.address))
    interceptors = [AsUpdatesAreHeard(engine)]
    async with open_world(environment, outside, database_url, interceptors=interceptors) as opened:
        yield opened


async def waiting_order(world: World) -> tuple[str, Json]:
    """An order that waits for a person's word, and its case."""
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place(world.body(payment={"terms": "prepaid", "reference": "M-1"}))
    return order, await world.until_case(order, "warehouse_rejected")


async def retry(world: World, order: str, case: Json) -> httpx.Response:
    return await world.answer(case, "retry")


async def cancel(world: World, order: str, case: Json) -> httpx.Response:
    body = {"who": "Ana, support", "why": "a test"}
    return await world.api.post(f"/orders/{order}/cancel", json=body)


async def heard(world: World, order: str) -> bool:
    history = await world.handle(order).fetch_history()
    return any(one.event_type == ACCEPTED for one in history.events)


Asking = Callable[[World, str, Json], Awaitable[httpx.Response]]


@pytest.mark.parametrize("point", ["hearing", "books"])
@pytest.mark.parametrize(("ask", "end"), [(retry, "in_fulfilment"), (cancel, "cancelled")])
async def test_an_update_on_which_the_engine_dies_is_heard_or_refused(
    world: World,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    ask: Asking,
    end: str,
    point: str,
) -> None:
    order, case = await waiting_order(world)
    before = await on_record(world, order, case)
    engine.dies_at(point)
    with monkeypatch.context() as impatient:
        impatient.setattr("api.temporal_orders._UPDATE", PATIENCE)
        answer = await ask(world, order, case)
    await eventually(engine.dead, lambda: f"the engine does not die in {point}")
    await asyncio.to_thread(engine.rise)
    was_heard = await heard(world, order)
    assert answer.status_code in ((200, 202, 503) if was_heard else (503,)), answer.text
    assert was_heard is (point == "books")
    if not was_heard:
        assert await on_record(world, order, case) == before
        answer = await ask(world, order, case)
        assert answer.is_success, answer.text
    view = await world.until(order, end)
    assert await heard(world, order)

    async def agrees() -> bool:
        """The books have the status with an activity's effect, the order with its answer."""
        return bool(await world.handle(order).query("status") == view["status"])

    await eventually(agrees, lambda: f"the order is not {view['status']}, as its record says")
    closed = await on_record(world, order, case)
    assert closed["closed_at"] is not None
    assert closed["answered_by"] == ("Ana, support" if ask is retry else "ordersaga")


async def on_record(world: World, order: str, case: Json) -> Json:
    """The case, and the order's status."""
    shown = (await world.api.get(f"/cases/{case['id']}")).json()
    return shown | {"status": await world.status(order)}
