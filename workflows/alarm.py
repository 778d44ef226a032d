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
    """The one lazy timer of an order."""

    def __init__(self) -> None:
        """Nothing is waited for yet."""
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
            await workflow.wait_condition(
                lambda: ready() or workflow.now() >= by or self._set_for is None
            )
        return True

    def _set(self, by: datetime, why: str) -> None:
        if self._set_for is None or by < self._set_for:
            self._set_for = by
            self._was_set = True
            self._bell = asyncio.create_task(self._ring(by, why))

    async def _ring(self, at: datetime, why: str) -> None:
        await workflow.sleep(at - workflow.now(), summary=why)
        if self._set_for == at:
            self._set_for = None
