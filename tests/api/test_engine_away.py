"""Orders are taken while the engine is away; what needs its answer says so."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest_asyncio
from temporalio.client import Client

from runtime.processes import free_port
from runtime.temporal import DATA_CONVERTER
from tests.api.desk import Desk, open_desk, order


@pytest_asyncio.fixture
async def alone(database_url: str) -> AsyncGenerator[Desk]:
    """The API with an engine's address where nobody listens."""
    nobody = await Client.connect(
        f"127.0.0.1:{free_port()}", lazy=True, data_converter=DATA_CONVERTER
    )
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
