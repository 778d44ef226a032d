"""The world as one object, and what a vendor adds to it."""

import asyncio
import functools
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.core.clock import Clock
from sandbox.core.faults import GENERAL_KINDS, WEBHOOK, WEBHOOK_KINDS, Faults
from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.ledger import Ledger
from sandbox.core.settings import Settings
from sandbox.core.store import Document, Store
from sandbox.core.timers import TimerHandler, Timers
from sandbox.core.webhooks import Signer, Webhooks

CORE_SETTINGS: Document = {"delay": 0.02, "attempts": 20}
"""`webhooks`: seconds between a fact and its first call; attempts before it is given up."""


class World:
    """Everything that a handler may touch."""

    def __init__(self, vendors: "Sequence[Vendor]", state: Path | None = None) -> None:
        self.errors: list[str] = []
        self.store = Store(state)
        self.clock = Clock(self.store)
        self.ledger = Ledger(self.store, self.clock)
        self.faults = Faults(self.store)
        self.timers = Timers(self.store, self.clock, self.report)
        defaults = {vendor.name: dict(vendor.settings) for vendor in vendors}
        self.settings = Settings(self.store, defaults | {"webhooks": CORE_SETTINGS})
        self.webhooks = Webhooks(
            self.store, self.timers, self.ledger, self.faults, self.settings, self.report
        )
        for vendor in vendors:
            self._admit(vendor)
        self.store.commit()

    def report(self, where: str, error: Exception) -> None:
        """Keep a bug of the sandbox itself where /_sandbox/health and stderr show it."""
        trace = "".join(traceback.format_exception(error))
        self.errors.append(f"{where}: {error!r}")
        print(f"sandbox: {where}\n{trace}", file=sys.stderr, flush=True)

    async def reset(self) -> None:
        """Begin anew: nothing on record, no fault, default settings, real time."""
        await self.webhooks.forget()
        self.store.clear()
        self.errors.clear()
        for part in (self.clock, self.faults, self.settings, self.timers):
            part.load()

    async def settle(self, patience: float) -> Document:
        """Wait until no call is pending and no timer is due; what is left when time is up."""
        deadline = time.monotonic() + patience
        while True:
            pending, due = self.webhooks.pending(), self.timers.due()
            if not pending and not due:
                return {"settled": True, "webhooks": [], "timers": []}
            if time.monotonic() >= deadline:
                return {"settled": False, "webhooks": pending, "timers": due}
            await asyncio.sleep(0.01)

    def _admit(self, vendor: "Vendor") -> None:
        self.webhooks.declare(vendor.name, vendor.sign)
        for operation in vendor.routes(self):
            if operation.faults is not None:
                kinds = GENERAL_KINDS | frozenset(operation.faults)
                self.faults.declare(vendor.name, operation.name, kinds)
        if vendor.sends_webhooks:
            self.faults.declare(vendor.name, WEBHOOK, WEBHOOK_KINDS)
        for name, kinds in vendor.extra_faults.items():
            self.faults.declare(vendor.name, name, frozenset(kinds))
        for kind, handler in vendor.timers(self).items():
            self.timers.bind(kind, handler)


OperationHandler = Callable[[World, ParsedRequest], Awaitable[Answer]]


@dataclass(frozen=True)
class Operation:
    """One thing a vendor can be asked over HTTP.

    `method` is one verb or "*". `faults` are the vendor's own kinds that the handler plays
    itself through `request.fault`; None keeps the operation out of reach of any rule.
    `waits_itself`: the handler calls `request.wait()`, so that a `delay` falls inside it.
    `name_of` gives a call another operation's name, where one address does several things.
    """

    method: str
    path: str
    name: str
    handler: OperationHandler
    faults: tuple[str, ...] | None = ()
    waits_itself: bool = False
    name_of: Callable[[ParsedRequest], str] | None = None


def _no_operations(_: World) -> list[Operation]:
    return []


def _no_timers(_: World) -> dict[str, TimerHandler]:
    return {}


def plain_error(status: int, message: str) -> Document:
    """The body of an error in general, where a vendor has no form of its own."""
    return {"error": {"status": status, "message": message}}


@dataclass(frozen=True)
class Vendor:
    """One emulated party. `error` makes the body of the general failures in its own form."""

    name: str
    routes: Callable[[World], list[Operation]]
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    controls: Callable[[World], list[Operation]] = _no_operations
    timers: Callable[[World], dict[str, TimerHandler]] = _no_timers
    sign: Signer | None = None
    sends_webhooks: bool = True
    extra_faults: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    error: Callable[[int, str], Document] = plain_error


def with_world(world: World, handler: Callable[[World, Document], Awaitable[None]]) -> TimerHandler:
    """A timer handler from a function that also takes the world."""
    return functools.partial(handler, world)
