"""The way to Postgres: transactions from a pool, and wake-ups."""

import json
import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlmodel import Session

from backoffice.bell import Bell

_log = logging.getLogger(__name__)

_IDLE_SECONDS = 5.0

UNREACHABLE: tuple[type[Exception], ...] = (OperationalError, NoFreeConnection)
"""What a transaction raises while the server is away, or has no connection free."""


class AddressMalformed(ValueError):
    """What should be a database's address is none; the message never holds it."""


class Database:
    """A Postgres database (15 or later).

    When the server was restarted, connections that sat in the pool are replaced without anybody
    noticing; a transaction that was cut short raises ``OperationalError``, and is to be repeated.
    """

    def __init__(
        self,
        url: str,
        pool_size: int = 10,
        statement_timeout: timedelta = timedelta(seconds=20),
    ) -> None:
        """``url`` is any Postgres address; a statement is cancelled after ``statement_timeout``.

        Waiting for a free connection takes as long at most, then raises ``TimeoutError``.

        Raises:
            AddressMalformed: ``url`` is no address at all.
        """
        self._url = _address(url)
        seconds = statement_timeout.total_seconds()
        options = {
            "statement_timeout": int(seconds * 1000),
            "idle_in_transaction_session_timeout": int(seconds * 3000),
            "TimeZone": "UTC",
        }
        self._engine = create_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=seconds,
            json_serializer=_compact,
            hide_parameters=True,  # errors are logged, and may be about somebody's address
            connect_args={
                "application_name": "ordersaga",
                "connect_timeout": 10,
                "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
            },
        )
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._bell = self._new_bell()
        event.listen(self._engine, "checkin", _note_time)
        event.listen(self._engine, "checkout", _try_if_idle)

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """One transaction for Core statements: committed at the end, rolled back on an error."""
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection for one question: no transaction around it, so one round trip."""
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Generator[Connection]:
        """A connection for several questions about one moment: nobody's commit comes between."""
        with self._snapshots.begin() as connection:
            yield connection

    @contextmanager
    def session(self) -> Generator[Session]:
        """One transaction for whole rows: committed at the end, rolled back on an error."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def ping(self) -> None:
        """Ask the server for a sign of life. Raises OperationalError where there is none."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection, once nobody uses them any more."""
        self._bell.close()
        self._engine.dispose()

    def wait(self, channels: Sequence[str], timeout: float) -> set[str]:
        """Block until one of the channels is notified; which were, or none after the timeout.

        At the first wait, and whenever the connection had to be made anew, every channel counts
        as notified. Raises psycopg.OperationalError while the server is away. Callers that wait
        for other channels at the same time use `listen`, which has a connection of its own.
        """
        return self._bell.wait(channels, timeout)

    def listen(self, channel: str, timeout: float) -> Iterator[bool]:
        """Wake up at once, then on each notification, and at least every ``timeout`` seconds.

        Yields whether somebody notified. While the server is away it wakes up at the timeout and
        tries to come back. End it by leaving the loop.
        """
        with closing(self._new_bell()) as bell:
            while True:
                try:
                    rung = bool(bell.wait((channel,), timeout))
                except psycopg.OperationalError as error:
                    _log.warning("listening on %s was cut short: %s", channel, error)
                    time.sleep(timeout)
                    rung = False
                yield rung

    def _new_bell(self) -> Bell:
        address = self._url.set(drivername="postgresql")
        return Bell(address.render_as_string(hide_password=False))


def _address(url: str) -> URL:
    try:
        found = make_url(url)
    except (ArgumentError, ValueError):
        found = None
    if found is None or not found.drivername.startswith("postgres"):
        raise AddressMalformed(
            "the database's address is none: it is written "
            "postgresql://user:password@host:5432/database"
        ) from None
    return found.set(drivername="postgresql+psycopg")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _note_time(_connection: psycopg.Connection | None, entry: ConnectionPoolEntry) -> None:
    entry.info["idle_since"] = time.monotonic()


def _try_if_idle(
    connection: psycopg.Connection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Ask a connection that sat idle whether it still lives, and drop the pool if not."""
    if time.monotonic() - entry.info.get("idle_since", time.monotonic()) < _IDLE_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError as error:
        raise InvalidatePoolError from error
