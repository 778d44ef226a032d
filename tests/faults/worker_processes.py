"""Worker processes that can be killed, paused and woken, each with its plan and its notes."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.processes import spawn, stop
from tests.faults.plan import Break, Notebook, write_plan
from tests.world import World

_ROOT = Path(__file__).resolve().parent.parent.parent
_THREADS = 320
"""Far more than breaks at once: each try at one holds a place in its worker until that dies."""


class Workers:
    """Worker processes of one world, each with its plan and its notes."""

    def __init__(self, world: World, folder: Path) -> None:
        """Files go to ``folder``."""
        self._world = world
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, breaks: dict[str, Break] | None = None) -> "WorkerProcess":
        """A worker that breaks these orders, or none."""
        name = f"worker-{len(self._running) + 1}"
        plan, notes = self._folder / f"{name}.plan", self._folder / f"{name}.notes"
        write_plan(plan, breaks or {})
        process = spawn(
            [sys.executable, "-m", "tests.faults.worker"],
            log_file=self._folder / f"{name}.log",
            env={**os.environ, **self._environment(plan, notes)},
            cwd=_ROOT,
        )
        self._running.append(process)
        return WorkerProcess(process, Notebook(notes))

    def _environment(self, plan: Path, notes: Path) -> dict[str, str]:
        world = self._world
        settings = world.settings.model_dump(exclude_unset=True)
        shown = {
            f"ORDERSAGA_{name.upper()}": str(
                getattr(value, "get_secret_value", lambda v=value: v)()
            )
            for name, value in settings.items()
        }
        return {
            **shown,
            "ORDERSAGA_ACTIVITY_THREADS": str(_THREADS),
            "TEMPORAL_ADDRESS": world.client.service_client.config.target_host,
            "TEMPORAL_NAMESPACE": world.client.namespace,
            "ORDERSAGA_DATABASE_URL": world.database_url,
            "FAULTS_PLAN": str(plan),
            "FAULTS_NOTES": str(notes),
            "FAULTS_SANDBOX": world.sandbox.url,
        }

    def stop(self) -> None:
        """End them all; those that are paused or hold on to something are killed."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()


@dataclass(frozen=True)
class WorkerProcess:
    """One worker, and what it has told so far."""

    process: subprocess.Popen[bytes]
    notebook: Notebook

    def orders(self, event: str) -> set[str]:
        """Which orders it has told this about."""
        return {note.order for note in self.notebook.notes() if note.event == event}

    def send(self, signal_number: int) -> None:
        """Kill it, pause it, wake it."""
        os.kill(self.process.pid, signal_number)

    def end(self) -> None:
        """Let it finish what it is doing, and wait."""
        stop(self.process, grace_seconds=25)


@asynccontextmanager
async def open_workers(world: World, folder: Path) -> AsyncGenerator[Workers]:
    """Workers that end with this block."""
    workers = Workers(world, folder)
    try:
        yield workers
    finally:
        await asyncio.to_thread(workers.stop)
