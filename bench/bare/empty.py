"""Activities that do nothing: what is left of an order is the engine."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.client import Client

from bench.bare.plan import Anatomy
from bench.bare.records import BareRecords
from bench.bare.workflow import padded

Json = dict[str, Any]

EMPTY = "empty"
_ANSWERS = {
    "hand_off": (("picked", 0.3),),
    "prepare_papers": (("packed", 0.6),),
    "release_parcels": (("handed_over", 0.3), ("courier_event", 0.5)),
}
"""What the outside world tells some seconds after it was asked for something."""


class EmptyActivities:
    """The same names and payloads, and the same signals, sent by the worker itself."""

    def __init__(self, client: Client, anatomy: Anatomy, records: BareRecords) -> None:
        """The records learn that an order has ended, and nothing else."""
        self._client = client
        self._anatomy = anatomy
        self._records = records
        self._telling: set[asyncio.Task[None]] = set()

    def all(self) -> list[Callable[..., Any]]:
        """One for each call."""
        return [self._one(name) for name in self._anatomy.calls]

    def _one(self, name: str) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def nothing(request: Json) -> Json:
            if answers := _ANSWERS.get(name):
                task = asyncio.create_task(self._tell(request["order"], answers))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)
            if request["about"] == "review":
                await asyncio.to_thread(self._records.end, EMPTY, request["order"])
            return padded({"ids": {}}, self._anatomy.calls[name].result)

        return nothing

    async def _tell(self, order: str, answers: tuple[tuple[str, float], ...]) -> None:
        handle = self._client.get_workflow_handle(order)
        for signal, after in answers:
            await asyncio.sleep(after)
            await handle.signal(signal, padded({}, self._anatomy.signals[signal]))
