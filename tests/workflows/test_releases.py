"""A changed build takes over orders that wait, whatever they wait for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.worker import UnsandboxedWorkflowRunner

from activities.records import RecordActivities
from activities.step import Request
from runtime import releases
from sandbox.judge import Ending
from tests.world import World, eventually
from workers.wiring import activity_threads, build_worker
from workflows import fulfilment, order
from workflows.shipment import Shipment

WAITS = ("in_fulfilment", "ready_to_pack", "released", "shipped", "delivered")
PATCH = "look-at-the-books-twice"


def look_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next build: before the release and before the end it looks at the books once more.

    Only a worker without the sandbox sees it; the one in the sandbox imports its modules anew.
    """
    release, close = fulfilment.release, order.OrderWorkflow.close

    async def look(desk: order.Desk, before: str) -> None:
        # A patch that was false once in an order is false ever after: each place has its own.
        if workflow.patched(f"{PATCH}-before-{before}"):
            request = Request(order_id=desk.order_id, shop=desk.shop)
            await desk.own_books(RecordActivities.record, request, "look at the books twice")

    async def release_after_a_look(shipment: Shipment) -> None:
        await look(shipment.desk, "release")
        await release(shipment)

    async def close_after_a_look(self: order.OrderWorkflow, *arguments: object) -> object:
        await look(self.desk, "the-end")
        return await close(self, *arguments)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(fulfilment, "release", release_after_a_look)
    monkeypatch.setattr(order.OrderWorkflow, "close", close_after_a_look)


@asynccontextmanager
async def next_build(world: World, build_id: str = "") -> AsyncGenerator[None]:
    settings = world.settings.model_copy(update={"build_id": build_id})
    with activity_threads(settings) as executor:
        async with build_worker(
            world.client,
            settings,
            world.books,
            world.vendors,
            executor,
            runner=UnsandboxedWorkflowRunner(),
        ):
            yield


async def patched(world: World, number: str) -> bool:
    """Whether the next build has worked on it."""
    history = await world.handle(number).fetch_history()
    markers = [e for e in history.events if e.event_type is EventType.EVENT_TYPE_MARKER_RECORDED]
    return any(PATCH in str(marker.marker_recorded_event_attributes.details) for marker in markers)


async def waiting_everywhere(world: World) -> dict[str, str]:
    """An order in each wait."""
    orders = {wait: await world.place() for wait in WAITS}
    await asyncio.gather(*(world.carry(number, wait) for wait, number in orders.items()))
    return orders


async def all_end_well(world: World, orders: dict[str, str]) -> None:
    """All are delivered before time passes: eight days are more than an authorization lasts."""
    for number in orders.values():
        await world.carry(number, "delivered")
    for number in orders.values():
        await world.carry(number)
        sums = await world.judged(number, Ending.COMPLETED)
        assert (sums.captured, sums.labels_live) == (4270, 1)
        assert sums.mails == {"confirmation": 1, "shipped": 1, "review": 1}
        await world.handle(number).result()


async def test_a_changed_build_takes_over_orders_in_every_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await waiting_everywhere(world)
    await world.worker.shutdown()
    look_twice(monkeypatch)
    async with next_build(world):
        await all_end_well(world, orders)
        assert all([await patched(world, number) for number in orders.values()])


@pytest.mark.world(build_id="1")
async def test_a_release_gets_orders_when_it_is_promoted_and_not_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promoted(world, "1")
    orders = await waiting_everywhere(world)
    look_twice(monkeypatch)
    async with next_build(world, "2"):
        early = orders.pop("in_fulfilment")
        await world.carry(early, "delivered")
        assert not await patched(world, early)
        await promoted(world, "2")
        await all_end_well(world, orders)
        assert all([await patched(world, number) for number in orders.values()])


async def test_a_release_without_workers_is_not_promoted(world: World) -> None:
    with pytest.raises(releases.NotPromoted, match="release 9"):
        await releases.promote(world.client, world.settings.task_queue, "9")


async def promoted(world: World, build_id: str) -> None:
    """Promote a release as soon as the server has heard of its workers."""

    async def done() -> bool:
        try:
            await releases.promote(world.client, world.settings.task_queue, build_id)
        except releases.NotPromoted:
            return False
        return True

    await eventually(done, lambda: f"release {build_id} is not known")
