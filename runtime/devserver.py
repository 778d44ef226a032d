"""The embedded Temporal server: found or built, started, asked whether it answers, stopped.

`find_or_build` lives in `runtime.devserver_build` and is offered here as well. Which server to use
at all is the caller's decision: with TEMPORAL_ADDRESS set, none of this is needed.
"""

import asyncio
import re
import subprocess
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from runtime.devserver_build import ServerUnavailableError, find_or_build
from runtime.processes import free_port, spawn, stop

__all__ = [
    "DYNAMIC_CONFIG",
    "RunningServer",
    "ServerUnavailableError",
    "ensure_search_attributes",
    "find_or_build",
    "start",
    "time_skipping_args",
]

DYNAMIC_CONFIG: Mapping[str, str] = {
    # The default of 20 makes every hop of a lone workflow wait for the next twentieth of a second.
    "history.transferProcessorMaxPollRPS": "1000",
    # A search attribute is usable as soon as it exists; reading it each time takes more queries.
    "system.forceSearchAttributesCacheRefreshOnRead": "true",
    "frontend.persistenceMaxQPS": "10000",
    "history.persistenceMaxQPS": "45000",
}
"""Values of the server's dynamic configuration, in JSON, that every embedded server gets."""

_TIME_SKIPPING = {"frontend.WorkflowTimeSkippingEnabled": "true"}
_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.02
_TAKEN = re.compile(r":(\d+): bind: address already in use")
_ATTEMPTS = 3


@dataclass(frozen=True)
class RunningServer:
    """An embedded server that answers. Keep it, and `stop` it when its users have closed."""

    address: str
    """Host and port of the frontend, for `Client.connect`."""
    namespace: str
    ui_url: str | None
    metrics_url: str | None
    """Prometheus metrics, among them the counter `action`."""
    log_file: Path
    process: subprocess.Popen[bytes]

    def stop(self, grace: timedelta = timedelta(seconds=10)) -> None:
        """Stop the server, and kill it when it has not ended after `grace`."""
        stop(self.process, grace_seconds=grace.total_seconds())


def start(
    path: Path,
    *,
    log_file: Path,
    port: int = 0,
    ui_port: int | None = None,
    database: Path | None = None,
    namespace: str = "default",
    metrics_port: int | None = None,
    search_attributes: Mapping[str, str] | None = None,
    codec_endpoint: str | None = None,
    dynamic_config: Mapping[str, str] = DYNAMIC_CONFIG,
    detach: bool = False,
) -> RunningServer:
    """Start the server in `path` on loopback and wait until it answers, for at most a minute.

    A port of 0 means any free one; without `ui_port` or `metrics_port` there is no UI or no
    metrics. Without `database` nothing outlives the server; with it, what was acknowledged survives
    a killed server. `search_attributes` (name to type, such as "Keyword") count for a new database
    only: `ensure_search_attributes` adds them to any. The server ends with this process unless
    `detach` is set. Blocks: call it through a thread where an event loop must go on.

    Raises ServerUnavailableError, with the end of the log, when the server does not come up.
    """
    problem = ""
    arguments = _arguments(database, namespace, search_attributes or {}, dynamic_config)
    if codec_endpoint is not None:
        arguments += ["--ui-codec-endpoint", codec_endpoint]
    for _ in range(_ATTEMPTS):
        frontend = port or free_port()
        ui = None if ui_port is None else ui_port or free_port()
        metrics = None if metrics_port is None else metrics_port or free_port()
        listen = ["--ip", _HOST, "--port", str(frontend)]
        listen += ["--headless"] if ui is None else ["--ui-port", str(ui)]
        listen += [] if metrics is None else ["--metrics-port", str(metrics)]
        written = log_file.stat().st_size if log_file.exists() else 0
        server = RunningServer(
            address=f"{_HOST}:{frontend}",
            namespace=namespace,
            ui_url=None if ui is None else f"http://{_HOST}:{ui}",
            metrics_url=None if metrics is None else f"http://{_HOST}:{metrics}/metrics",
            log_file=log_file,
            process=spawn([path, *arguments, *listen], log_file=log_file, detach=detach),
        )
        if _answers_in_time(server):
            return server
        server.stop(grace=timedelta(seconds=1))
        said = log_file.read_bytes()[written:].decode(errors="replace")
        problem = f"The Temporal server did not start; its log ({log_file}) ends:\n"
        problem += "\n".join(said.splitlines()[-20:])
        # A port that was free may have been taken meanwhile; one that was asked for stays taken.
        taken = set(map(int, _TAKEN.findall(said)))
        if not taken or taken & {port, ui_port, metrics_port}:
            break
    raise ServerUnavailableError(problem)


