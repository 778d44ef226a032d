"""Whose database, engine and settings a command uses, where the shell names some."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from cli import shell
from cli.installation import Installation
from cli.plan import Plan
from cli.stack import Stack

_TELL = """
import os
from {module} import __main__ as command

def tell(*_, **__):
    print(sorted(name for name in os.environ if name.startswith(("ORDERSAGA_", "TEMPORAL_"))))
    os._exit(0)

command.{begins} = tell
command.main()
"""


@pytest.mark.parametrize(
    ("module", "begins"), [("tests.faults", "run"), ("bench", "measure")], ids=["faults", "bench"]
)
def test_what_brings_its_own_installation_sees_no_settings_of_its_shell(
    module: str, begins: str
) -> None:
    set_here = {"ORDERSAGA_DATABASE_URL": "postgresql://real.example", "TEMPORAL_ADDRESS": "real:1"}
    ran = subprocess.run(
        [sys.executable, "-c", _TELL.format(module=module, begins=begins)],
        check=False,
        env={**os.environ, **set_here},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert "['TEMPORAL_CONFIG_FILE']" in ran.stdout + ran.stderr


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
