"""What safeguards cost: orders per second with encryption and tracing on, over those with both off.

Every order is traced, every span is sent as an installation sends it, and a collector counts them.
"""

import asyncio
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx

from bench.figures import Results
from bench.load import IN_FLIGHT, Steady, run, steady
from bench.running_stack import RunningStack, running_stack
from bench.throughput import ROUNDS, ratio
from cli.progress import Teller
from runtime.processes import free_port, spawn, stop

FIGURES = ("safeguards_ratio",)
_WARM_UP = 60
_ON, _OFF = "safeguards on", "safeguards off"
_SENT_WITHIN = 30.0
_UP_WITHIN = 20.0


class SpansMissingError(RuntimeError):
    """Orders have ended, and the collector never heard of it: tracing was not measured."""


@dataclass(frozen=True)
class Collected:
    """A collector that runs."""

    url: str

    def seen(self) -> Mapping[str, int]:
        """Spans, requests, and ended traces, so far."""
        return httpx.get(f"{self.url}/seen", timeout=5).raise_for_status().json()


def measure(results: Results, teller: Teller, orders: int) -> None:
    """Two stacks on one machine, one resting while the other works, in turn."""
    with (
        _collecting() as spans,
        running_stack(teller, collector=spans.url, encrypted=True) as on,
        running_stack(teller) as off,
    ):
        asyncio.run(_measure({_ON: on, _OFF: off}, results, teller, orders))
        all_told(spans, teller, _WARM_UP + ROUNDS * orders)


async def _measure(
    stacks: dict[str, RunningStack], results: Results, teller: Teller, orders: int
) -> None:
    teller.say(f"safeguards: {ROUNDS} rounds, {IN_FLIGHT} orders in flight")
    found: dict[str, list[Steady]] = {name: [] for name in stacks}
    async with AsyncExitStack() as open_sides:
        sides = {
            name: await open_sides.enter_async_context(stack.side())
            for name, stack in stacks.items()
        }
        for name, side in sides.items():
            with teller.counting(name, _WARM_UP) as counted:
                await run(side, _WARM_UP, counted, IN_FLIGHT // 2)
        for place in range(1, ROUNDS + 1):
            for name, side in sides.items():
                with teller.counting(name, orders) as counted:
                    moments = await run(side, orders, counted, IN_FLIGHT)
                found[name].append(steady(moments, orders, IN_FLIGHT))
                rate = found[name][-1].orders_per_second
                teller.say(f"  round {place}, {name}: {rate:.2f} orders/s")
                await asyncio.to_thread(stacks[name].sandbox.settle, 30)
    results.add("safeguards_ratio", ratio(found[_ON], found[_OFF]))
    cpu = {name: median(one.cpu_ms_per_order for one in each) for name, each in found.items()}
    teller.say(f"  worker CPU ms an order: on {cpu[_ON]:.0f}, off {cpu[_OFF]:.0f}")


@contextmanager
def _collecting() -> Generator[Collected]:
    port = free_port()
    with TemporaryDirectory(prefix="ordersaga-spans-") as folder:
        process = spawn(
            [sys.executable, "-m", "bench.collector", str(port)],
            log_file=Path(folder) / "collector.log",
        )
        try:
            spans = Collected(f"http://127.0.0.1:{port}")
            _until_up(spans)
            yield spans
        finally:
            stop(process)


def _until_up(spans: Collected) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while True:
        try:
            spans.seen()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def all_told(spans: Collected, teller: Teller, orders: int, within: float = _SENT_WITHIN) -> None:
    """Wait for the last batches, so many seconds. Raises SpansMissingError."""
    deadline = time.monotonic() + within
    while (seen := spans.seen())["ended"] < orders:
        if time.monotonic() > deadline:
            raise SpansMissingError(f"{seen['ended']} of {orders} orders have ended in their trace")
        time.sleep(0.2)
    each = seen["spans"] / orders
    teller.say(f"  {each:.0f} spans an order, {seen['spans'] / seen['requests']:.0f} a request")
