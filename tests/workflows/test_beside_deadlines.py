"""What happens in one breath with a deadline must not change what a replay sees of it."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.worker import Replayer

from runtime.temporal import proving_runner
from tests.amending import LESS
from tests.workflows.test_releases import next_build
from tests.world import World, eventually
from workflows.one_payload import OnePayload
from workflows.order import OrderWorkflow


async def replayed(world: World, order: str) -> None:
    """Today's code follows the order's history, as a worker does that has not seen it before."""
    replayer = Replayer(
        workflows=[OrderWorkflow],
        data_converter=world.client.config()["data_converter"],
        workflow_runner=proving_runner(),
        interceptors=[OnePayload()],
    )
    await replayer.replay_workflow(await world.handle(order).fetch_history())


@pytest.mark.world(policy={"pick_within": "PT5S"})
async def test_an_update_that_is_refused_as_a_deadline_passes_leaves_nothing_to_trip_over(
    world: World,
) -> None:
    """A refusal is in no history: what it made the order see early, a replay would see later."""
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    handle = world.handle(order)
    await world.worker.shutdown()
    stale = LESS | {"version": 1}
    refused = asyncio.create_task(handle.execute_update("amend", stale))  # pyright: ignore[reportUnknownMemberType] # the SDK's overloads

    async def fired() -> bool:
        events = (await handle.fetch_history()).events
        return any(one.HasField("timer_fired_event_attributes") for one in events)

    await eventually(fired, lambda: "the deadline has not passed")
    async with next_build(world):
        with pytest.raises(WorkflowUpdateFailedError):
            await refused
        await world.until_case(order, "pick_overdue")
        await replayed(world, order)
