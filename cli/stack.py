"""Everything on one machine: database, engine, sandbox, API and workers, started and watched."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import httpx

from backoffice.database import Database
from backoffice.migrating import migrate
from cli import shell
from cli.installation import Installation
from cli.locked_keys import locked_keys
from cli.plan import Plan
from runtime import devserver
from runtime.embedded_postgres import EmbeddedPostgres
from runtime.processes import free_port, spawn, stop
from runtime.temporal import connect
from sandbox.client import SandboxClient
from sandbox.server import RunningSandbox
from sandbox.server import start as start_sandbox
from workflows.attributes import ALL as SEARCH_ATTRIBUTES

Say = Callable[[str], None]
_PATIENCE = 180.0
_ROOT = Path(__file__).resolve().parent.parent

FRUGAL = {"GLIBC_TUNABLES": "glibc.malloc.arena_max=2:glibc.malloc.tcache_count=0"}
"""A hundred threads, each with freed memory put by for itself, hold 20 MiB that nobody uses."""


class Stack:
    """The running parts. A part that dies is started again, on its port and its files."""

    def __init__(
        self,
        installation: Installation,
        plan: Plan,
        say: Say,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Nothing runs yet. ``settings`` are more of what API and workers run with."""
        self._home = installation.home
        self._installation = installation
        self._plan = plan
        self._say = say
        self.api_port = plan.api_port or free_port()
        self._temporal_port = plan.temporal_port or free_port()
        self._ui_port = plan.ui_port or free_port()
        self._metrics_port = free_port()
        self._sandbox_port = plan.sandbox_port or free_port()
        frugal = {name: os.environ.get(name, value) for name, value in FRUGAL.items()}
        self._environment = frugal | dict(settings)
        self._server_path: Path | None = None
        self.postgres: EmbeddedPostgres | None = None
        self.temporal: devserver.RunningServer | None = None
        self.sandbox: RunningSandbox | None = None
        self._client: SandboxClient | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def ui_url(self) -> str:
        """Where the Temporal UI is."""
        return f"http://127.0.0.1:{self._ui_port}"

    @property
    def mailbox_url(self) -> str:
        """Where the sandbox shows the mails that were sent."""
        return f"http://127.0.0.1:{self._sandbox_port}/_sandbox/sendgrid/mailbox"

    @property
    def codec_url(self) -> str:
        """Where the Temporal UI has payloads decoded, for whoever has signed in there."""
        return f"{self.api_url}/codec"

    @property
    def environment(self) -> Mapping[str, str]:
        """What API and workers run with."""
        return self._environment

    def start(self) -> None:
        """Start everything in order, saying what is done and how long it took."""
        records, engine = shell.database(), shell.engine()
        if records:
            self._say(
                f"The database is the one that ORDERSAGA_DATABASE_URL names: {shell.place(records)}"
            )
            self._timed("its tables", self._start_postgres, "brought up to date")
        else:
            self._timed("Postgres", self._start_postgres)
        if engine:
            self._say(f"The Temporal server is the one that TEMPORAL_ADDRESS names: {engine}")
            self._timed("its search attributes", self._start_temporal, "brought up to date")
        else:
            self._server_path = devserver.find_or_build(self._say)
            self._timed("Temporal server", self._start_temporal)
        self._timed("sandbox (Stripe, Shippo, SendGrid, warehouse, shop)", self._start_sandbox)
        self._timed("API", self._start_api)
        self._timed(f"{self._plan.workers} worker process(es)", self._start_workers)

    def _timed(self, what: str, start: Callable[[], None], done: str = "started") -> None:
        began = time.monotonic()
        start()
        self._say(f"{what} {done} in {time.monotonic() - began:.1f} s")

    def _start_postgres(self) -> None:
        given = shell.database()
        if not given:
            self.postgres = self._embedded_postgres()
        url = given or (self.postgres.url if self.postgres else "")
        database = Database(url)
        migrate(database)
        database.close()
        self._environment["ORDERSAGA_DATABASE_URL"] = url

    def _embedded_postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres.start(self._home / "postgres", durable=self._plan.on_files)

    def _start_temporal(self) -> None:
        given = shell.engine()
        if not given and self._server_path is not None:
            self.temporal = devserver.start(
                self._server_path,
                log_file=self._home / "log" / "temporal.log",
                port=self._temporal_port,
                ui_port=self._ui_port,
                metrics_port=self._metrics_port,
                codec_endpoint=self.codec_url,
                database=self._home / "temporal.sqlite" if self._plan.on_files else None,
            )
        address = given or f"127.0.0.1:{self._temporal_port}"
        self._environment["TEMPORAL_ADDRESS"] = address
        asyncio.run(prepare_namespace(address))

    def _start_sandbox(self) -> None:
        state = self._home / "sandbox.sqlite" if self._plan.on_files else None
        self.sandbox = start_sandbox(state, self._sandbox_port)
        public_key = httpx.get(
            f"{self.sandbox.url}/_sandbox/sendgrid/public-key", timeout=10
        ).json()["public_key"]
        settings = self._installation.environment(self.sandbox.url, public_key)
        self._environment.update(settings)
        self._environment["ORDERSAGA_PUBLIC_URL"] = self.api_url
        self._environment["ORDERSAGA_TEMPORAL_UI_URL"] = self.ui_url

    def _start_api(self) -> None:
        self._spawn("api", "-m", "api", "--port", str(self.api_port))
        deadline = time.monotonic() + _PATIENCE
        while not _answers(f"{self.api_url}/health/ready"):
            if time.monotonic() > deadline or self.processes["api"].poll() is not None:
                ended = self.processes["api"].poll() is not None
                raise StackError("api", self._home / "log" / "api.log", late=not ended)
            time.sleep(0.05)

    def _start_workers(self) -> None:
        for number in range(1, self._plan.workers + 1):
            self._spawn(f"worker-{number}", "-m", "workers")

    def _spawn(self, name: str, *arguments: str) -> None:
        self.processes[name] = spawn(
            [sys.executable, *arguments],
            log_file=self._home / "log" / f"{name}.log",
            env={**os.environ, **self._environment},
            cwd=_ROOT,
        )

    def locked(self) -> list[str]:
        """What is wrong with the orders' keys: which master key is needed, and not here."""
        database = Database(self._environment["ORDERSAGA_DATABASE_URL"], pool_size=1)
        try:
            return locked_keys(database, self._environment["ORDERSAGA_CODEC_KEYS"])
        finally:
            database.close()

    def mend_engine(self) -> None:
        """Start the Temporal server again if it has died."""
        if self.temporal is not None and self.temporal.process.poll() is not None:
            self._say("the Temporal server has died; starting it again")
            self._start_temporal()

    def mend(self) -> None:
        """Start again whatever has died."""
        if self.postgres is not None and self.postgres.pid is None:
            self._say("Postgres has died; starting it again")
            left, self.postgres = self.postgres, self._embedded_postgres()
            left.close()
        self.mend_engine()
        if self.sandbox is not None and self.sandbox.process.poll() is not None:
            self._say("the sandbox has died; starting it again")
            self._start_sandbox()
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self._say(f"{name} has died; starting it again")
                if name == "api":
                    self._start_api()
                else:
                    self._spawn(name, "-m", "workers")

    def client(self) -> SandboxClient:
        """Steers the sandbox, until the stack stops."""
        if self.sandbox is None:
            raise StackError("sandbox", self._home / "log")
        if self._client is None:
            self._client = SandboxClient(self.sandbox.url)
        return self._client

    def stop(self) -> None:
        """Stop everything, users before what they use."""
        if self._client is not None:
            self._client.close()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            stop(process, grace_seconds=25)
        if self.sandbox is not None:
            self.sandbox.stop()
        if self.temporal is not None:
            self.temporal.stop()
        if self.postgres is not None:
            self.postgres.stop()


class StackError(RuntimeError):
    """A part did not start; the message holds the end of its log."""

    def __init__(self, part: str, log: Path, late: bool = False) -> None:
        """Name the part, and where it logged. ``late``: it was still starting."""
        tail = "\n".join(log.read_text().splitlines()[-20:]) if log.is_file() else ""
        what = (
            f"{part} was not ready after {_PATIENCE:.0f} s; where the machine is busy, try again"
            if late
            else f"{part} did not start"
        )
        said = f"its log ({log}) ends:\n{tail}" if tail else f"its log ({log}) is empty"
        super().__init__(f"{what}; {said}")


async def prepare_namespace(address: str | None = None) -> None:
    """Add the search attributes that orders use, where they are missing."""
    client = await connect(address)
    kinds = {
        key.name: "Bool" if key.indexed_value_type.name == "BOOL" else "Keyword"
        for key in SEARCH_ATTRIBUTES
    }
    await devserver.ensure_search_attributes(client, kinds)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
