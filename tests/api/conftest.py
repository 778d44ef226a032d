"""An API of its own for each test."""

from collections.abc import AsyncGenerator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.api.desk import Desk, open_desk


@pytest_asyncio.fixture
async def desk(engine: WorkflowEnvironment, database_url: str) -> AsyncGenerator[Desk]:
    """The API on the real engine and a database of its own."""
    async with open_desk(engine.client, database_url) as opened:
        yield opened
