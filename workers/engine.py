"""The engine, as activities in threads ask it."""

import asyncio
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from domain.failures import NotDone
from domain.standing import Run
from workflows.standing import standing_of

_RPC = timedelta(seconds=5)
_LONGEST = 4 * _RPC.total_seconds()
"""Seconds for the client's own further tries and the loop's turns together."""


class EngineLook:
    """Asks through the worker's own client, on the loop that it lives on."""

    def __init__(self, client: Client) -> None:
        """Made on the client's loop, and asked from other threads."""
        self._client = client
        self._loop = asyncio.get_running_loop()

    def runs(self, order_id: str) -> bool:
        """Whether the order's own workflow is open.

        Raises:
            NotDone: the engine does not answer.
        """
        asked = asyncio.run_coroutine_threadsafe(self.look(order_id), self._loop)
        try:
            return asked.result(_LONGEST)
        except TimeoutError as error:
            asked.cancel()
            raise _no_answer(error) from error

    async def look(self, order_id: str) -> bool:
        """The same, for who is on the client's loop.

        Raises:
            NotDone: the engine does not answer.
        """
        try:
            return (await standing_of(self._client, order_id, _RPC)).run is Run.OPEN
        except RPCError as error:
            raise _no_answer(error) from error


def _no_answer(error: Exception) -> NotDone:
    return NotDone("engine", f"does not answer: {str(error) or type(error).__name__}")
