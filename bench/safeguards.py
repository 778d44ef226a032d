"""What safeguards cost: orders per second with encryption on, over those with it off."""

import asyncio
from contextlib import AsyncExitStack
from statistics import median

from bench.figures import Results
from bench.load import IN_FLIGHT, Steady, run, steady
from bench.running_stack import RunningStack, running_stack
from bench.throughput import ROUNDS, ratio
from cli.progress import Teller

FIGURES = ("safeguards_ratio",)
_WARM_UP = 60
_ON, _OFF = "safeguards on", "safeguards off"


def measure(results: Results, teller: Teller, orders: int) -> None:
    """Two stacks on one machine, one resting while the other works, in turn."""
    with running_stack(teller, safeguards=True) as on, running_stack(teller) as off:
        asyncio.run(_measure({_ON: on, _OFF: off}, results, teller, orders))


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
