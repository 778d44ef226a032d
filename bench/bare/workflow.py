"""A workflow that gives the engine the same commands as ours, and knows nothing."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue, SearchAttributeKey

Json = dict[str, Any]

_TRY = timedelta(seconds=60)
_STAGE = SearchAttributeKey.for_keyword("OrderStage")


@workflow.defn(name="Bare")
class BareOrder:
    """Twelve calls, four signals, three timers, one upsert: compared with ours at each run."""

    @workflow.init
    def __init__(self, order: Json) -> None:
        """``sizes`` says how large each call's request is, in bytes."""
        self._order: str = order["order"]
        self._sizes: dict[str, int] = order["sizes"]
        self._ids: Json = {"number": order["number"]}
        self._heard: list[str] = []

    @workflow.run
    async def run(self, _order: Json) -> None:
        """The plain order's way."""
        await self._local("reserve_stock", [1])
        await self._call("authorize_payment", [2])
        confirmation = asyncio.create_task(self._call("send_mail", [], "confirmation"))
        await self._call("hand_off", [3])
        await self._until("picked", timedelta(days=3))
        await self._call("ask_quotes", [4])
        await self._call("buy_labels", [])
        await self._call("prepare_papers", [5])
        await self._until("packed", timedelta(days=2))
        await self._call("capture_payment", [6, 7])
        await self._call("release_parcels", [8])
        await self._until("handed_over")
        workflow.upsert_search_attributes(  # pyright: ignore[reportUnknownMemberType]
            [_STAGE.value_set("shipped")]
        )
        shipped = asyncio.create_task(self._call("send_mail", [9], "shipped"))
        await self._until("courier_event")
        await self._local("record", [10])
        await workflow.sleep(0.01)
        await self._call("send_mail", [11], "review")
        await asyncio.gather(confirmation, shipped)

    async def _until(self, signal: str, patience: timedelta | None = None) -> None:
        # One lazy timer for all waits, as ours has: it is set when a deadline comes nearer.
        if patience is not None:
            asyncio.create_task(workflow.sleep(patience))  # noqa: RUF006 - nobody waits for it
        await workflow.wait_condition(lambda: signal in self._heard)

    async def _call(self, name: str, callbacks: Sequence[int], about: str = "") -> None:
        result: Json = await workflow.execute_activity(
            name,
            self._request(name, callbacks, about),
            start_to_close_timeout=_TRY,
            summary=name,
        )
        self._ids |= result.get("ids", {})

    async def _local(self, name: str, callbacks: Sequence[int]) -> None:
        await workflow.execute_local_activity(
            name,
            self._request(name, callbacks, ""),
            start_to_close_timeout=_TRY,
            summary=name,
        )

    def _request(self, name: str, callbacks: Sequence[int], about: str) -> Json:
        request: Json = {
            "order": self._order,
            "about": about,
            "callbacks": list(callbacks),
            "ids": self._ids,
        }
        return padded(request, self._sizes[name])

    @workflow.signal(dynamic=True)
    def hear(self, name: str, _args: Sequence[RawValue]) -> None:
        """Anything that is told."""
        self._heard.append(name)


def padded(message: Json, size: int) -> Json:
    """The message with as much air in it as makes it so many bytes of JSON, if it is smaller."""
    message["pad"] = ""
    missing = size - len(json.dumps(message, separators=(",", ":")))
    if missing > 0:
        message["pad"] = "x" * missing
    return message
