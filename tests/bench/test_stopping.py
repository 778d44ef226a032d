"""A measurement that is told to stop leaves nothing running."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UP = "1 worker process(es) started"


def until(what: Callable[[], bool], patience: float, told: Path) -> None:
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, told.read_text()
        time.sleep(0.05)


def started_in(folder: Path) -> set[str]:
    """Processes whose temporary files, working folder or arguments lie in a folder."""
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            words += str((process / "cwd").readlink()).encode()
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if str(folder).encode() in words:
            found.add(process.name)
    return found


@pytest.fixture
def folder() -> Generator[Path]:
    """One whose path is short: a database's socket has to lie below it."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_measurement_that_is_told_to_stop_leaves_nothing_running(
    folder: Path, number: signal.Signals
) -> None:
    told = folder / "told"
    # SIGINT ignored, as a shell does it for what it starts in the background.
    shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    command = [*shell, sys.executable, "-m", "bench", "--only", "worker_rss_mib_1000_open"]
    with told.open("w") as errors:
        bench = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            stderr=errors,
        )
    until(lambda: UP in told.read_text() or bench.poll() is not None, 90, told)
    assert len(started_in(folder)) > 5
    bench.send_signal(number)
    assert bench.wait(60) == 128 + number
    until(lambda: not started_in(folder), 5, told)
    assert [one.name for one in folder.iterdir()] == ["told"]
