"""The database that needs no installation: Postgres in a folder, shared by whoever uses it."""

import atexit
import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from psycopg import sql

from runtime.postgres_cluster import SUPERUSER, EmbeddedPostgresError, PostgresCluster

__all__ = ["DATABASE", "EmbeddedPostgres", "EmbeddedPostgresError", "stop_postgres"]

DATABASE = "ordersaga"
"""The database that `EmbeddedPostgres.url` names; made when the folder is new."""


class EmbeddedPostgres:
    """One use of the server that lives in a folder. Several processes share one server.

    The server outlives a killed process, and the next start on its folder finds it again. It stops
    when the last user closes, unless it was started detached, or when anyone calls `stop`. A user
    is a lock on a file, which ends with the process, so that the killed ones do not count.
    """

    def __init__(self, cluster: PostgresCluster, users: int) -> None:
        self._cluster = cluster
        self._users = users
        self._open = True
        atexit.register(self.close)

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        durable: bool = True,
        detach: bool = False,
        max_connections: int = 200,
    ) -> Self:
        """Start the server in `data_dir`, or join the one that already runs there.

        A new folder gets a new cluster. With `durable=False` a crash of the machine may lose data:
        for tests only. With `detach` the server stays when everybody has closed. Takes about a
        second for a new folder, and blocks meanwhile.
        Raises EmbeddedPostgresError when the server does not come up, or when the one that runs
        is less durable or takes fewer connections than asked for.
        """
        folder = data_dir.expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True)
        cluster = PostgresCluster(folder)
        with _one_at_a_time(folder):
            if cluster.start(durable=durable, max_connections=max_connections):
                _detached_mark(folder).unlink(missing_ok=True)
            _check(cluster, durable=durable, max_connections=max_connections)
            if detach:
                _detached_mark(folder).touch()
            users = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
        return cls(cluster, users)

    @property
    def url(self) -> str:
        """Address of the main database, for SQLAlchemy with psycopg 3, sync and async alike."""
        return self.database_url(DATABASE)

    @property
    def pid(self) -> int | None:
        """Process number of the server; None where it has died."""
        return self._cluster.running()

    def database_url(self, name: str) -> str:
        """Address of one of this server's databases."""
        host = quote(str(self._cluster.sockets), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(name, safe='')}?host={host}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, as a copy of `template` if given, and return its address.

        Nobody may be connected to the template meanwhile (psycopg.errors.ObjectInUse). Raises
        psycopg.errors.DuplicateDatabase when there is one of that name.
        """
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template1")
        )
        with self._cluster.connected() as connection:
            connection.execute(statement)
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and end the sessions that use it; nothing happens if there is none."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with self._cluster.connected() as connection:
            connection.execute(statement.format(sql.Identifier(name)))

    def close(self) -> None:
        """Leave. The last to leave stops the server, unless it was started detached."""
        if not self._open:
            return
        self._open = False
        atexit.unregister(self.close)
        with _one_at_a_time(self._cluster.folder):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            os.close(self._users)
            if last and not _detached_mark(self._cluster.folder).exists():
                self._cluster.stop()

    def stop(self) -> None:
        """Stop the server now, whoever uses it, detached or not, and leave."""
        stop_postgres(self._cluster.folder)
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def stop_postgres(data_dir: Path) -> bool:
    """Stop the server that runs in a folder, whoever started it; False when none runs."""
    folder = data_dir.expanduser().resolve()
    if not folder.is_dir():
        return False
    with _one_at_a_time(folder):
        _detached_mark(folder).unlink(missing_ok=True)
        return PostgresCluster(folder).stop()


def _detached_mark(folder: Path) -> Path:
    return folder / "detached"


@contextmanager
def _one_at_a_time(folder: Path) -> Generator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check(cluster: PostgresCluster, *, durable: bool, max_connections: int) -> None:
    """See that the server is as good as asked for, and has its main database."""
    with cluster.connected() as connection:
        [(syncs, connections, present)] = connection.execute(
            "SELECT current_setting('fsync')::bool, current_setting('max_connections')::int,"
            " EXISTS (SELECT FROM pg_database WHERE datname = %s)",
            [DATABASE],
        ).fetchall()
        if (durable and not syncs) or connections < max_connections:
            raise EmbeddedPostgresError(
                f"Postgres already runs in {cluster.folder} with other settings (fsync: {syncs}, "
                f"{connections} connections); stop it first."
            )
        if not present:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
