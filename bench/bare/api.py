"""``python -m bench.bare.api PLAN --port N``: the way in for bare orders, checking nothing."""

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from bench.bare.plan import Plan
from bench.bare.records import BareRecords
from bench.bare.worker import queue
from bench.bare.workflow import BareOrder, padded
from runtime.settings import Settings

Json = dict[str, Any]

_ORDER = re.compile(rb"ord_[0-9a-z]+")
_SIGNALS = {"picked": "picked", "packed": "packed", "handed-over": "handed_over"}
_FIRST_SIGNAL = 11
"""Scripts of relays: those of the eleven callbacks come first."""


class BareApi:
    """Takes orders and whatever the outside world tells, and passes on what an order waits for."""

    def __init__(self, plan: Plan, client: Client, records: BareRecords) -> None:
        """Everything is open already."""
        self._plan = plan
        self._client = client
        self._records = records
        self._sizes = {name: call.request for name, call in plan.anatomy.calls.items()}

    def routes(self) -> list[Route]:
        """The addresses of our own API that an order's life touches."""
        table: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "/orders": self.place,
            "/empty/orders": self.place_empty,
            "/warehouse/shipments/{shipment}/{report}": self.report,
            "/webhooks/shippo/{token}": self.shippo,
            "/webhooks/{provider}": self.webhook,
        }
        return [Route(path, endpoint, methods=["POST"]) for path, endpoint in table.items()]

    async def place(self, request: Request) -> Response:
        """On record, and started."""
        body = await request.body()
        number = str(json.loads(body)["number"])
        order = _name(number)
        await run_in_threadpool(self._record, order, body.decode())
        await self._start(order, number, empty=False)
        return JSONResponse({"order": order}, 202)

    async def place_empty(self, request: Request) -> Response:
        """Started."""
        number = str((await request.json())["number"])
        await self._start(_name(number), number, empty=True)
        return JSONResponse({"order": _name(number)}, 202)

    def _record(self, order: str, body: str) -> None:
        self._records.accept(order, body)
        self._records.play(self._plan.anatomy.api[0], order)

    async def _start(self, order: str, number: str, *, empty: bool) -> None:
        given = {"order": order, "number": number, "sizes": self._sizes}
        await self._client.start_workflow(
            BareOrder.run,
            padded(given, self._plan.anatomy.start),
            id=order,
            task_queue=queue(self._plan, empty=empty),
            search_attributes=_ATTRIBUTES,
            static_summary=f"{self._plan.shop}, web: 2 piece(s), 42.70 EUR, to DE",
        )

    async def report(self, request: Request) -> Response:
        """What the warehouse tells is always told on."""
        order = str(request.path_params["shipment"]).removesuffix("-s1")
        signal = _SIGNALS[request.path_params["report"]]
        await self._tell(order, signal, tuple(_SIGNALS.values()).index(signal))
        return Response(status_code=202)

    async def shippo(self, request: Request) -> Response:
        """Only the end of the way is told on."""
        event = await request.json()
        order = str(event["data"].get("metadata") or "").partition("/")[0]
        if event["event"] == "track_updated" and _delivered(event["data"]):
            await self._tell(order, "courier_event", len(_SIGNALS))
        else:
            await run_in_threadpool(self._play_webhook, order)
        return Response()

    async def webhook(self, request: Request) -> Response:
        """Kept, and told to nobody."""
        found = _ORDER.search(await request.body())
        await run_in_threadpool(self._play_webhook, found[0].decode() if found else "")
        return Response()

    def _play_webhook(self, order: str) -> None:
        self._records.play(self._plan.anatomy.api[-1], order)

    async def _tell(self, order: str, signal: str, place: int) -> None:
        anatomy = self._plan.anatomy
        await run_in_threadpool(self._records.play, anatomy.api[1 + place], order)
        await self._client.get_workflow_handle(order).signal(
            signal, padded({}, anatomy.signals[signal])
        )
        await run_in_threadpool(self._records.play, anatomy.relays[_FIRST_SIGNAL + place], order)


_ATTRIBUTES = TypedSearchAttributes(
    [
        SearchAttributePair(SearchAttributeKey.for_keyword("Shop"), "bench"),
        SearchAttributePair(SearchAttributeKey.for_keyword("Channel"), "web"),
        SearchAttributePair(SearchAttributeKey.for_keyword("OrderStage"), "warehouse"),
        SearchAttributePair(SearchAttributeKey.for_bool("NeedsAttention"), False),
    ]
)


def _delivered(track: Json) -> bool:
    status: Json = track.get("tracking_status") or {}
    return status.get("status") == "DELIVERED"


def _name(number: str) -> str:
    return "ord_" + number.replace("-", "").rjust(24, "0")


async def serve(plan: Plan, port: int) -> None:
    """Serve until SIGTERM."""
    client = await Client.connect(plan.temporal_address)
    with BareRecords(plan.database_url, Settings().database_pool) as records:
        records.make_tables()
        app = Starlette(routes=BareApi(plan, client, records).routes())
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False
        )
        await uvicorn.Server(config).serve()


def main() -> None:
    """Read the command line, serve, and leave at once."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare.api")
    parser.add_argument("plan", type=Path)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    plan = Plan.model_validate_json(arguments.plan.read_text())
    asyncio.run(serve(plan, arguments.port))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
