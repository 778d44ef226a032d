"""Workflows that pass for orders and do not get on: one hangs, one trips over itself."""

import asyncio
from typing import Any

from temporalio import workflow


@workflow.defn(name="Order")
class Hanging:
    """Waits for nothing in particular, without a timer."""

    @workflow.run
    async def run(self, _given: Any) -> None:
        """For ever."""
        await workflow.wait_condition(lambda: False)


@workflow.defn(name="Order")
class Tripping:
    """Fails its task each time."""

    @workflow.run
    async def run(self, _given: Any) -> None:
        """Once more."""
        await asyncio.sleep(0)
        raise RuntimeError("a mistake in the program")
