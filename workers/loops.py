"""The loops beside the orders: messages in, callbacks out, starts, courier polls, reconciliation.

One answer for all five: a loop in every worker process that claims rows with SKIP LOCKED and a
lease. Any number of processes may run it, one that dies leaves its rows to the others, and none of
it costs the engine an action. NOTIFY wakes a loop; where nobody does, it looks now and then.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

log = logging.getLogger("ordersaga.loops")

_LISTEN_SECONDS = 0.3
"""How long a stop may have to wait for whoever listens."""
LONGEST_PAUSE = 30.0
"""Seconds between tries while the database or the engine is away."""


class Bell(Protocol):
    """Something that waits for a NOTIFY."""

    def wait(self, channels: Sequence[str], timeout: float) -> set[str]:
        """Block until one of the channels is notified; which were, or none after the timeout."""
        ...


@dataclass(frozen=True)
class Loop:
    """What is done again and again: ``work`` answers how many rows it handled.

    Where it handled none, it pauses for ``every``, or until ``again`` is set: by a NOTIFY on the
    channel, or by the work itself.
    """

    name: str
    work: Callable[[], Awaitable[int]]
    every: timedelta
    channel: str | None = None
    again: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class Loops:
    """Runs loops side by side until it is told to stop."""

    def __init__(self, loops: Sequence[Loop], bell: Bell) -> None:
        """``bell`` wakes the loops that name a channel."""
        self._loops = loops
        self._bell = bell
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run until `stop`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            for loop in self._loops:
                group.create_task(self._repeat(loop))

    def stop(self) -> None:
        """Let what is under way finish, then end."""
        self._stopping.set()
        for loop in self._loops:
            loop.again.set()

    async def _listen(self) -> None:
        channels = tuple({loop.channel for loop in self._loops if loop.channel})
        while not self._stopping.is_set():
            try:
                rung = await asyncio.to_thread(self._bell.wait, channels, _LISTEN_SECONDS)
            except Exception:  # the border: a loop outlives every outage, and says so
                log.exception("cannot listen for notifications")
                await self._pause(2.0)
                continue
            for loop in self._loops:
                if loop.channel in rung:
                    loop.again.set()

    async def _repeat(self, loop: Loop) -> None:
        failures = 0
        while not self._stopping.is_set():
            loop.again.clear()
            try:
                handled = await loop.work()
                failures = 0
            except Exception:  # the border: a loop outlives every outage, and says so
                log.exception("loop %s failed", loop.name)
                failures += 1
                await self._pause(min(0.5 * 2**failures, LONGEST_PAUSE))
                continue
            if not handled:
                await self._pause(loop.every.total_seconds(), loop.again)

    async def _pause(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        events = [self._stopping] if wake is None else [self._stopping, wake]
        waits = [asyncio.create_task(event.wait()) for event in events]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
