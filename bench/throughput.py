"""Orders per second with fifty in flight; and beside ours, in turn, what the bare order does."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median

from bench.anatomy import Examined
from bench.bare_stack import BareStack, bare_stack, check
from bench.figures import Results
from bench.load import IN_FLIGHT, Moment, OverHttp, Steady, run, steady
from bench.operating_system import cpu_seconds
from bench.running_stack import Delays, RunningStack
from cli.progress import Teller

FIGURES = ("orders_per_second", "worker_cpu_ms_per_order")
COMPARED = ("efficiency", "engine_share")
ORDERS = 150
ROUNDS = 3
_WARM_UP = 60

OURS, BARE_ORDER, EMPTY_ORDER = "ours", "bare order", "empty activities"


async def alone(running: RunningStack, results: Results, teller: Teller, orders: int) -> None:
    """Ours alone."""
    async with running.side() as ours:
        sides = {OURS: Competitor(ours, {}, running.processes)}
        await _report(Rounds(running, teller, sides, orders), results)


def compare(
    running: RunningStack, examined: Examined, results: Results, teller: Teller, orders: int
) -> None:
    """Ours, the bare order and empty activities, in turn."""
    with bare_stack(running, examined) as bare:
        asyncio.run(_compare(running, bare, examined, results, teller, orders))


async def _compare(
    running: RunningStack,
    bare: BareStack,
    examined: Examined,
    results: Results,
    teller: Teller,
    orders: int,
) -> None:
    teller.say("bare order: compared with ours")
    await check(running, bare, examined, teller)
    async with AsyncExitStack() as stack:
        own = running.processes
        bare_own = {**own, "API": bare.api, "worker": bare.worker}
        empty_own = {**bare_own, "worker": bare.empty_worker}
        ours, theirs, nothing = [
            await stack.enter_async_context(side)
            for side in (running.side(), bare.side(), bare.empty_side())
        ]
        sides = {
            OURS: Competitor(ours, {}, own),
            BARE_ORDER: Competitor(theirs, bare.hooks, bare_own),
            EMPTY_ORDER: Competitor(nothing, bare.hooks, empty_own),
        }
        await _report(Rounds(running, teller, sides, orders), results)


@dataclass(frozen=True)
class Competitor:
    """Who gets orders, what the outside world has to be told to reach it, and its processes."""

    side: OverHttp
    hooks: Delays
    processes: Mapping[str, int]


class Rounds:
    """Every side gets a stretch in each round, so that what disturbs one disturbs the others."""

    def __init__(
        self,
        running: RunningStack,
        teller: Teller,
        sides: Mapping[str, Competitor],
        orders: int,
    ) -> None:
        """``orders`` are those of one stretch."""
        self._running = running
        self._teller = teller
        self._sides = sides
        self._orders = orders
        self.found: dict[str, list[Steady]] = {name: [] for name in sides}

    async def run(self) -> None:
        """Warm up, then all rounds."""
        self._teller.say(f"throughput: {ROUNDS} rounds, {IN_FLIGHT} orders in flight")
        for name in self._sides:
            await self._stretch(name, _WARM_UP, in_flight=IN_FLIGHT // 2)
        for place in range(1, ROUNDS + 1):
            for name, found in self.found.items():
                moments = await self._stretch(name, self._orders, IN_FLIGHT)
                stretch = steady(moments, self._orders, IN_FLIGHT)
                found.append(stretch)
                self._teller.say(
                    f"  round {place}, {name}: {stretch.orders_per_second:.2f} orders/s"
                )

    async def _stretch(self, name: str, orders: int, in_flight: int) -> list[Moment]:
        competitor = self._sides[name]
        await asyncio.to_thread(self._running.connect, competitor.hooks)
        before = {each: cpu_seconds(pid) for each, pid in competitor.processes.items()}
        with self._teller.counting(name, orders) as counted:
            moments = await run(competitor.side, orders, counted, in_flight)
        used = {
            each: (cpu_seconds(pid) - before[each]) * 1000 / orders
            for each, pid in competitor.processes.items()
        }
        shares = ", ".join(f"{each} {ms:.0f}" for each, ms in used.items())
        self._teller.say(f"  {name}: CPU ms an order: {shares}")
        # What is still under way would disturb whoever comes next.
        await asyncio.to_thread(self._running.sandbox.settle, 30)
        return moments


async def _report(rounds: Rounds, results: Results) -> None:
    await rounds.run()
    ours = rounds.found[OURS]
    results.add("orders_per_second", median(one.orders_per_second for one in ours))
    results.add("worker_cpu_ms_per_order", median(one.cpu_ms_per_order for one in ours))
    for figure, name in zip(COMPARED, (BARE_ORDER, EMPTY_ORDER), strict=True):
        if name in rounds.found:
            results.add(figure, ratio(ours, rounds.found[name]))


def ratio(ours: list[Steady], theirs: list[Steady]) -> float:
    """The median over rounds of our rate over theirs in the same round."""
    pairs = zip(ours, theirs, strict=True)
    return median(one.orders_per_second / other.orders_per_second for one, other in pairs)
