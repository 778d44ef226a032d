"""Orders per second with fifty in flight; and beside ours, in turn, what the bare order does."""

import asyncio
from contextlib import AsyncExitStack
from statistics import median

from bench.anatomy import Examined
from bench.bare_stack import BareStack, bare_stack, check
from bench.figures import Results
from bench.load import IN_FLIGHT, Moment, OverHttp, Steady, run, steady
from bench.progress import Teller
from bench.running_stack import Delays, RunningStack

FIGURES = ("orders_per_second", "worker_cpu_ms_per_order")
COMPARED = ("efficiency", "engine_share")
ORDERS = 150
ROUNDS = 3
_WARM_UP = 60

OURS, BARE_ORDER, EMPTY_ORDER = "ours", "bare order", "empty activities"


async def alone(running: RunningStack, results: Results, teller: Teller, orders: int) -> None:
    """Ours alone."""
    async with running.side() as ours:
        await _report(Rounds(running, teller, {OURS: (ours, {})}, orders), results)


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
        sides: dict[str, tuple[OverHttp, Delays]] = {
            OURS: (await stack.enter_async_context(running.side()), {}),
            BARE_ORDER: (await stack.enter_async_context(bare.side()), bare.hooks),
            EMPTY_ORDER: (await stack.enter_async_context(bare.empty_side()), bare.hooks),
        }
        await _report(Rounds(running, teller, sides, orders), results)


class Rounds:
    """Every side gets a stretch in each round, so that what disturbs one disturbs the others."""

    def __init__(
        self,
        running: RunningStack,
        teller: Teller,
        sides: dict[str, tuple[OverHttp, Delays]],
        orders: int,
    ) -> None:
        """Each side comes with what the outside world has to be told to reach it."""
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
                    f"  round {place}, {name}: {stretch.orders_per_second:.2f} orders/s, "
                    f"{stretch.cpu_ms_per_order:.0f} ms of its worker"
                )

    async def _stretch(self, name: str, orders: int, in_flight: int) -> list[Moment]:
        side, hooks = self._sides[name]
        await asyncio.to_thread(self._running.connect, hooks)
        with self._teller.counting(name, orders) as counted:
            moments = await run(side, orders, counted, in_flight)
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
