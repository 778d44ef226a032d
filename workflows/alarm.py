"""Waiting for something until a deadline, at the price of as few timers as possible.

Every timer is a billed action, and most deadlines never come. So one timer runs for all waits:
it is started for the earliest deadline, left alone when a deadline moves later, and only when it
fires is it set for the deadline that then comes next.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow


@dataclass(eq=False)
class _Wait:
    """Somebody waits until a deadline; whether the timer has rung for it."""

    by: datetime
    past: bool = False


class Alarm:
    """The one lazy timer of an order.

    A deadline passes when the timer rings for it, and not when somebody looks at the clock. An
    update that is refused makes all waits look, and is in no history that a replay could follow;
    and a replay may find the clock later than it was, for it takes tasks in which nothing happened
    for one with the next. When a wait began is then another moment, and so is its deadline; which
    waits the timer has rung for is the same.
    """

    def __init__(self, rings: bool) -> None:
        """Nothing is waited for yet. Unless it ``rings``, whoever looks first ends a wait."""
        self._rings = rings
        self._set_for: datetime | None = None
        self._was_set = False
        self._bell: asyncio.Task[None] | None = None
        self._waits: list[_Wait] = []

    def sleeps_past(self, moment: datetime) -> bool:
        """Whether no timer that others need will ring by then, though one was needed before."""
        return self._was_set and (self._set_for is None or self._set_for > moment)

    async def until(self, ready: Callable[[], bool], by: datetime | None, why: str) -> bool:
        """Wait until ``ready``; False when the deadline passed first. None waits for ever."""
        if by is None:
            if not ready():
                await workflow.wait_condition(ready)
            return True
        wait = _Wait(by)
        self._waits.append(wait)
        try:
            return await self._until(ready, wait, why)
        finally:
            self._waits.remove(wait)

    async def _until(self, ready: Callable[[], bool], wait: _Wait, why: str) -> bool:
        while not ready():
            if wait.past or workflow.now() >= wait.by:
                return False
            self._set(wait.by, why)
            await workflow.wait_condition(lambda: ready() or self._is_past(wait.by))
        return True

    def _is_past(self, by: datetime) -> bool:
        return self._set_for is None or not (self._rings or workflow.now() < by)

    def _set(self, by: datetime, why: str) -> None:
        if self._set_for is None or by < self._set_for:
            self._set_for = by
            self._was_set = True
            self._bell = asyncio.create_task(self._ring(by, why))

    async def _ring(self, at: datetime, why: str) -> None:
        await workflow.sleep(at - workflow.now(), summary=why)
        if self._set_for == at:
            self._set_for = None
            for wait in self._waits:
                wait.past = wait.past or (self._rings and wait.by <= at)
