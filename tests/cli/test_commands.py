"""The commands as an operator runs them: what is wrong is one line, and a status other than 0."""

import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from api.__main__ import serve
from runtime.embedded_postgres import EmbeddedPostgres
from tests.cli.operator import Operator
from workers.__main__ import work

AWAY = "postgresql://orders:tell-nobody@127.0.0.1:1/orders"


def test_a_port_that_cannot_be_is_refused(operator: Operator) -> None:
    status, said = operator.run("up", "--api-port", "99999")
    assert status == 2
    assert "'--api-port'" in said
    assert "65535" in said


@pytest.mark.parametrize("command", ["demo", "up"])
def test_no_workers_at_all_are_refused(operator: Operator, command: str) -> None:
    status, said = operator.run(command, "--workers", "0")
    assert status == 2
    assert "'--workers'" in said


def test_two_parts_cannot_have_one_port(operator: Operator) -> None:
    said = operator.refused("up", "--api-port", "18081", "--ui-port", "18081")
    assert said == "--api-port and --ui-port are both 18081: each part needs a port of its own"


@pytest.mark.parametrize(
    "command",
    [
        ("migrate",),
        ("audit",),
        ("report",),
        ("rewrap",),
        ("erase", "ord_1"),
        ("settle", "ord_1", "--who", "Ana"),
    ],
)
def test_a_database_that_does_not_answer_is_one_line(
    operator: Operator, command: tuple[str, ...]
) -> None:
    said = operator.refused(*command, ORDERSAGA_DATABASE_URL=AWAY)
    assert said.startswith("The database at ORDERSAGA_DATABASE_URL does not answer: connection")


def test_an_address_that_is_none_is_one_line(operator: Operator) -> None:
    said = operator.refused("migrate", ORDERSAGA_DATABASE_URL="tell-nobody")
    assert said.startswith("the database's address is none: it is written postgresql://")
    _, said = operator.run("doctor", ORDERSAGA_DATABASE_URL="tell-nobody")
    assert "ORDERSAGA_DATABASE_URL cannot be used: the database's address is none" in said


def test_an_engine_that_does_not_answer_or_has_no_name_is_one_line(operator: Operator) -> None:
    said = operator.refused("promote", "r2", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert said.startswith("The Temporal server at TEMPORAL_ADDRESS does not answer: ")
    assert said.endswith(": Connection refused"), "no word of what the client is built of"
    assert operator.refused("promote", "r2").startswith("TEMPORAL_ADDRESS is not set")


@pytest.mark.parametrize(
    "address", ["localhost", "a b:7233", ":7233", "localhost:", "localhost:99999", "localhost:abc"]
)
def test_an_engine_without_a_host_or_a_port_is_one_line(operator: Operator, address: str) -> None:
    said = operator.refused("promote", "r2", TEMPORAL_ADDRESS=address)
    assert said == (
        f"TEMPORAL_ADDRESS is no address: {address!r} must be a host and its port, as "
        "temporal.internal:7233 is"
    )


def test_a_setting_that_cannot_be_is_one_line(operator: Operator) -> None:
    said = operator.refused("migrate", ORDERSAGA_DATABASE_POOL="many")
    assert said.startswith("ORDERSAGA_DATABASE_POOL: Input should be a valid integer")


@pytest.mark.parametrize("start", [lambda: serve("127.0.0.1", 0), work], ids=["api", "workers"])
async def test_settings_that_cannot_be_keep_a_process_from_starting(
    monkeypatch: pytest.MonkeyPatch, start: Callable[[], Awaitable[None]]
) -> None:
    monkeypatch.setenv("ORDERSAGA_DATABASE_URL", AWAY)
    with pytest.raises(SystemExit, match="TEMPORAL_ADDRESS is not set"):
        await start()
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("ORDERSAGA_CODEC_KEYS", "tell-nobody")
    with pytest.raises(SystemExit, match=r"ORDERSAGA_CODEC_KEYS cannot be used: .* id:base64"):
        await start()
    monkeypatch.setenv("ORDERSAGA_DATABASE_URL", "tell-nobody")
    with pytest.raises(
        SystemExit, match=r"ORDERSAGA_DATABASE_URL cannot be used: .* postgresql://"
    ):
        await start()


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("ORDERSAGA_ADMIN_KEY", "a", "it has 1 of the 16 characters that it needs"),
        ("ORDERSAGA_SENDGRID_WEBHOOK_KEY", "zzz", "cannot be used: it is no public key in base64"),
        ("ORDERSAGA_DATABASE_POOL", "many", "Input should be a valid integer"),
        ("TEMPORAL_ADDRESS", "localhost", "is no address: 'localhost' must be a host and its port"),
    ],
)
def test_the_api_says_in_one_line_why_it_does_not_start(
    setting: str, value: str, words: str
) -> None:
    said = started("api", {setting: value})
    assert said.startswith(setting)
    assert words in said


def test_workers_say_in_one_line_why_they_do_not_start() -> None:
    said = started("workers", {"ORDERSAGA_DATABASE_POOL": "many", "ORDERSAGA_LOG_LEVEL": "loud"})
    assert said.startswith("ORDERSAGA_DATABASE_POOL: Input should be a valid integer")
    assert "; ORDERSAGA_LOG_LEVEL: must be DEBUG" in said


def started(module: str, settings: dict[str, str]) -> str:
    """The one line of a process that does not start."""
    sound = {"ORDERSAGA_DATABASE_URL": AWAY, "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    ran = subprocess.run(
        [sys.executable, "-m", module],
        env={**os.environ, **sound, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    return line


@pytest.mark.parametrize("name", ["a:b", "", "two words", "a,b", "x" * 51])
def test_a_key_is_not_drawn_under_an_id_that_cannot_be(operator: Operator, name: str) -> None:
    said = operator.refused("new-key", name)
    assert "cannot be a key's id: an id has 1 to 50 letters" in said


def test_findings_are_whole_lines_in_a_pipe(operator: Operator) -> None:
    lines = operator.run("doctor", COLUMNS="40")[1].splitlines()
    assert all(re.match(r"(ok|warning|missing|error) +\S", line) for line in lines)
    assert max(map(len, lines)) > 80


def test_without_records_it_is_said_which_settings_to_make(operator: Operator) -> None:
    said = operator.refused("audit")
    assert f"no `ordersaga up` runs in {operator.home}" in said
    assert "Set ORDERSAGA_DATABASE_URL, TEMPORAL_ADDRESS and ORDERSAGA_CODEC_KEYS" in said


def test_tables_of_another_release_are_one_line(
    operator: Operator, postgres: EmbeddedPostgres
) -> None:
    url = postgres.create_database("other_release")
    said = operator.refused("audit", ORDERSAGA_DATABASE_URL=url)
    assert said.endswith("run `ordersaga migrate`")
