"""An update is acted on at once, and our own books hear of it once it is in the history."""

import asyncio
from datetime import timedelta

from temporalio import workflow


class Hearing:
    """What was heard in the workflow task that is going on.

    The engine keeps an update with the end of the task that accepts it, and so it does with calls
    to others that are asked for meanwhile: either all of that is in the history or nothing. Local
    activities run within the task. Were its end lost, they would have put on record what the order
    never heard; so they wait for a timer, which is in the history with the update.
    """

    def __init__(self) -> None:
        """Nothing is being heard."""
        self._going_on = 0
        self._timers: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """An update is being acted on."""
        if workflow.patched("our-books-hear-last"):
            self._going_on += 1
            timer = asyncio.create_task(self._until_kept())
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    async def _until_kept(self) -> None:
        await workflow.sleep(timedelta(milliseconds=1))
        self._going_on -= 1

    async def over(self) -> None:
        """Wait until all that was heard is in the history."""
        if self._going_on:
            await workflow.wait_condition(lambda: not self._going_on)
