"""Waiting for Postgres to ring: one connection that listens."""

from collections.abc import Sequence
from threading import Lock

import psycopg
from psycopg import sql


class Bell:
    """Listens on channels, and remembers what rang while nobody waited. One waiter at a time."""

    def __init__(self, address: str) -> None:
        """``address`` is a libpq connection string; the connection is made on the first wait."""
        self._address = address
        self._connection: psycopg.Connection | None = None
        self._listening: set[str] = set()
        self._lock = Lock()

    def wait(self, channels: Sequence[str], timeout: float) -> set[str]:
        """Block until one of the channels is notified; which were, or none after the timeout.

        A channel that has just begun to be listened on counts as notified: what came before is
        to be looked for. Raises psycopg.OperationalError when the server is away; the next call
        connects anew.
        """
        with self._lock:
            try:
                return self._wait(channels, timeout)
            except psycopg.OperationalError:
                self._drop()
                raise

    def close(self) -> None:
        """End the connection, once nobody waits any more."""
        with self._lock:
            self._drop()

    def _wait(self, channels: Sequence[str], timeout: float) -> set[str]:
        connection = self._connected()
        fresh = set(channels) - self._listening
        for channel in sorted(fresh):
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            self._listening.add(channel)
        if fresh:
            return fresh
        rung = {one.channel for one in connection.notifies(timeout=timeout, stop_after=1)}
        rung |= {one.channel for one in connection.notifies(timeout=0)}
        return rung & set(channels)

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = psycopg.connect(self._address, autocommit=True, connect_timeout=10)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._listening.clear()
