"""Master keys change while orders are on their way, and a lost one holds orders up at worst."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import RawValue

from backoffice.engine_checks import Pace
from backoffice.intake import IntakeBook
from domain.keys import WrappedKey
from domain.order import Order
from runtime.codec import OrderCodec
from runtime.master_keys import new_master_key
from runtime.temporal import encrypting, proving_runner
from sandbox.judge import Ending
from tests.world import World, eventually
from workers.reconciliation import Reconciliation
from workers.wiring import activity_threads, build_worker

NONE = timedelta()
OLD, NEW = new_master_key("old"), new_master_key("new")


@asynccontextmanager
async def working_with(world: World, keys: str) -> AsyncGenerator[None]:
    """The worker's next process, with these master keys."""
    client = encrypting(world.environment.client, OrderCodec.of(keys, world.books.data_keys))
    settings = world.settings
    with activity_threads(settings) as executor:
        async with build_worker(
            client, settings, world.books, world.vendors, executor, runner=proving_runner()
        ):
            yield


async def failed_tasks(world: World, order: str) -> list[str]:
    """What the engine was told each time that the order could not be worked."""
    history = await world.environment.client.get_workflow_handle(order).fetch_history()
    return [
        event.workflow_task_failed_event_attributes.failure.message
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]


async def wedged(world: World, order: str, keys: str) -> str:
    """What its case says, once a process with these master keys has found that it is stuck."""
    client = encrypting(world.environment.client, OrderCodec.of(keys, world.books.data_keys))
    looks = Reconciliation(client, world.books, Pace(after=NONE, open_every=NONE, ended_every=NONE))

    async def said() -> str | None:
        await looks.engine()
        cases = (await world.view(order))["cases"]
        return next((str(one["reason"]) for one in cases if one["kind"] == "wedged"), None)

    return await eventually(said, lambda: f"{order} is not named", patience=40)


@pytest.mark.world(codec_keys=OLD)
async def test_a_new_master_key_in_front_disturbs_no_order_on_its_way(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.worker.shutdown()
    async with working_with(world, f"{NEW},{OLD}"):
        await world.carry(order)
        await world.judged(order, Ending.COMPLETED)
    assert await failed_tasks(world, order) == []


@pytest.mark.world(codec_keys=OLD)
async def test_without_its_master_key_an_order_waits_and_with_it_goes_on(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.worker.shutdown()

    async def said() -> list[str]:
        return await failed_tasks(world, order)

    async with working_with(world, NEW):
        await world.wms(f"{order}-s1", "picked")
        [why, *_] = await eventually(said, lambda: "no workflow task fails")
        assert "master key old is not among ORDERSAGA_CODEC_KEYS" in why
        raw = world.environment.client.get_workflow_handle(order)
        assert (await raw.describe()).status is WorkflowExecutionStatus.RUNNING
        case = await wedged(world, order, NEW)
        assert f"master key old is not among ORDERSAGA_CODEC_KEYS, and the key of {order}" in case
        assert "program's fault" not in case
    async with working_with(world, f"{NEW},{OLD}"):
        await world.carry(order)
        await world.judged(order, Ending.COMPLETED)


@pytest.mark.world(codec_keys=NEW)
async def test_a_forged_payload_that_claims_to_be_encrypted_is_refused_like_any_malformed_one(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    raw = world.environment.client.get_workflow_handle(order)
    for key in (order.encode(), b"ord_another", b"\xff"):
        metadata = {"encoding": b"binary/encrypted", "encryption-key-id": key}
        await raw.signal("picked", RawValue(Payload(metadata=metadata, data=b"x" * 40)))
    await world.until_case(order, "message_refused")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)
    assert await failed_tasks(world, order) == []


async def test_orders_whose_key_cannot_be_opened_hold_up_no_start_behind_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.relays.BATCH", 1)
    shop = world.books.shops.shop(world.shop)
    assert shop is not None
    earlier = IntakeBook(world.books.database, lambda: datetime.now(UTC) - timedelta(minutes=1))

    def accept(book: IntakeBook) -> str:
        body = world.body()
        return book.accept(shop, Order.model_validate(body), body).order_id

    locked = accept(earlier)
    world.books.data_keys.keep(WrappedKey(locked, "taken-away", bytes(60)))
    behind = accept(world.books.intake)

    async def started() -> bool:
        return bool((await world.view(behind))["started_at"])

    await eventually(started, lambda: "the order behind was not started")
    assert (await world.view(locked))["started_at"] is None
