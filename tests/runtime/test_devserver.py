"""The embedded Temporal server as Ordersaga starts it: what it serves, and what it outlives."""

import asyncio
import os
import re
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from runtime import devserver
from runtime.devserver import RunningServer, ServerUnavailableError
from runtime.processes import free_port

CODEC = "http://127.0.0.1:9/codec"
STATUS = SearchAttributeKey.for_keyword("TestStatus")


@workflow.defn
class Waiting:
    """Waits for a signal, two days at most, and says which of the two it was."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.wait_condition(lambda: self._told, timeout=timedelta(days=2))
        except TimeoutError:
            return "waited"
        return "told"

    @workflow.signal
    def tell(self) -> None:
        self._told = True


def worker(client: Client, queue: str) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[Waiting],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


async def until(what: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + 15
    while not await what():
        assert time.monotonic() < deadline, f"{what.__qualname__} did not come true"
        await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def path() -> Path:
    return devserver.find_or_build(print)


@pytest_asyncio.fixture(scope="module")
async def server(
    path: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[RunningServer]:
    """With everything on, on a file; tests that stop a server start one of their own."""
    folder = tmp_path_factory.mktemp("engine")
    running = await asyncio.to_thread(
        devserver.start,
        path,
        log_file=folder / "log",
        ui_port=0,
        metrics_port=0,
        database=folder / "engine #1.sqlite",
        search_attributes={STATUS.name: "Keyword"},
        codec_endpoint=CODEC,
    )
    yield running
    await asyncio.to_thread(running.stop)


async def test_the_ui_answers_and_knows_the_codec(server: RunningServer) -> None:
    assert server.ui_url is not None
    async with httpx.AsyncClient(base_url=server.ui_url, trust_env=False) as browser:
        page = await browser.get("/")
        settings = (await browser.get("/api/v1/settings")).json()
        namespace = (await browser.get("/api/v1/namespaces/default")).json()
    assert "<html" in page.text
    assert settings["Codec"]["Endpoint"] == CODEC
    assert settings["DisableNewsFetch"] is True
    assert namespace["namespaceInfo"]["name"] == server.namespace


def actions(exposition: str, namespace: str) -> dict[str, int]:
    """The server's billed actions by type, from its Prometheus text."""
    counted: dict[str, int] = {}
    for labels, value in re.findall(r"^action\{(.*)\} (\S+)$", exposition, re.MULTILINE):
        label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if label["namespace"] == namespace:
            kind = label["action_type"]
            counted[kind] = counted.get(kind, 0) + int(float(value))
    return counted


async def test_the_metrics_count_billed_actions(server: RunningServer) -> None:
    assert server.metrics_url is not None
    client = await Client.connect(server.address)
    async with httpx.AsyncClient(trust_env=False) as reader:
        before = actions((await reader.get(server.metrics_url)).text, "default")
        async with worker(client, queue := str(uuid4())):
            handle = await client.start_workflow(Waiting.run, id=queue, task_queue=queue)
            await handle.signal(Waiting.tell)
            assert await handle.result() == "told"

        async def counted() -> bool:  # the server publishes its counters about once a second
            after = actions((await reader.get(str(server.metrics_url))).text, "default")
            signal_kind, start_kind = "grpc_SignalWorkflowExecution", "grpc_StartWorkflowExecution"
            return after.get(signal_kind, 0) - before.get(signal_kind, 0) == 1 and after.get(
                start_kind, 0
            ) > before.get(start_kind, 0)

        await until(counted)


async def test_search_attributes_are_added_once_to_an_existing_database(
    server: RunningServer,
) -> None:
    client = await Client.connect(server.address)
    wanted = {STATUS.name: "Keyword", "TestTags": "KeywordList", "TestDue": "Datetime"}
    assert await devserver.ensure_search_attributes(client, wanted) == {"TestTags", "TestDue"}
    assert await devserver.ensure_search_attributes(client, wanted) == set()
    tags = SearchAttributeKey.for_keyword_list("TestTags")
    pairs = [SearchAttributePair(STATUS, "picked"), SearchAttributePair(tags, ["fragile"])]
    handle = await client.start_workflow(
        Waiting.run,
        id=str(uuid4()),
        task_queue="nobody",
        search_attributes=TypedSearchAttributes(pairs),
    )

    async def found() -> bool:
        query = "TestStatus = 'picked' AND TestTags = 'fragile'"
        return (await client.count_workflows(query)).count == 1

    await until(found)
    await handle.terminate()


