"""Waiting for something until a deadline, at the price of as few timers as possible.

Every timer is a billed action, and most deadlines never come. So one timer runs for all waits:
it is started for the earliest deadline, left alone when a deadline moves later, and only when it
fires is it set for the deadline that then comes next.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow


class Alarm:
    """The one lazy timer of an order.

    A deadline passes when the timer rings, and not when somebody looks at the clock after it: an
    update that is refused makes all waits look, and is in no history that a replay could follow.
    """

    def __init__(self, rings: bool) -> None:
        """Nothing is waited for yet. Unless it ``rings``, whoever looks first ends a wait."""
        self._rings = rings
        self._set_for: datetime | None = None
        self._was_set = False
        self._bell: asyncio.Task[None] | None = None

    def sleeps_past(self, moment: datetime) -> bool:
        """Whether no timer that others need will ring by then, though one was needed before."""
        return self._was_set and (self._set_for is None or self._set_for > moment)

    async def until(self, ready: Callable[[], bool], by: datetime | None, why: str) -> bool:
        """Wait until ``ready``; False when the deadline passed first. None waits for ever."""
        while not ready():
            if by is None:
                await workflow.wait_condition(ready)
                return True
            if workflow.now() >= by:
                return False
            self._set(by, why)
            await workflow.wait_condition(lambda: ready() or self._is_past(by))
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
