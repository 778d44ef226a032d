"""Orders are taken while the engine is away; what needs its answer says so."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from runtime import devserver
from runtime.processes import free_port
from runtime.temporal import connect
from tests.api.desk import Desk, open_desk, order
from workflows.attributes import ALL as SEARCH_ATTRIBUTES

SEARCH_ATTRIBUTE_TYPES = {
    key.name: "Bool" if key.origin_value_type is bool else "Keyword" for key in SEARCH_ATTRIBUTES
}


@pytest_asyncio.fixture
async def alone(database_url: str) -> AsyncGenerator[Desk]:
    """The API with an engine's address where nobody listens."""
    nobody = await connect(f"127.0.0.1:{free_port()}", lazy=True)
    async with open_desk(nobody, database_url) as opened:
        yield opened


async def test_an_order_is_accepted_and_left_to_the_sweep(alone: Desk) -> None:
    answer = await alone.call("POST", "/orders", order(), key="shop")
    assert answer.status_code == 202
    waiting = alone.books.intake.unstarted(timedelta(0))
    assert [one.order_id for one in waiting] == [answer.json()["order"]]
    assert waiting[0].order.number == "1001"


async def test_a_cancel_says_that_it_could_not_be_asked(alone: Desk) -> None:
    placed = await alone.place()
    answer = await alone.call("POST", f"/orders/{placed}/cancel", {"who": "Ana"}, key="support")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


async def test_readiness_says_what_is_away(alone: Desk) -> None:
    answer = await alone.call("GET", "/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": True, "engine": False}
    assert (await alone.call("GET", "/health/live")).status_code == 200


async def test_an_api_that_was_there_before_the_engine_finds_it_when_it_comes(
    database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    client = await connect(f"127.0.0.1:{port}", lazy=True)
    async with open_desk(client, database_url) as early:
        await early.place(order("1"))
        assert (await early.call("GET", "/health/ready")).status_code == 503
        server = await asyncio.to_thread(
            devserver.start,
            devserver.find_or_build(print),
            log_file=tmp_path / "temporal.log",
            port=port,
            search_attributes=SEARCH_ATTRIBUTE_TYPES,
        )
        try:
            assert (await early.call("GET", "/health/ready")).status_code == 200
            assert await early.is_started(await early.place(order("2")))
        finally:
            await asyncio.to_thread(server.stop)
