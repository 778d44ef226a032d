"""Trouble that nobody is to blame for: the database away, clocks that jump, early messages."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, tzinfo

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from activities import step
from sandbox.judge import Ending
from tests.world import World

_AWAY_SECONDS = 8.0


@asynccontextmanager
async def database_away(url: str) -> AsyncGenerator[None]:
    """Nobody gets in, and whoever was in is out."""
    address = make_url(url)
    name = address.database or ""
    beside = address.set(drivername="postgresql", database="postgres")
    text = beside.render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(text, autocommit=True) as server:
        allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        database = sql.Identifier(name)
        await server.execute(allow.format(database, sql.SQL("false")))
        try:
            await server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
            yield
        finally:
            await server.execute(allow.format(database, sql.SQL("true")))


@pytest.mark.parametrize("at", ["in_fulfilment", "ready_to_pack", "released"])
async def test_orders_go_on_after_the_database_was_away(world: World, at: str) -> None:
    order = await world.place()
    await world.carry(order, at)
    move = {"in_fulfilment": "picked", "ready_to_pack": "packed", "released": "handed_over"}[at]
    async with database_away(world.database_url):
        await world.wms(f"{order}-s1", move)
        await asyncio.sleep(_AWAY_SECONDS)
    await world.wms(f"{order}-s1", move)  # nobody took it down: it is told once more
    await world.until(order, *_AFTER[at])
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.labels_live) == (4270, 1)


_AFTER = {
    "in_fulfilment": ("ready_to_pack",),
    "ready_to_pack": ("released",),
    "released": ("shipped",),
}


@pytest.mark.parametrize("jump", [timedelta(hours=26), timedelta(hours=-26)], ids=["on", "back"])
async def test_a_worker_whose_clock_jumps_charges_and_ships_once(
    world: World, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    class Jumped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Jumped":
            return cls.fromtimestamp(datetime.now(UTC).timestamp() + jump.total_seconds(), tz)

    world.sandbox.fault("stripe", "capture", "drop_after", times=None, nth=None)
    world.sandbox.fault("shippo", "create_transaction", "drop_after")
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    monkeypatch.setattr(step, "datetime", Jumped)
    await world.carry(order, "ready_to_pack")
    await world.wms(f"{order}-s1", "packed")
    await world.until_ledger(order, "stripe", "capture")
    world.sandbox.clear_faults()
    await world.until(order, "released", patience=60)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captures, sums.captured, sums.labels_live) == (1, 4270, 1)


async def test_a_third_of_all_calls_is_one_too_many_and_only_takes_longer(world: World) -> None:
    for provider in ("stripe", "shippo", "sendgrid", "wms"):
        for nth in range(1, 20, 3):
            world.sandbox.fault(provider, "*", "rate_limit", nth=nth, retry_after=1)
    order = await world.place()
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.labels_live) == (4270, 1)
