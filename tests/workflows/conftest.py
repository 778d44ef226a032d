"""A world of its own for each test."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from sandbox.client import SandboxClient
from tests.world import World, open_world


@pytest_asyncio.fixture
async def world(
    engine: WorkflowEnvironment,
    outside: SandboxClient,
    database_url: str,
    request: pytest.FixtureRequest,
) -> AsyncGenerator[World]:
    """Warehouse and couriers wait to be played; mark ``world(...)`` to change how it is opened."""
    mark = request.node.get_closest_marker("world")
    async with open_world(engine, outside, database_url, **(mark.kwargs if mark else {})) as opened:
        yield opened
