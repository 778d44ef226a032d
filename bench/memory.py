"""What a worker holds in memory while a thousand orders wait for the warehouse."""

import asyncio
import time

from bench.figures import Results
from bench.load import OverHttp, StalledError
from bench.operating_system import cpu_seconds, resident_mib
from bench.plain_order import new_number
from bench.running_stack import Delays, RunningStack, running_stack
from cli.progress import Teller

FIGURES = ("worker_rss_mib_1000_open",)
OPEN = 1000
NOBODY_PICKS: Delays = {"wms": {"auto": False}, "sendgrid": {"delivered_after": 0.5}}

_AT_ONCE = 25
_PATIENCE = 300.0
_CALM = 0.05
"""A worker that uses less of a core than this has nothing to do any more."""
_WAITING = b"SELECT count(*) FROM orders WHERE status = 'in_fulfilment'"


def measure(results: Results, teller: Teller) -> None:
    """A new worker, a thousand orders handed off, and everything quiet."""
    teller.say(f"memory: {OPEN} orders open at once")
    with running_stack(teller, NOBODY_PICKS) as running:
        asyncio.run(_calm(running.worker, time.monotonic() + _PATIENCE))
        teller.say(f"  with nothing done yet: {resident_mib(running.worker):.0f} MiB")
        asyncio.run(_fill(running, teller))
        results.add(FIGURES[0], resident_mib(running.worker))


async def _fill(running: RunningStack, teller: Teller) -> None:
    async with running.side() as side:
        places = asyncio.Semaphore(_AT_ONCE)

        async def place() -> None:
            async with places:
                await side.place(new_number())

        placing = asyncio.gather(*(place() for _ in range(OPEN)))
        with teller.counting("waiting for the warehouse", OPEN) as counted:
            deadline = time.monotonic() + _PATIENCE
            while (waiting := await _waiting(side)) < OPEN:
                counted.at(waiting)
                if time.monotonic() > deadline:
                    raise StalledError(f"{waiting} of {OPEN} orders wait for the warehouse")
                await asyncio.sleep(0.5)
        await placing
        await _calm(running.worker, deadline)


async def _waiting(side: OverHttp) -> int:
    return await asyncio.to_thread(side.count, _WAITING)


async def _calm(worker: int, deadline: float) -> None:
    """Wait until it has nothing to do: mails and callbacks are out as well."""
    while time.monotonic() < deadline:
        before = cpu_seconds(worker)
        await asyncio.sleep(2)
        if (cpu_seconds(worker) - before) / 2 < _CALM:
            return
    raise StalledError("the worker does not come to rest")