async def test_an_attribute_of_another_type_is_refused(server: RunningServer) -> None:
    client = await Client.connect(server.address)
    with pytest.raises(ServerUnavailableError, match=f"{STATUS.name} .* is of another type"):
        await devserver.ensure_search_attributes(client, {STATUS.name: "Int"})
    with pytest.raises(ValueError, match="NO_SUCH"):
        await devserver.ensure_search_attributes(client, {"TestOther": "NoSuch"})


async def test_a_database_has_one_server(server: RunningServer, path: Path, tmp_path: Path) -> None:
    database = server.log_file.parent / "engine #1.sqlite"
    with pytest.raises(ServerUnavailableError, match="another server uses the database"):
        await asyncio.to_thread(devserver.start, path, log_file=tmp_path / "log", database=database)


async def test_an_open_workflow_survives_a_killed_server(path: Path, tmp_path: Path) -> None:
    def start() -> RunningServer:
        return devserver.start(path, log_file=tmp_path / "log", database=tmp_path / "engine.sqlite")

    first = await asyncio.to_thread(start)
    client = await Client.connect(first.address)
    async with worker(client, "waiting"):
        await client.start_workflow(Waiting.run, id="open", task_queue="waiting")
        handle = client.get_workflow_handle("open")

        async def waits() -> bool:
            events = (await handle.fetch_history()).events
            return any(event.HasField("timer_started_event_attributes") for event in events)

        await until(waits)
    first.process.kill()
    first.process.wait()

    second = await asyncio.to_thread(start)
    client = await Client.connect(second.address)
    handle = client.get_workflow_handle_for(Waiting.run, "open")
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    async with worker(client, "waiting"):
        await handle.signal(Waiting.tell)
        assert await handle.result() == "told"
    second.stop()
    assert second.process.returncode == 0


async def test_two_days_pass_at_once(path: Path) -> None:
    async with (
        await WorkflowEnvironment.start_time_skipping_v2(
            ts_config=TimeSkippingConfig(enabled=False),
            dev_server_existing_path=str(path),
            dev_server_extra_args=devserver.time_skipping_args(),
            dev_server_startup_timeout=timedelta(seconds=60),
        ) as environment,
        worker(environment.client, "waiting"),
    ):
        handle = await environment.client.start_workflow(
            Waiting.run, id="patient", task_queue="waiting"
        )
        async with asyncio.timeout(15):
            await environment.fast_forward(handle, timedelta(days=2))
            assert await handle.result() == "waited"


def test_a_server_that_cannot_start_shows_why(path: Path, tmp_path: Path) -> None:
    def start(port: int = 0, **dynamic: str) -> None:
        devserver.start(path, log_file=tmp_path / "log", port=port, dynamic_config=dynamic)

    with pytest.raises(ServerUnavailableError, match=r"limit: .* is not one JSON value"):
        start(limit="plenty")
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ServerUnavailableError, match="address already in use"),
    ):
        start(port=taken.getsockname()[1])


def test_a_port_that_was_just_taken_is_drawn_again(path: Path, tmp_path: Path) -> None:
    """The server draws ports for its own services, and says in a long text which one was taken."""
    before = tmp_path / "taken-once"
    before.touch()
    trace = "\n".join(f"frame {n}" for n in range(40))
    words = f"listen tcp 127.0.0.1:24100: bind: address already in use\n{trace}"
    unlucky = tmp_path / "server"
    unlucky.write_text(f"""#!/bin/sh
if rm {before} 2> /dev/null; then echo '{words}'; exit 1; fi
exec {path} "$@"
""")
    unlucky.chmod(0o700)
    server = devserver.start(unlucky, log_file=tmp_path / "log", port=free_port())
    server.stop()
    assert not before.exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--frobnicate"], "flag provided but not defined: -frobnicate"),
        (["--search-attribute", "Status=Word"], '"Word" is no type of search attribute'),
        (["--sqlite-pragma", "fast"], '"fast" is not name=value'),
        (["--log-level", "loud"], '--log-level "loud" is unknown'),
        (["now"], 'unexpected argument "now"'),
    ],
)
def test_a_wrong_option_is_one_clear_line(path: Path, arguments: list[str], complaint: str) -> None:
    answer = subprocess.run(
        [path, "server", "start-dev", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert answer.returncode == 1
    assert complaint in answer.stderr
    assert answer.stderr.count("\n") == 1
