"""Waiting until nothing moves any more, for as long as something still does."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from cli.chaos.watch import ENDED, Watch
from sandbox.client import SandboxClient

_LOOK_EVERY = 1.0
_STILL = 75.0
"""Seconds without any movement: longer than an activity of a killed worker is waited for."""
_STILL_MOST = 120.0
"""Seconds for which a next try is waited for."""
_TOLD_AFTER = 8
"""Tries after which a case says that a step is stuck: that is reason enough to be open."""
_REST = 2.5
"""Seconds after the last order has ended: labels that are refunded take a moment."""
_BANK_READ = 35.0
"""Seconds within which what has come to the account is read, also where nobody hears of it."""
_LONGEST = 900.0


class Quiet:
    """Looks at all orders, the shop's callbacks and the sandbox's ledger until they rest."""

    def __init__(
        self, watch: Watch, sandbox: SandboxClient, engine: Client, desk_at: Callable[[], float]
    ) -> None:
        """``desk_at`` is when the support desk last decided something."""
        self._watch = watch
        self._sandbox = sandbox
        self._engine = engine
        self._desk_at = desk_at
        self._seq = 0
        self._callbacks = 0
        self._moved_at = time.monotonic()
        self._paid_at = 0.0

    async def wait(self, orders: set[str], tell: Callable[[int], None]) -> str:
        """Until all have ended and all is delivered, or nothing moves; which of the two."""
        began = time.monotonic()
        while time.monotonic() - began < _LONGEST:
            await self._look()
            open_orders = {one for one in orders if self._watch.status.get(one) not in ENDED}
            tell(len(orders) - len(open_orders))
            if not open_orders:
                # An order has ended for the shop a moment before its workflow has.
                open_orders = await self._running()
            told = sum(len(numbers) for numbers in self._watch.sequences.values())
            delivered = self._callbacks >= told and time.monotonic() - self._paid_at > _BANK_READ
            if not open_orders and delivered and await self._settled():
                await asyncio.sleep(_REST)
                return "all orders have ended"
            still = time.monotonic() - self._moved_at
            waits = _STILL < still < _STILL_MOST and await self._later(open_orders)
            if still > _STILL and not waits:
                return f"nothing has moved for {still:.0f} s; {len(open_orders)} orders are open"
            await asyncio.sleep(_LOOK_EVERY)
        return "it never came to rest"

    async def _look(self) -> None:
        try:
            entries = await asyncio.to_thread(self._sandbox.ledger, after=self._seq)
        except httpx.TransportError:
            return
        for entry in entries:
            self._seq = entry.seq
            fresh = entry.kind == "callback" and not entry.data.get("duplicate")
            self._callbacks += fresh
        now = time.monotonic()
        if any(entry.provider == "bank" for entry in entries):
            self._paid_at = now
        moved = now if entries else self._moved_at
        self._moved_at = max(moved, self._watch.moved_at, self._desk_at())

    async def _running(self) -> set[str]:
        query = 'ExecutionStatus = "Running"'
        return {one.id async for one in self._engine.list_workflows(query)}

    async def _settled(self) -> bool:
        return (await asyncio.to_thread(self._sandbox.settle, 5)).settled

    async def _later(self, open_orders: set[str]) -> bool:
        """Whether an open order's next try is still to come."""
        now = datetime.now(UTC)
        for order in sorted(open_orders):
            try:
                description = await self._engine.get_workflow_handle(order).describe()
            except RPCError:
                continue
            for activity in description.raw_description.pending_activities:
                if activity.attempt > _TOLD_AFTER:
                    continue
                when = activity.next_attempt_schedule_time.ToDatetime(tzinfo=UTC)
                if when > now or activity.HasField("last_started_time"):
                    return True
        return False
