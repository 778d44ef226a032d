"""What an order costs the engine: billed actions, events, bytes of history. In virtual time."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from bench.clock_moves import is_clock, without_clock
from bench.figures import Results
from bench.server_counters import actions_at_rest
from bench.virtual_engine import VirtualEngine, open_virtual_engine
from cli.progress import Teller
from tests.world import World

FIGURES = ("actions_per_order", "events_per_order", "history_bytes_per_order")
ORDERS = 10

PICKED, PACKED, HANDED_OVER, DELIVERED, REVIEW = (
    timedelta(hours=4),
    timedelta(hours=6),
    timedelta(hours=10),
    timedelta(days=2),
    timedelta(days=9),
)
"""When it happens in a plain order, counted from its acceptance."""


async def measure(results: Results, teller: Teller) -> None:
    """Carry plain orders through nine days and read the server's own counter."""
    teller.say(f"engine cost: {ORDERS} plain orders through nine days of virtual time")
    async with open_virtual_engine(teller) as engine:
        namespace = engine.world.client.namespace
        before = await asyncio.to_thread(actions_at_rest, engine.metrics_url, namespace)
        journey = Journey(engine.world)
        await journey.place(ORDERS)
        await journey.carry()
        after = await asyncio.to_thread(actions_at_rest, engine.metrics_url, namespace)
        spent = without_clock(after - before, journey.clock_moves)
        for kind, count in sorted(spent.items()):
            teller.say(f"  {kind.partition('_')[2]}: {count / ORDERS:g} an order")
        results.add("actions_per_order", spent.total() / ORDERS)
        await _histories(engine, journey.orders, results)


class Journey:
    """Plain orders side by side, each at the same moment of its life."""

    def __init__(self, world: World) -> None:
        """Warehouse and couriers wait to be played."""
        self._world = world
        self._now = timedelta(0)
        self.orders: list[str] = []
        self.clock_moves = 0

    async def place(self, count: int) -> None:
        """Place them over HTTP."""
        for _ in range(count):
            self.orders.append(await self._world.place())

    async def carry(self) -> None:
        """All the way to the review, and until the outside world has heard of it."""
        world = self._world
        await self._reach("in_fulfilment")
        await self._be_at(PICKED)
        await self._each_shipment("picked")
        await self._reach("ready_to_pack")
        await self._be_at(PACKED)
        await self._each_shipment("packed")
        await self._reach("released")
        await self._be_at(HANDED_OVER)
        await self._each_shipment("handed_over")
        await self._reach("shipped")
        await self._couriers("TRANSIT")
        await self._be_at(DELIVERED)
        await self._couriers("DELIVERED")
        await self._reach("delivered")
        await self._be_at(REVIEW)
        await self._reach("completed")
        for order in self.orders:
            await world.handle(order).result()
        await asyncio.to_thread(world.sandbox.settle, 30)

    async def _reach(self, status: str) -> None:
        await asyncio.gather(*(self._world.until(order, status) for order in self.orders))

    async def _be_at(self, moment: timedelta) -> None:
        """Move the outside world's clock once, and each order's own."""
        by, self._now = moment - self._now, moment
        await self._world.pass_time(by)
        environment, handle = self._world.environment, self._world.handle
        moves = [environment.fast_forward(handle(order), by) for order in self.orders]
        self.clock_moves += len(moves)
        await asyncio.gather(*moves)

    async def _each_shipment(self, action: str) -> None:
        for order in self.orders:
            await self._world.wms(f"{order}-s1", action)

    async def _couriers(self, status: str) -> None:
        for order in self.orders:
            await self._world.courier(order, status)


async def _histories(engine: VirtualEngine, orders: Iterable[str], results: Results) -> None:
    events = 0
    size = 0
    for order in orders:
        handle = engine.world.handle(order)
        history = await handle.fetch_history()
        described = (await handle.describe()).raw_description.workflow_execution_info
        clock = [event for event in history.events if is_clock(event)]
        events += described.history_length - len(clock)
        size += described.history_size_bytes - sum(event.ByteSize() for event in clock)
    results.add("events_per_order", events / ORDERS)
    results.add("history_bytes_per_order", size / ORDERS)
