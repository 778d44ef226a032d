"""The bare order's processes beside ours, and whether it still does as much as ours does."""

import asyncio
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from temporalio.client import Client

from bench.anatomy import Examined
from bench.bare.activities import BARE
from bench.bare.empty import EMPTY
from bench.bare.plan import Plan
from bench.bare.records import ENDED
from bench.drift import DriftError, differences
from bench.histories import commands
from bench.load import OverHttp, run
from bench.plain_order import new_number
from bench.requests_seen import RequestsSeen
from bench.running_stack import SHOP, Delays, RunningStack
from cli.progress import Teller
from runtime.processes import free_port, spawn, stop

_PATIENCE = 30.0
_CHECKED = 20


@dataclass(frozen=True)
class BareStack:
    """Where the bare processes are."""

    url: str
    api: int
    worker: int
    empty_worker: int
    temporal_address: str
    database_url: str

    @property
    def hooks(self) -> Delays:
        """Where the outside world tells what happens, instead of telling ours."""
        return {
            "stripe": {"webhook_url": f"{self.url}/webhooks/stripe"},
            "shippo": {"webhook_url": f"{self.url}/webhooks/shippo/bare"},
            "sendgrid": {"webhook_url": f"{self.url}/webhooks/sendgrid"},
            "wms": {"api_url": self.url},
        }

    def side(self) -> OverHttp:
        """Gives orders to the bare order."""
        return OverHttp(self.url, {}, self.worker, self.database_url, ENDED.format(kind=BARE))

    def empty_side(self) -> OverHttp:
        """Gives orders to empty activities."""
        ended = ENDED.format(kind=EMPTY)
        return OverHttp(f"{self.url}/empty", {}, self.empty_worker, self.database_url, ended)


@contextmanager
def bare_stack(running: RunningStack, examined: Examined) -> Generator[BareStack]:
    """An API and a worker, and a worker of empty activities, on our engine, database, sandbox."""
    environment = running.stack.environment
    plan = Plan(
        anatomy=examined.anatomy,
        sandbox_url=running.sandbox.url,
        database_url=running.database_url,
        temporal_address=environment["TEMPORAL_ADDRESS"],
        task_queue="bare",
        shop=SHOP,
        callback_secret=running.callback_secret,
    )
    file = running.folder / "bare.json"
    file.write_text(plan.model_dump_json())
    port = free_port()
    commands_to_run = {
        "api": ["api", str(file), "--port", str(port)],
        "worker": ["worker", str(file)],
        "empty-worker": ["worker", str(file), "--empty"],
    }
    processes = {
        name: spawn(
            [sys.executable, "-m", f"bench.bare.{module}", *arguments],
            log_file=running.folder / "log" / f"bare-{name}.log",
            env={**os.environ, **environment},
        )
        for name, (module, *arguments) in commands_to_run.items()
    }
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield BareStack(
            url,
            processes["api"].pid,
            processes["worker"].pid,
            processes["empty-worker"].pid,
            plan.temporal_address,
            plan.database_url,
        )
    finally:
        for process in processes.values():
            stop(process, grace_seconds=5)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            httpx.get(url, timeout=2)
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


async def check(running: RunningStack, bare: BareStack, examined: Examined, teller: Teller) -> None:
    """Run some bare orders, and compare their requests and commands with ours.

    Raises:
        DriftError: they differ; the message says in what.
    """
    running.connect(bare.hooks)
    seen = await asyncio.to_thread(RequestsSeen, running.sandbox)
    async with bare.side() as side:
        with teller.counting("bare orders", _CHECKED) as counted:
            await run(side, _CHECKED, counted, in_flight=5)
        await asyncio.to_thread(running.sandbox.settle, 30)
        requests = await asyncio.to_thread(seen.per_order, _CHECKED)
        await asyncio.to_thread(seen.stop)
        order = await side.order(new_number())
        client = await Client.connect(bare.temporal_address)
        handle = client.get_workflow_handle(order)
        await handle.result()
        asked = commands((await handle.fetch_history()).events)
    problems = differences(examined.requests, requests) + differences(examined.commands, asked)
    if problems:
        raise DriftError("ours and the bare order differ: " + "; ".join(problems))
    teller.say(
        f"  as ours: {sum(requests.values()):g} requests, {asked.total()} commands and signals, "
        f"{examined.statements} statements"
    )
