"""What has been promised and not settled; undone newest first when an order is cancelled."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from workflows.interruptions import DoneByHand

Undo = Callable[[], Awaitable[None]]


class Promises:
    """A stack of ways back. A way back is registered before its forward step is taken."""

    def __init__(self) -> None:
        """Nothing is promised."""
        self._ways_back: list[Undo] = []

    def register(self, undo: Undo) -> None:
        """Say how a step that is about to be taken is undone."""
        self._ways_back.append(undo)

    async def undo_one(self, undo: Undo) -> None:
        """Undo one of them early, because its step is about to be taken anew."""
        with suppress(DoneByHand):
            await undo()
        self._ways_back.remove(undo)

    def settle(self) -> None:
        """What was promised has been kept: there is nothing to undo any more."""
        self._ways_back.clear()

    async def undo(self) -> None:
        """Undo what is not settled, newest first; what a person did by hand counts as done."""
        while self._ways_back:
            with suppress(DoneByHand):
                await self._ways_back.pop()()
