"""A release that cannot be promoted: the server's own words, whole, and what to do next."""

import asyncio

from temporalio.testing import WorkflowEnvironment

from tests.cli.operator import Operator


async def test_a_release_without_workers_is_refused_in_sentences(
    operator: Operator, engine: WorkflowEnvironment
) -> None:
    address = engine.client.service_client.config.target_host
    status, said = await asyncio.to_thread(operator.run, "promote", "r2", TEMPORAL_ADDRESS=address)
    why, what_now = said.splitlines()
    assert status == 1
    assert why.startswith("release r2 of ordersaga: ")
    assert "?." not in said
    assert what_now == "Start workers of that release first, and look at their log"
