"""A worker dies as it writes into our own books, and something comes before the next one looks."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.faults.plan import REACHED, Break, Kind
from tests.faults.worker_processes import open_workers
from tests.world import World, eventually

IMPATIENT = {"pick_within": "PT2S", "pack_within": "PT2S"}


@pytest.mark.timeout(180)
@pytest.mark.world(worker=False, policy=IMPATIENT)
async def test_a_case_that_is_on_record_is_the_order_s_own(world: World, tmp_path: Path) -> None:
    """Were the pick heard before the deadline of which our books know, a case would be lost."""
    order = await world.place()
    async with open_workers(world, tmp_path) as workers:
        dying = workers.start({order: Break("record", Kind.KILLED_AFTER_COMMIT, ())})

        async def reached() -> bool:
            return order in await asyncio.to_thread(dying.orders, REACHED)

        await eventually(reached, lambda: "nothing is put on record")
        dying.send(signal.SIGKILL)
        late = await world.until_case(order, "pick_overdue")
        await world.wms(f"{order}-s1", "picked")
        workers.start()
        await world.until_case(order, "pack_overdue")
    cases = {one["id"]: one for one in (await world.view(order))["cases"]}
    assert cases[late["id"]]["answered_by"] == "ordersaga"
