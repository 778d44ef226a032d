"""A Temporal server that skips time and counts actions, with a World on it."""

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from backoffice.database import Database
from backoffice.migrating import migrate
from cli.progress import Teller
from runtime import devserver
from runtime.embedded_postgres import EmbeddedPostgres
from runtime.processes import free_port
from runtime.temporal import DATA_CONVERTER
from sandbox.client import SandboxClient
from sandbox.server import start as start_sandbox
from tests.world import World, open_world
from workflows.attributes import ALL as SEARCH_ATTRIBUTES


@dataclass(frozen=True)
class VirtualEngine:
    """A world in one process, and where its server shows its counters."""

    world: World
    metrics_url: str
    database_url: str


@asynccontextmanager
async def open_virtual_engine(teller: Teller, **world: Any) -> AsyncGenerator[VirtualEngine]:
    """Everything new and empty, gone afterwards; keyword arguments are `open_world`'s.

    Histories are in the clear, as in every figure but the one about safeguards.
    """
    options: dict[str, Any] = {"codec_keys": ""} | world
    path = devserver.find_or_build(teller.say)
    port = free_port()
    running = start_sandbox()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="ordersaga-bench-") as folder,
            EmbeddedPostgres.start(Path(folder), durable=False) as postgres,
            SandboxClient(running.url) as sandbox,
        ):
            _migrate(postgres.url)
            async with (
                await _start(str(path), port) as environment,
                open_world(environment, sandbox, postgres.url, **options) as opened,
            ):
                url = f"http://127.0.0.1:{port}/metrics"
                yield VirtualEngine(opened, url, postgres.url)
    finally:
        running.stop()


async def _start(path: str, metrics_port: int) -> WorkflowEnvironment:
    return await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=path,
        dev_server_extra_args=[
            *devserver.time_skipping_args(),
            "--metrics-port",
            str(metrics_port),
        ],
        dev_server_log_level="error",
        data_converter=DATA_CONVERTER,
        search_attributes=SEARCH_ATTRIBUTES,
    )


def _migrate(url: str) -> None:
    database = Database(url)
    migrate(database)
    database.close()
