"""Migrations make just the tables that the models say, and the pool outlives its server."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, text
from sqlalchemy.exc import OperationalError

from backoffice.books import Books
from backoffice.database import Database
from backoffice.migrating import migrate, migration_config
from backoffice.tables import Record
from domain.record import Commit
from domain.status import OrderStatus
from domain.stock import Lost, Want
from runtime.embedded_postgres import EmbeddedPostgres
from tests.backoffice.disputed import opened, paid
from tests.backoffice.papers import ALL, issue, put_away
from tests.backoffice.samples import MUG, SHOP, Trade, at_once, journal, transition

ROOT = Path(__file__).resolve().parents[2]


def test_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Record.metadata) == []


def test_migrations_make_the_checks_that_the_models_describe(database: Database) -> None:
    with database.transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) "
                "FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            )
        )
        made = {(table, name): words_of(rule) for table, name, rule in rows}
    meant = {
        (table.name, str(check.name)): words_of(str(check.sqltext))
        for table in Record.metadata.sorted_tables
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert made == meant


def words_of(rule: str) -> frozenset[str]:
    """What a rule is made of: its literals, and its columns; however Postgres rewrites it."""
    literals = set(re.findall(r"'([^']*)'", rule))
    columns = set(re.findall(r"\b[a-z_]{3,}\b", re.sub(r"'[^']*'(::text)?", "", rule)))
    rewriting = {"text", "array", "any", "check", "case", "when", "then", "else", "end"}
    return frozenset(literals | (columns - rewriting))


def test_every_revision_can_be_taken_back(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("taken_back")
    database = Database(url, pool_size=1)
    migrate(database)
    with database.transaction() as connection:
        command.downgrade(migration_config(connection), "base")
    with database.transaction() as connection:
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relname NOT LIKE 'alembic%'"
            )
        ).all()
    migrate(database)
    database.close()
    postgres.drop_database("taken_back")
    assert left == []


def test_an_invoice_from_before_credit_notes_covers_its_whole_order(
    postgres: EmbeddedPostgres,
) -> None:
    url = postgres.create_database("whole_order")
    database = Database(url, pool_size=2)
    migrate(database)
    trade = Trade(database)
    name = trade.accept()
    trade.reserve(name)
    issue(trade, name)
    with database.transaction() as connection:
        command.downgrade(migration_config(connection), "r0004")
    migrate(database)
    (credited,) = put_away(trade, name)
    with database.transaction() as connection:
        sums = connection.execute(text("SELECT net, tax, gross FROM invoices")).one()
    database.close()
    postgres.drop_database("whole_order")
    assert credited.portions == ALL
    assert sums == (2900, 551, 3451)


def test_what_was_written_off_stays_off_when_an_earlier_build_takes_over(
    postgres: EmbeddedPostgres,
) -> None:
    url = postgres.create_database("written_off")
    database = Database(url, pool_size=2)
    migrate(database)
    trade = Trade(database)
    name = trade.accept()
    trade.reserve(name, mugs=5)
    lost = Lost(shipment=f"{name}-s1", missing=(Want(sku=MUG, quantity=3),), note="broken")
    trade.stock.write_off(trade.shop_id, lost, "off", Commit(name))
    with database.transaction() as connection:
        command.downgrade(migration_config(connection), "r0010")
        kinds = connection.scalars(text("SELECT DISTINCT kind FROM stock_entries")).all()
        sums = text("SELECT sum(on_hand), sum(reserved) FROM stock_entries WHERE sku = :sku")
        levels = tuple(connection.execute(sums, {"sku": MUG}).one())
    database.close()
    postgres.drop_database("written_off")
    assert levels == (97, 2)
    assert "write_off" not in kinds


def test_processes_that_start_together_migrate_once(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("together")
    script = (
        "import sys; from backoffice.database import Database; "
        "from backoffice.migrating import migrate; migrate(Database(sys.argv[1]))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, url], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    answers = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    postgres.drop_database("together")


def test_a_statement_that_takes_too_long_is_cancelled(database_url: str) -> None:
    database = Database(database_url, pool_size=1, statement_timeout=timedelta(milliseconds=100))
    with pytest.raises(OperationalError), database.transaction() as connection:
        connection.execute(text("SELECT pg_sleep(5)"))
    database.ping()
    database.close()


def test_an_error_leaves_nothing_behind_and_the_pool_whole(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            insert_and_fail(database)
    with database.transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM policies")).scalar_one() == 0
    database.close()


def insert_and_fail(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO policies (digest, body) VALUES ('x', '{}')"))
        raise RuntimeError


@pytest.mark.parametrize("idle", [0.0, 5.0])
def test_a_restart_of_the_server_does_not_poison_the_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idle: float
) -> None:
    monkeypatch.setattr("backoffice.database._IDLE_SECONDS", idle)
    with EmbeddedPostgres.start(tmp_path / "pg", durable=False) as server:
        database = Database(server.url, pool_size=3, statement_timeout=timedelta(seconds=5))
        crowd(database)
        server.stop()
        with pytest.raises(OperationalError):
            database.ping()
        with EmbeddedPostgres.start(tmp_path / "pg", durable=False):
            crowd(database)
            database.close()


def test_connections_that_died_while_idle_are_replaced_unnoticed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backoffice.database._IDLE_SECONDS", 0.0)
    database = Database(database_url, pool_size=3)
    other = Database(database_url, pool_size=1)
    crowd(database)
    with other.transaction() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    crowd(database)
    database.close()
    other.close()


def crowd(database: Database) -> None:
    """Use every connection of the pool at once."""
    at_once([lambda: doze(database)] * 3)


def doze(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("SELECT pg_sleep(0.05)"))


def test_listening_wakes_up_at_once_and_on_each_notification(database: Database) -> None:
    ears = database.listen("callbacks", timeout=10)
    assert next(ears) is True
    ring = Thread(target=notify, args=(database, "callbacks"))
    ring.start()
    assert next(ears) is True
    ring.join()


def test_listening_wakes_up_at_the_timeout(database: Database) -> None:
    ears = database.listen("inbox", timeout=0.05)
    next(ears)
    assert next(ears) is False


def test_listening_comes_back_after_its_connection_was_cut(database: Database) -> None:
    ears = database.listen("inbox", timeout=0.05)
    next(ears)
    with database.transaction() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        )
    assert [next(ears), next(ears)] == [False, True]
    notify(database, "inbox")
    assert next(ears) is True


def test_waiting_tells_the_channels_apart(database: Database) -> None:
    assert database.wait(("inbox", "callbacks"), 5) == {"inbox", "callbacks"}
    notify(database, "callbacks")
    assert database.wait(("inbox", "callbacks"), 5) == {"callbacks"}
    assert database.wait(("inbox", "callbacks"), 0.05) == set()


def notify(database: Database, channel: str) -> None:
    with database.transaction() as connection:
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


def test_what_shops_were_told_of_disputes_keeps_its_number_in_an_earlier_build(
    postgres: EmbeddedPostgres,
) -> None:
    url = postgres.create_database("disputed")
    database = Database(url, pool_size=2)
    migrate(database)
    trade, books = Trade(database), Books.over(database)
    name = paid(trade)
    opened(books, name)
    books.records.commit(Commit(name, journal(transition(2, OrderStatus.DELIVERED))))
    before = books.callbacks.events(SHOP)
    with database.transaction() as connection:
        command.downgrade(migration_config(connection), "r0023")
    with database.transaction() as connection:
        cases = connection.execute(text("SELECT kind, answers FROM cases")).all()
        placed = connection.execute(text("SELECT transition FROM callbacks ORDER BY number"))
        told = list(placed.scalars())
    after = books.callbacks.events(SHOP)
    migrate(database)
    database.close()
    postgres.drop_database("disputed")
    assert after == before
    assert [one.payload["sequence"] for one in after] == [1, 2, 3]
    assert told == [1, 1_000_000_002, 2]
    assert [tuple(one) for one in cases] == [("refused_by_provider", ["close", "accept"])]
