"""An update is acted on once it is in the history."""

import asyncio
from datetime import timedelta

from temporalio import workflow


class Hearing:
    """What was heard in updates and has not been acted on.

    The engine keeps an update with the end of the task that accepts it; local activities run
    within that task. Were its end lost, they would have put on record what the order never heard.
    So whoever hears an update waits for a timer first, which is in the history with it.

    No local activity may wait for an update. While one goes on, tasks of the workflow end and
    begin, and a replay takes them for one: it hears an update of the second before it comes to
    the local activities of the first, and has to find them begun. Calls to providers may wait.
    """

    def __init__(self) -> None:
        """Nothing is being heard."""
        self._going_on = 0
        self._pending = 0
        self._timers: set[asyncio.Task[None]] = set()

    async def kept(self) -> None:
        """Wait until an update is in the history, before anything is done about it."""
        if workflow.patched("an-update-is-acted-on-when-kept"):
            self._pending += 1
            await self._pause()
            self._pending -= 1
        elif workflow.patched("our-books-hear-last"):
            self._going_on += 1
            timer = asyncio.create_task(self._until_kept())
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    async def settled(self) -> None:
        """Wait until all that was heard is acted on. A provider is called next, nobody else."""
        if self._pending:
            await workflow.wait_condition(lambda: not self._pending)

    async def apart(self) -> None:
        """Begin a task of its own, after a wait for those who ask: our books may come next then."""
        if workflow.patched("the-last-words-stand-apart"):
            await self._pause()

    async def over(self) -> None:
        """For orders of an earlier release, whose books waited instead."""
        if self._going_on:
            await workflow.wait_condition(lambda: not self._going_on)

    async def _until_kept(self) -> None:
        await self._pause()
        self._going_on -= 1

    async def _pause(self) -> None:
        await workflow.sleep(timedelta(milliseconds=1))
