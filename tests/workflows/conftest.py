"""A world of its own for each test."""

from collections.abc import AsyncGenerator
from typing import Any, cast

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
    node = cast("pytest.Item", request.node)
    mark = node.get_closest_marker("world")
    changes: dict[str, Any] = dict(mark.kwargs) if mark else {}
    async with open_world(engine, outside, database_url, **changes) as opened:
        yield opened
