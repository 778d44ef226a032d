"""The embedded database: shared, found again after a crash, stopped when it should be."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from runtime.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, stop_postgres
from runtime.postgres_cluster import PostgresCluster

USER = """
import sys, time
from pathlib import Path
from runtime.embedded_postgres import EmbeddedPostgres
postgres = EmbeddedPostgres.start(Path(sys.argv[1]), durable=False, detach=sys.argv[2] == "stay")
print("ready", flush=True)
if sys.argv[2] != "stay":
    sys.stdin.read()
"""


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """One cluster for the module: making it takes longer than starting it."""
    made = tmp_path_factory.mktemp("data base")
    yield made
    stop_postgres(made)


@pytest.fixture
def postgres(folder: Path) -> Generator[EmbeddedPostgres]:
    with EmbeddedPostgres.start(folder, durable=False) as running:
        yield running


def running(folder: Path) -> int | None:
    return PostgresCluster(folder.resolve()).running()


def ask(url: str, query: str) -> object:
    engine = create_engine(url)
    with engine.connect() as connection:
        answer = connection.execute(text(query)).scalar_one()
    engine.dispose()
    return answer


def another_process(folder: Path, how: str = "leave") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", USER, folder, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_the_main_database_answers_under_its_address(postgres: EmbeddedPostgres) -> None:
    assert postgres.url.startswith("postgresql+psycopg://")
    assert ask(postgres.url, "SELECT current_database()") == "ordersaga"
    assert str(ask(postgres.url, "SHOW server_version")).startswith("18.")


def test_two_hundred_connections_are_allowed(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres.url, "SELECT current_setting('max_connections')::int") == 200


def test_text_is_folded_in_every_script_on_every_machine(postgres: EmbeddedPostgres) -> None:
    assert ask(postgres.url, "SELECT lower('ÅRHUS ΑΘΉΝΑ КИЇВ')") == "århus αθήνα київ"
    assert ask(postgres.url, "SELECT current_setting('timezone')") == "UTC"


def test_a_database_is_a_copy_of_its_template(postgres: EmbeddedPostgres) -> None:
    template = postgres.create_database("template of a test")
    engine = create_engine(template)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bins AS SELECT 7 AS number"))
    engine.dispose()
    copy = postgres.create_database("a-copy", template="template of a test")
    assert ask(copy, "SELECT number FROM bins") == 7
    with pytest.raises(psycopg.errors.DuplicateDatabase):
        postgres.create_database("a-copy")
    postgres.drop_database("template of a test")
    postgres.drop_database("a-copy")


def test_a_database_in_use_can_be_dropped_and_a_missing_one_too(
    postgres: EmbeddedPostgres,
) -> None:
    url = postgres.create_database("busy")
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        postgres.drop_database("busy")
        with pytest.raises(DBAPIError, match=r"terminating connection|server closed"):
            connection.execute(text("SELECT 1"))
    engine.dispose()
    postgres.drop_database("busy")


def test_processes_share_a_server_and_the_last_one_stops_it(
    postgres: EmbeddedPostgres, folder: Path
) -> None:
    ours = running(folder)
    other = another_process(folder)
    assert running(folder) == ours
    postgres.close()
    assert running(folder) == ours
    other.communicate("")
    assert other.returncode == 0
    assert running(folder) is None


def test_a_killed_user_does_not_count(postgres: EmbeddedPostgres, folder: Path) -> None:
    other = another_process(folder)
    other.kill()
    other.communicate()
    assert running(folder) is not None
    postgres.close()
    assert running(folder) is None


def test_the_server_outlives_its_killed_starter_and_is_found_again(folder: Path) -> None:
    starter = another_process(folder)
    first = running(folder)
    starter.kill()
    starter.communicate()
    with EmbeddedPostgres.start(folder, durable=False) as found:
        assert running(folder) == first
        assert ask(found.url, "SELECT 1") == 1


def test_a_killed_server_recovers_on_its_folder(postgres: EmbeddedPostgres, folder: Path) -> None:
    engine = create_engine(postgres.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT 'still here' AS text"))
    number = running(folder)
    assert number is not None
    os.kill(number, signal.SIGKILL)
    with EmbeddedPostgres.start(folder, durable=False) as again:
        assert running(folder) not in {None, number}
        assert ask(again.url, "SELECT text FROM kept") == "still here"
        assert ask(again.url, "SELECT count(*) FROM pg_tables WHERE tablename = 'kept'") == 1
    engine.dispose()


def test_a_stranger_with_the_old_number_is_not_taken_for_the_server(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, durable=False):
        noted = (folder / "pgdata" / "postmaster.pid").read_text().splitlines()
    stranger = "\n".join([str(os.getpid()), *noted[1:], ""])
    (folder / "pgdata" / "postmaster.pid").write_text(stranger)
    assert running(folder) is None
    with EmbeddedPostgres.start(folder, durable=False) as postgres:
        assert ask(postgres.url, "SELECT 1") == 1


def test_a_detached_server_stays_until_it_is_stopped(folder: Path) -> None:
    starter = another_process(folder, "stay")
    starter.communicate("")
    number = running(folder)
    assert number is not None
    with EmbeddedPostgres.start(folder, durable=False):
        pass
    assert running(folder) == number
    assert stop_postgres(folder)
    until(lambda: running(folder) is None)
    assert not stop_postgres(folder)


def test_stop_ends_a_server_that_others_still_use(postgres: EmbeddedPostgres, folder: Path) -> None:
    other = another_process(folder)
    postgres.stop()
    assert running(folder) is None
    other.communicate("")
    assert other.returncode == 0


def test_a_server_that_may_forget_is_not_lent_to_who_must_remember(
    postgres: EmbeddedPostgres, folder: Path
) -> None:
    assert ask(postgres.url, "SELECT current_setting('fsync')") == "off"
    with pytest.raises(EmbeddedPostgresError, match=r"other settings .* stop it first"):
        EmbeddedPostgres.start(folder)
    with pytest.raises(EmbeddedPostgresError, match="200 connections"):
        EmbeddedPostgres.start(folder, durable=False, max_connections=201)
    postgres.close()
    with EmbeddedPostgres.start(folder) as durable:
        assert ask(durable.url, "SELECT current_setting('fsync')") == "on"


def test_a_folder_with_a_long_or_odd_name_will_do(folder: Path, tmp_path: Path) -> None:
    odd = tmp_path / f"a,b {'x' * 80}" / "postgres"
    odd.parent.mkdir()
    EmbeddedPostgres.start(folder, durable=False).close()
    folder.rename(odd)
    try:
        with EmbeddedPostgres.start(odd, durable=False) as postgres:
            assert ask(postgres.url, "SELECT 1") == 1
            stand_in = PostgresCluster(odd.resolve()).sockets
            assert stand_in.stat().st_mode & 0o777 == 0o700
        assert not stand_in.exists()
    finally:
        odd.rename(folder)


def test_a_start_that_fails_shows_the_log(folder: Path) -> None:
    version = folder / "pgdata" / "PG_VERSION"
    EmbeddedPostgres.start(folder, durable=False).close()
    version.write_text("9\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="incompatible with server"):
            EmbeddedPostgres.start(folder, durable=False)
    finally:
        version.write_text("18\n")
