"""The outside world's bad days: faults are scripted when their order or their hour comes."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import httpx

from cli.chaos.misfortune import Fault
from cli.chaos.plan import OrderPlan, Weather
from cli.chaos.shop import SHOP
from domain.ids import order_id
from sandbox.client import SandboxClient

Json = dict[str, Any]

_ENOUGH = 3000
"""Rules at once; each call of each order is held against every one of them."""


class BadDays:
    """Scripts faults in the sandbox, and counts those that came to pass."""

    def __init__(self, sandbox: SandboxClient) -> None:
        """Nothing is scripted yet."""
        self._sandbox = sandbox
        self._owner: dict[str, str | None] = {}
        self._seen: dict[str, tuple[str, int]] = {}

    @property
    def fired(self) -> Counter[str]:
        """How often each fault has fired, by provider, operation and kind."""
        count: Counter[str] = Counter()
        for name, times in self._seen.values():
            count[name] += times
        return +count

    def befall(self, plan: OrderPlan) -> None:
        """Script what goes wrong for one order, before it is placed."""
        order = order_id(SHOP, plan.body["channel"], plan.number)
        self._script(plan.faults, order)

    def turn(self, weather: Weather) -> None:
        """Script what goes wrong for everybody from now on."""
        self._script(weather.faults, None)

    def _script(self, faults: Iterable[Fault], order: str | None) -> None:
        if len(self._owner) > _ENOUGH:
            return
        for fault in faults:
            rule = self._sandbox.fault(
                fault.provider,
                fault.operation,
                fault.kind,
                order=order if fault.own else None,
                nth=fault.nth,
                times=fault.times,
                **fault.params,
            )
            self._owner[rule] = order

    def look(self, ended: Iterable[str]) -> None:
        """Count what has fired; drop what cannot fire any more."""
        gone = set(ended)
        for rule in self._sandbox.faults():
            self._note(rule)
            spent = rule["times"] is not None and rule["fired"] >= rule["times"]
            if spent or self._owner.get(rule["id"]) in gone:
                self._sandbox.clear_faults(rule["id"])
                self._owner.pop(rule["id"], None)

    def _note(self, rule: Json) -> None:
        name = f"{rule['provider']} {rule['operation']} {rule['kind']}"
        self._seen[rule["id"]] = (name, rule["fired"])

    def end(self) -> None:
        """Count once more, and let all go well from now on."""
        for rule in self._sandbox.faults():
            self._note(rule)
        self._sandbox.clear_faults()
        self._owner.clear()


async def keep_count(days: BadDays, ended: Callable[[], Iterable[str]]) -> None:
    """Look every few seconds, until cancelled."""
    while True:
        with suppress(httpx.TransportError):  # the sandbox is busy: it is counted next time
            await asyncio.to_thread(days.look, ended())
        await asyncio.sleep(3)
