"""Everything on files, each part killed in turn while orders are in flight."""

import os
import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest

from cli import demo_orders
from cli.demo_shop import DemoShop
from cli.installation import Installation
from cli.plan import Plan
from cli.stack import Stack
from sandbox.judge import Ending, Expected, judge


@pytest.fixture
def stack(tmp_path: Path) -> Generator[Stack]:
    running = Stack(Installation.at(tmp_path), Plan(on_files=True), print)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def kill(stack: Stack, part: str) -> None:
    temporal = stack.temporal
    assert temporal is not None
    pid = temporal.process.pid if part == "temporal" else stack.processes[part].pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: _dead(stack, part), "it does not die")
    stack.mend()


def _dead(stack: Stack, part: str) -> bool:
    if part == "temporal":
        return stack.temporal is not None and stack.temporal.process.poll() is not None
    return stack.processes[part].poll() is not None


def until(look: Callable[[], bool], words: str, patience: float = 150.0) -> None:
    deadline = time.monotonic() + patience
    while not look():
        assert time.monotonic() < deadline, words
        time.sleep(0.1)


def test_orders_survive_the_death_of_worker_api_and_engine(stack: Stack, tmp_path: Path) -> None:
    sandbox = stack.client()
    sandbox.configure(
        wms={"pick_after": 2, "pack_after": 2, "hand_over_after": 2},
        shippo={"transit_after": 1, "delivered_after": 2},
    )
    keys = DemoShop(stack.api_url, sandbox, Installation.at(tmp_path)).set_up(hurry=True)
    with httpx.Client(
        base_url=stack.api_url, headers={"X-API-Key": keys["shop"]}, timeout=30
    ) as shop:
        line = demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 1, 1890)
        orders = [
            shop.post("/orders", json=demo_orders.order(str(n), [line], demo_orders.card())).json()[
                "order"
            ]
            for n in range(3)
        ]
        for part in ("worker-1", "api", "temporal"):
            kill(stack, part)
            time.sleep(1.5)

        def ended() -> bool:
            try:
                views = [shop.get(f"/orders/{order}").json() for order in orders]
            except httpx.TransportError:
                return False
            return all(view["status"] == "completed" for view in views)

        until(ended, "the orders do not end")
    sandbox.settle(10)
    entries = sandbox.ledger()
    for order in orders:
        sums = judge(Expected(order, 2380, Ending.COMPLETED), entries)
        assert sums.problems == []
        assert (sums.authorized, sums.captured, sums.labels_live) == (2380, 2380, 1)
        assert sums.mails == {"confirmation": 1, "shipped": 1, "review": 1}
