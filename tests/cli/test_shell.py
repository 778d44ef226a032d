"""Whose database, engine and settings a command uses, where the shell names some."""

import asyncio
import os
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from cli import shell
from cli.installation import Installation
from cli.plan import Plan
from cli.stack import Stack


class Started(Exception):
    """As far as a test goes."""


async def test_a_stack_says_whose_database_and_engine_it_uses_and_starts_neither(
    engine: WorkflowEnvironment, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = engine.client.service_client.config.target_host
    monkeypatch.setenv("ORDERSAGA_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)

    def stop(*_: object) -> None:
        raise Started

    monkeypatch.setattr("cli.stack.start_sandbox", stop)
    monkeypatch.setattr("cli.stack.devserver.find_or_build", stop)
    said: list[str] = []
    stack = Stack(Installation.at(tmp_path), Plan(on_files=True), said.append)
    with pytest.raises(Started):
        await asyncio.to_thread(stack.start)
    place = database_url.rpartition("@")[2].partition("?")[0]
    assert said[0].startswith("The database is the one that ORDERSAGA_DATABASE_URL names: ")
    assert place.rpartition("/")[2] in said[0]
    assert said[2] == f"The Temporal server is the one that TEMPORAL_ADDRESS names: {address}"
    assert not [line for line in said if "started" in line]
    assert (stack.postgres, stack.temporal) == (None, None)


def test_where_a_database_is_is_said_without_who_may_use_it() -> None:
    url = "postgresql://orders:secret@db.internal:5432/orders?password=secret"
    assert shell.place(url) == "db.internal:5432/orders"


def test_what_is_set_here_and_not_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        os,
        "environ",
        {
            "ORDERSAGA_STRIPE_KEY": "sk_live_x",
            "ORDERSAGA_WMS_URL": "same",
            "ORDERSAGA_CODEC_KEYS": "k2:x",
            "ORDERSAGA_LOG_LEVEL": "DEBUG",
        },
    )
    used = {
        "ORDERSAGA_STRIPE_KEY": "sk_test_sandbox",
        "ORDERSAGA_WMS_URL": "same",
        "ORDERSAGA_SHIPPO_KEY": "y",
        "ORDERSAGA_CODEC_KEYS": "k2:x,k1:y",
    }
    assert shell.set_otherwise(used) == ["ORDERSAGA_STRIPE_KEY"]


def test_what_stands_alone_sees_no_setting_and_no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"ORDERSAGA_DATABASE_URL": "x", "TEMPORAL_API_KEY": "y", "PATH": "/bin"}
    monkeypatch.setattr(os, "environ", here)
    assert shell.stand_alone() == ["ORDERSAGA_DATABASE_URL", "TEMPORAL_API_KEY"]
    assert here == {"PATH": "/bin", "TEMPORAL_CONFIG_FILE": os.devnull}
