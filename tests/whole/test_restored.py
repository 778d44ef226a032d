"""One store is brought back to an earlier time alone, orders in flight; all of them end well."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from cli import demo_orders
from cli.demo_shop import DemoShop
from cli.installation import Installation
from cli.plan import Plan
from cli.stack import Stack
from runtime.processes import stop
from sandbox.judge import Account, Ending, Expected, judge

WAVE = 4
DUE = 2380
STEPS = (("picked", "ready_to_pack"), ("packed", "released"))
"""What the warehouse reports, and how far an order has come then."""


@pytest.fixture
def stack(tmp_path: Path) -> Generator[Stack]:
    running = Stack(Installation.at(tmp_path), Plan(on_files=True), print)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def until(look: Callable[[], bool], words: Callable[[], str], patience: float = 120.0) -> None:
    deadline = time.monotonic() + patience
    while not look():
        assert time.monotonic() < deadline, words()
        time.sleep(0.2)


class Shop:
    """A shop that places orders, wave by wave, with a warehouse that moves when it is told to."""

    def __init__(self, stack: Stack, home: Path) -> None:
        self.stack = stack
        self.sandbox = stack.client()
        self.sandbox.configure(
            wms={"auto": False}, shippo={"transit_after": 2, "delivered_after": 3}
        )
        keys = DemoShop(stack.api_url, self.sandbox, Installation.at(home)).set_up(hurry=True)
        self.headers = {"X-API-Key": keys["shop"]}
        self.orders: list[str] = []

    def place(self) -> None:
        """A wave of orders."""
        line = demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 1, 1890)
        for _ in range(WAVE):
            body = demo_orders.order(str(len(self.orders)), [line], demo_orders.card())
            answer = httpx.post(
                f"{self.stack.api_url}/orders", json=body, headers=self.headers, timeout=30
            )
            assert answer.status_code == 202, answer.text
            self.orders.append(str(answer.json()["order"]))

    def statuses(self) -> list[str]:
        """Of every order, in the sequence in which they were placed."""
        url = f"{self.stack.api_url}/orders"
        with httpx.Client(headers=self.headers, timeout=30) as client:
            return [client.get(f"{url}/{order}").json()["status"] for order in self.orders]

    def until_handed_off(self, first: int = 0) -> None:
        """Wait until the orders from the n-th on are with the warehouse, which leaves them so."""
        for number in range(first, len(self.orders)):
            self._until(number, "in_fulfilment")

    def spread(self, steps: int) -> None:
        """Carry the first wave on, each order by a step more than the one before, at most by
        ``steps``; they stay there."""
        for number, order in enumerate(self.orders[:WAVE]):
            for action, status in STEPS[: min(number, steps)]:
                self.sandbox.wms(f"{order}-s1", action)
                self._until(number, status)

    def _until(self, number: int, status: str) -> None:
        until(
            lambda: self.statuses()[number] == status,
            lambda: f"order {number} is not {status}: {self.statuses()}",
        )

    def hurry(self) -> None:
        """From now on the warehouse works by itself, on what it has already and on what comes."""
        self.sandbox.configure(wms={"auto": True})
        for entry in self.sandbox.ledger(provider="wms", kind="handoff_accepted"):
            self.sandbox.wms(str(entry.data["shipment"]), "resume")

    def all_end_well(self) -> None:
        """Every order completed, with one of each thing at the providers."""
        self.hurry()
        until(
            lambda: set(self.statuses()) == {"completed"},
            lambda: f"the orders do not end: {self.statuses()}",
            150,
        )
        mails = {"confirmation": 1, "shipped": 1, "review": 1}

        def accounts() -> list[Account]:
            entries = self.sandbox.ledger()
            return [judge(Expected(one, DUE, Ending.COMPLETED), entries) for one in self.orders]

        # Records that are ahead of a restored engine say completed before it is.
        until(
            lambda: all(sums.mails == mails for sums in accounts()),
            lambda: f"not every mail was sent: {[dict(sums.mails) for sums in accounts()]}",
        )
        self.sandbox.settle(20)
        for sums in accounts():
            assert sums.problems == []
            assert (sums.authorized, sums.captured, sums.labels_live) == (DUE, DUE, 1)
            assert sums.mails == mails


def rest(stack: Stack) -> None:
    """Stop the API, let stored messages be delivered, then stop the workers."""
    stop(stack.processes["api"], grace_seconds=25)
    with psycopg.connect(address(stack)) as connection:

        def delivered() -> bool:
            query = "SELECT count(*) FROM inbox WHERE state = 'waiting'"
            row = connection.execute(query).fetchone()
            connection.rollback()
            return row is not None and row[0] == 0

        until(delivered, lambda: "the inbox does not empty")
    stop(stack.processes["worker-1"], grace_seconds=25)


def address(stack: Stack, database: str | None = None) -> str:
    url = make_url(stack.environment["ORDERSAGA_DATABASE_URL"])
    named = url.set(drivername="postgresql", database=database or url.database)
    return named.render_as_string(hide_password=False)


def copy_database(stack: Stack, source: str, target: str) -> None:
    with psycopg.connect(address(stack, "postgres"), autocommit=True) as connection:
        names = {"source": sql.Identifier(source), "target": sql.Identifier(target)}
        drop = sql.SQL("DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        connection.execute(drop.format(**names))
        copy = sql.SQL("CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy")
        connection.execute(copy.format(**names))


def data_keys(stack: Stack) -> list[tuple[Any, ...]]:
    """The table that is archived without a gap, as operations.md asks."""
    with psycopg.connect(address(stack)) as connection:
        return connection.execute("SELECT subject, master, wrapped FROM data_keys").fetchall()


def bring_keys_back(stack: Stack, keys: list[tuple[Any, ...]]) -> None:
    with psycopg.connect(address(stack)) as connection:
        connection.cursor().executemany(
            "INSERT INTO data_keys (subject, master, wrapped) VALUES (%s, %s, %s) "
            "ON CONFLICT (subject) DO UPDATE SET master = excluded.master, "
            "wrapped = excluded.wrapped",
            keys,
        )


def reconcile(stack: Stack, status: int = 0) -> list[str]:
    """The command, as an operator runs it; its lines."""
    command = [sys.executable, "-m", "cli.main", "reconcile"]
    done = subprocess.run(
        command,
        env={**os.environ, **stack.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.timeout(420)
def test_postgres_is_restored_under_orders_in_flight(stack: Stack, tmp_path: Path) -> None:
    shop = Shop(stack, tmp_path)
    database = make_url(stack.environment["ORDERSAGA_DATABASE_URL"]).database
    assert database is not None
    shop.place()
    shop.until_handed_off()
    rest(stack)
    copy_database(stack, database, "dump")
    stack.mend()
    shop.spread(steps=2)
    shop.place()
    shop.until_handed_off(WAVE)
    shop.place()
    rest(stack)
    keys = data_keys(stack)
    copy_database(stack, "dump", database)
    unread = reconcile(stack, status=1)
    for order in shop.orders[WAVE:]:
        assert any(line.startswith(f"{order}: not mended") for line in unread)
    assert len(data_keys(stack)) < len(keys)  # none was drawn anew
    bring_keys_back(stack, keys)
    named = reconcile(stack)
    print("\n".join(named))
    for order in shop.orders[WAVE:]:
        assert any(line.startswith(f"{order}: missing on record") for line in named)
    assert any(": record behind: " in line for line in unread)
    assert reconcile(stack) == ["Records and engine agree; 0 for a person"]
    stack.mend()
    shop.all_end_well()


@pytest.mark.timeout(420)
def test_the_engine_s_store_is_restored_under_orders_in_flight(
    stack: Stack, tmp_path: Path
) -> None:
    shop = Shop(stack, tmp_path)
    store, copy = tmp_path / "temporal.sqlite", tmp_path / "copy"
    shop.place()
    shop.until_handed_off()
    rest(stack)
    assert stack.temporal is not None
    stack.temporal.stop()
    copy.mkdir()
    for file in tmp_path.glob("temporal.sqlite*"):
        shutil.copy(file, copy / file.name)
    stack.mend()
    # Were one released, its hand-over could come before the order is back there: a person's case.
    shop.spread(steps=1)
    rest(stack)
    stack.temporal.stop()
    for file in tmp_path.glob("temporal.sqlite*"):
        file.unlink()
    for file in copy.iterdir():
        shutil.copy(file, store.parent / file.name)
    stack.mend_engine()
    named = reconcile(stack)
    print("\n".join(named))
    assert any(": engine behind: " in line for line in named)
    stack.mend()
    shop.all_end_well()