def time_skipping_args() -> list[str]:
    """`dev_server_extra_args` for the SDK's `WorkflowEnvironment.start_time_skipping_v2`."""
    return _dynamic_values({**DYNAMIC_CONFIG, **_TIME_SKIPPING})


async def ensure_search_attributes(client: Client, attributes: Mapping[str, str]) -> set[str]:
    """Add the search attributes (name to type, such as "Keyword") that the namespace lacks.

    Can be repeated, and called by several processes at once. Returns the names that were added.
    Raises ValueError for a type that does not exist, and ServerUnavailableError when an attribute
    of that name has another type.
    """
    wanted = {name: _value_type(kind) for name, kind in attributes.items()}
    listing = ListSearchAttributesRequest(namespace=client.namespace)
    present = (await client.operator_service.list_search_attributes(listing)).custom_attributes
    for name, kind in wanted.items():
        if name in present and present[name] != kind:
            raise ServerUnavailableError(
                f"The search attribute {name} of namespace {client.namespace} is of another type "
                f"than {attributes[name]}; remove it, or use another namespace."
            )
    missing = {name: kind for name, kind in wanted.items() if name not in present}
    if missing:
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise
            return await ensure_search_attributes(client, attributes)
    return set(missing)


def _value_type(kind: str) -> IndexedValueType.ValueType:
    spelled = "".join(f"_{letter}" if letter.isupper() else letter for letter in kind)
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE{spelled.upper()}")


def _arguments(
    database: Path | None,
    namespace: str,
    search_attributes: Mapping[str, str],
    dynamic_config: Mapping[str, str],
) -> list[str]:
    arguments = ["server", "start-dev", "--namespace", namespace, "--log-level", "warn"]
    arguments += _dynamic_values(dynamic_config)
    for name, kind in search_attributes.items():
        arguments += ["--search-attribute", f"{name}={kind}"]
    if database is not None:
        database.parent.mkdir(parents=True, exist_ok=True)
        arguments += ["--db-filename", str(database.absolute())]
        arguments += [
            "--sqlite-pragma",
            "journal_mode=WAL",
            "--sqlite-pragma",
            "synchronous=NORMAL",
        ]
    return arguments


def _dynamic_values(values: Mapping[str, str]) -> list[str]:
    return [
        part
        for key, value in values.items()
        for part in ("--dynamic-config-value", f"{key}={value}")
    ]


def _answers_in_time(server: RunningServer) -> bool:
    """Ask until all is there; in a thread of its own, as a loop may run in the caller's."""

    async def ask() -> bool:
        client = await Client.connect(server.address, namespace=server.namespace, lazy=True)
        asking = asyncio.create_task(_answered(client, server))
        deadline = time.monotonic() + _START_SECONDS
        while not asking.done() and server.process.poll() is None and time.monotonic() < deadline:
            await asyncio.wait((asking,), timeout=5 * _POLL_SECONDS)
        if asking.cancel():
            return False
        asking.result()
        return True

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ask()).result()


async def _answered(client: Client, server: RunningServer) -> None:
    """Return when somebody listens on each port, and the namespace is there."""
    request = DescribeNamespaceRequest(namespace=server.namespace)
    urls = (f"//{server.address}", server.ui_url, server.metrics_url)
    while True:
        try:
            # Asked about nobody's port, the client would try again for half a minute.
            for url in filter(None, urls):
                _, connection = await asyncio.open_connection(_HOST, urlsplit(url).port)
                connection.close()
                await connection.wait_closed()
            await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=2))
        except (OSError, RPCError, RuntimeError):  # the client's RuntimeError: it cannot connect
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return
