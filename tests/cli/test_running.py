"""Commands find what `ordersaga up` runs, trust nothing left of it, and change no setting."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import Claim, NotOurs, RunsAlready, join, process
from runtime.master_keys import new_master_key
from tests.cli.operator import Operator

AWAY = "postgresql://orders:tell-nobody@127.0.0.1:1/orders"
K1, K2 = new_master_key("k1"), new_master_key("k2")
_UP = """
import sys, time
from pathlib import Path
from cli.running import Claim
claim = Claim(Path(sys.argv[1]))
claim.tell({"ORDERSAGA_DATABASE_URL": sys.argv[2], "TEMPORAL_ADDRESS": "127.0.0.1:1"})
print("runs", flush=True)
time.sleep(60)
"""


def up(home: Path, url: str) -> subprocess.Popen[str]:
    """Another process that runs in a folder, until it is killed."""
    started = subprocess.Popen(
        [sys.executable, "-c", _UP, str(home), url], stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "runs\n"
    return started


def kill(started: subprocess.Popen[str]) -> None:
    with started:
        started.kill()


def found(operator: Operator, but: str = "") -> str:
    return f"Records and engine are those of `ordersaga up` in {operator.home}{but}"


def test_a_command_finds_what_up_runs(operator: Operator, database_url: str) -> None:
    claim = Claim(operator.home)
    claim.tell({"ORDERSAGA_DATABASE_URL": database_url})
    assert (operator.home / "running.json").stat().st_mode & 0o077 == 0
    assert operator.run("audit") == (0, f"{found(operator)}\n0 difference(s)\n")
    own = operator.refused("audit", ORDERSAGA_DATABASE_URL=AWAY)
    assert "ORDERSAGA_DATABASE_URL does not answer" in own
    claim.end()
    assert "no `ordersaga up` runs" in operator.refused("audit")


def test_an_engine_that_is_set_stays_and_is_said(operator: Operator) -> None:
    claim = Claim(operator.home)
    claim.tell({"ORDERSAGA_DATABASE_URL": AWAY, "TEMPORAL_ADDRESS": "127.0.0.1:2"})
    _, said = operator.run("promote", "r2", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert "127.0.0.1:2" not in said
    assert said.startswith(found(operator, ", but with TEMPORAL_ADDRESS as set here") + "\n")
    _, said = operator.run("promote", "r2", TEMPORAL_ADDRESS="127.0.0.1:2")
    assert said.startswith(found(operator) + "\n"), "no mixture, so none is said"
    claim.end()


def test_all_that_is_set_otherwise_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim(tmp_path)
    claim.tell(
        {
            "ORDERSAGA_DATABASE_URL": AWAY,
            "ORDERSAGA_CODEC_KEYS": f"{K2},{K1}",
            "TEMPORAL_ADDRESS": "",
        }
    )
    own = {"ORDERSAGA_CODEC_KEYS": K1, "TEMPORAL_NAMESPACE": "other", "ORDERSAGA_HOME": "/there"}
    monkeypatch.setattr(os, "environ", own)
    told: list[str] = []
    assert join(tmp_path, told.append)
    assert told[0].endswith(", but with ORDERSAGA_CODEC_KEYS, TEMPORAL_NAMESPACE as set here")
    assert os.environ["ORDERSAGA_DATABASE_URL"] == AWAY
    assert os.environ["ORDERSAGA_CODEC_KEYS"] == f"{K1},{K2}", "none of them is lost"
    claim.end()


@pytest.mark.parametrize("command", [("rewrap",), ("audit",), ("settle", "ord_1", "--who", "Ana")])
def test_a_master_key_that_up_does_not_hold_is_refused(
    operator: Operator, command: tuple[str, ...]
) -> None:
    claim = Claim(operator.home)
    claim.tell({"ORDERSAGA_DATABASE_URL": AWAY, "ORDERSAGA_CODEC_KEYS": K1})
    said = operator.refused(*command, ORDERSAGA_CODEC_KEYS=f"{K2},{K1}")
    assert said == (
        f"The `ordersaga up` in {operator.home} does not hold master key k2 of "
        "ORDERSAGA_CODEC_KEYS here: end it and start it with this setting, or unset it here"
    )
    another = new_master_key("k1")
    assert " hold master key k1 " in operator.refused(*command, ORDERSAGA_CODEC_KEYS=another)
    claim.end()


def test_reconcile_over_the_records_of_up_needs_its_keys_too(operator: Operator) -> None:
    claim = Claim(operator.home)
    claim.tell({"ORDERSAGA_DATABASE_URL": AWAY, "ORDERSAGA_CODEC_KEYS": K1})
    settings = {"ORDERSAGA_DATABASE_URL": AWAY, "ORDERSAGA_CODEC_KEYS": K2}
    assert " does not hold master key k2 " in operator.refused("reconcile", **settings)
    claim.end()


def test_what_api_and_workers_take_from_the_shell_is_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "orders")
    claim = Claim(tmp_path)
    claim.tell({"ORDERSAGA_DATABASE_URL": AWAY})
    assert json.loads((tmp_path / "running.json").read_text()) == {
        "ORDERSAGA_DATABASE_URL": AWAY,
        "TEMPORAL_NAMESPACE": "orders",
    }
    claim.end()


def test_what_was_killed_is_not_trusted_whoever_has_its_number_now(operator: Operator) -> None:
    killed = up(operator.home, AWAY)
    assert process(operator.home) == killed.pid
    with pytest.raises(RunsAlready, match=f"process {killed.pid}"):
        Claim(operator.home)
    kill(killed)
    (operator.home / "ordersaga.pid").write_text(str(os.getppid()))
    assert (operator.home / "running.json").exists()
    assert process(operator.home) is None
    assert "no `ordersaga up` runs" in operator.refused("audit")
    assert operator.run("down") == (0, "Nothing runs\n")
    Claim(operator.home).end()


def test_another_users_process_is_one_line(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Claim(operator.home)

    def not_permitted(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", not_permitted)
        said = operator.refused("down")
    assert said.startswith(f"The `ordersaga up` in {operator.home} is another user's: ")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", not_permitted)
        patch.setattr(Path, "open", not_permitted)
        assert operator.refused("audit") == said
        assert operator.refused("up", "--api-port", "0") == said
        with pytest.raises(NotOurs):
            process(operator.home)
    claim.end()
