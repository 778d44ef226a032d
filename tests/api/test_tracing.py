"""What somebody searches for stands in an address, and addresses are not traced."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from tests.api.desk import Desk
from tests.sandbox.receiver import Receiver


@asynccontextmanager
async def alive(app: FastAPI) -> AsyncGenerator[None]:
    """The application between its start-up and its shutdown, as a server runs it."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outgoing: asyncio.Queue[Any] = asyncio.Queue()
    running = asyncio.create_task(app({"type": "lifespan"}, incoming.get, outgoing.put))
    await incoming.put({"type": "lifespan.startup"})
    assert (await outgoing.get())["type"] == "lifespan.startup.complete"
    yield
    await incoming.put({"type": "lifespan.shutdown"})
    assert (await outgoing.get())["type"] == "lifespan.shutdown.complete"
    await running


async def test_the_framework_tells_no_collector_of_addresses(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(status=200) as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
        watched = replace(desk, app=create_app(desk.app.state.wiring))
        async with alive(watched.app):
            assert (await watched.call("GET", "/orders?q=Zuzanna", key="shop")).is_success
        assert receiver.received == []
