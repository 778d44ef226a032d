"""``python -m bench.bare.worker PLAN [--empty]``: work bare orders in a process of their own."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from bench.bare.activities import BareActivities
from bench.bare.drawings import Drawings
from bench.bare.empty import EMPTY, EmptyActivities
from bench.bare.outside import Outside
from bench.bare.plan import Plan
from bench.bare.records import BareRecords
from bench.bare.workflow import BareOrder
from runtime.settings import Settings
from runtime.temporal import workflow_runner


async def work(plan: Plan, *, empty: bool) -> None:
    """Work until SIGTERM, with as many threads and connections as ours has."""
    settings = Settings()
    client = await Client.connect(plan.temporal_address)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    with BareRecords(plan.database_url, settings.database_pool) as records:
        activities = (
            EmptyActivities(client, plan.anatomy, records).all()
            if empty
            else _bare(plan, records).all()
        )
        async with _worker(client, plan, activities, settings, empty=empty):
            await stopping.wait()


def _bare(plan: Plan, records: BareRecords) -> BareActivities:
    anatomy = plan.anatomy
    outside = Outside(plan.sandbox_url, plan.shop, plan.callback_secret, anatomy.mail_bytes)
    drawings = Drawings(anatomy.drawings, anatomy.order, anatomy.number)
    return BareActivities(anatomy, outside, records, drawings)


def _worker(
    client: Client,
    plan: Plan,
    activities: list[Callable[..., Any]],
    settings: Settings,
    *,
    empty: bool,
) -> Worker:
    threads = settings.activity_threads
    return Worker(
        client,
        task_queue=queue(plan, empty=empty),
        workflows=[BareOrder],
        activities=activities,
        activity_executor=ThreadPoolExecutor(threads * 2, thread_name_prefix="activity"),
        max_concurrent_activities=threads,
        max_concurrent_local_activities=threads,
        max_cached_workflows=settings.cached_workflows,
        workflow_runner=workflow_runner(),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )


def queue(plan: Plan, *, empty: bool) -> str:
    """Where a kind of bare order is worked."""
    return f"{plan.task_queue}-{EMPTY}" if empty else plan.task_queue


def main() -> None:
    """Read the command line, work, and leave at once."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare.worker")
    parser.add_argument("plan", type=Path)
    parser.add_argument("--empty", action="store_true")
    arguments = parser.parse_args()
    plan = Plan.model_validate_json(arguments.plan.read_text())
    asyncio.run(work(plan, empty=arguments.empty))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
