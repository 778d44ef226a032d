"""What a person asks of an order is in its history before anything is done about it.

Else the engine's death between the two would leave a record of what the order has never heard.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from backoffice.records import RecordBook
from backoffice.stock import StockBook
from domain.order import OrderInput
from domain.record import Commit, Committed
from tests.world import World
from workflows.starting import start_order

ACCEPTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED


class Held:
    """Keeps a writer of the books waiting, from the moment it is reached."""

    def __init__(self) -> None:
        self.reached, self._go = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.reached.set()
        self._go.wait(60)

    def let_go(self) -> None:
        self._go.set()


@pytest.fixture(params=["of an earlier release", "of this one"])
def release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whose orders are started: those of an earlier one write into our books within their tasks."""
    if request.param == "of an earlier release":

        async def start(
            client: Client, task_queue: str, order: OrderInput, rpc_timeout: timedelta
        ) -> None:
            earlier = order.model_copy(update={"decides_first": False})
            await start_order(client, task_queue, earlier, rpc_timeout)

        monkeypatch.setattr("api.temporal_orders.start_order", start)
    return str(request.param)


async def is_heard_before_it_is_done(
    world: World, order: str, held: Held, asking: Coroutine[Any, Any, Any]
) -> None:
    asked = asyncio.create_task(asking)
    assert await asyncio.to_thread(held.reached.wait, 20)
    try:
        history = await world.handle(order).fetch_history()
        assert [one for one in history.events if one.event_type == ACCEPTED]
    finally:
        held.let_go()
    await asked


@pytest.mark.usefixtures("release")
async def test_an_answer_is_in_the_history_before_it_is_on_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, commit = Held(), RecordBook.commit

    def slow(book: RecordBook, what: Commit) -> Committed:
        if any(one.who == "Ana, support" for one in what.journal.answers):
            held.wait()
        return commit(book, what)

    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    monkeypatch.setattr(RecordBook, "commit", slow)
    await is_heard_before_it_is_done(world, order, held, world.answer(case, "retry"))
    await world.until(order, "in_fulfilment")


@pytest.mark.usefixtures("release")
async def test_a_cancel_is_in_the_history_before_anything_is_undone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held()
    release: Callable[..., None] = StockBook.release

    def slow(book: StockBook, shop: str, key: str, commit: Commit) -> None:
        held.wait()
        release(book, shop, key, commit)

    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place(world.body(payment={"terms": "prepaid", "reference": "M-1"}))
    await world.until_case(order, "warehouse_rejected")
    monkeypatch.setattr(StockBook, "release", slow)
    await is_heard_before_it_is_done(world, order, held, world.cancel(order))
    await world.until(order, "cancelled")


async def test_two_answers_at_once_are_one_answer_and_one_refusal(world: World) -> None:
    world.sandbox.fault("wms", "handoff", "reject", reason="closed today")
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    both = await asyncio.gather(world.answer(case, "retry"), world.answer(case, "cancel"))
    assert sorted(one.status_code for one in both) == [200, 409]
