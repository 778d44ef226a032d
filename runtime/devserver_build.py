"""Where the embedded Temporal server comes from: a cache, the machine, a download, or a build."""

import asyncio
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

import temporalio.service
from temporalio.testing import WorkflowEnvironment

Report = Callable[[str], None]

SOURCE = Path(__file__).resolve().parent.parent / "docker" / "devserver"
"""The Go module of the embedded server."""

MINIMUM_SERVER = (1, 32)
"""The first server version with time skipping, and with eager activities on by default."""

_BUILD = ("go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")
# Without C the build needs no compiler but Go's, and its result runs on any libc.
_GO_ENVIRONMENT = {"CGO_ENABLED": "0", "GOWORK": "off"}
_DOWNLOAD_SECONDS = 120.0
_PROGRESS_SECONDS = 10.0


class ServerUnavailableError(RuntimeError):
    """No Temporal server could be found or built; the message says what to do."""


def find_or_build(report: Report) -> Path:
    """The path of a Temporal server that takes the command line of `temporal server start-dev`.

    Looks for a cached build, for `temporal` on PATH with server 1.32 or later, for the Temporal
    SDK's own download, and at last builds the Go module in docker/devserver into the user's cache
    (about five minutes on two cores). `report` gets a line of text for each thing that takes time.
    Raises ServerUnavailableError when none of these is possible.
    """
    return _cached() or on_path() or _downloaded(report) or build(report)


def cache_directory() -> Path:
    """The folder of cached servers: under XDG_CACHE_HOME, or else under ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "ordersaga" / "devserver"


def cached_build() -> Path:
    """Where a build of today's sources belongs, whether or not it is there."""
    digest = hashlib.sha256(repr((platform.system(), platform.machine(), _BUILD)).encode())
    sources = [SOURCE / "go.mod", SOURCE / "go.sum", *sorted(SOURCE.glob("*.go"))]
    for source in sources:
        digest.update(f"{source.name} {source.stat().st_size}\n".encode())
        digest.update(source.read_bytes())
    return cache_directory() / digest.hexdigest()[:20] / "devserver"


def server_version(path: Path) -> tuple[int, int] | None:
    """Major and minor version of the server inside an executable, None where it does not say."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"Server v?(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else None


def on_path() -> Path | None:
    """`temporal` on PATH, if the server in it is new enough."""
    found = shutil.which("temporal")
    return Path(found) if found and _new_enough(Path(found)) else None


def build(report: Report) -> Path:
    """Build today's sources into the cache, unless they are there, and return where that is.

    One process at a time builds; the others wait and take its result. What is cut short leaves
    nothing that could be taken for a server.
    """
    if not SOURCE.is_dir() or shutil.which("go") is None:
        raise ServerUnavailableError(
            "There is no Temporal server on this machine and none could be downloaded. "
            "Install Go 1.26.8 or later and run this from a checkout, or put `temporal` (with "
            f"server {MINIMUM_SERVER[0]}.{MINIMUM_SERVER[1]} or later) on PATH, or set "
            "TEMPORAL_ADDRESS to a server that runs elsewhere."
        )
    target = cached_build()
    with _one_at_a_time(report):
        if not target.exists():
            _compile(target, report)
    return target


def _compile(target: Path, report: Report) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".new")
    report("Building the embedded Temporal server, once: about five minutes on two cores.")
    packages = _run_go(("go", "list", "-deps", "."), report, "fetching sources")
    report(f"  {len(packages)} packages to compile, fewer where Go has them cached")
    started = time.monotonic()
    _run_go((*_BUILD, "-o", str(unfinished), "."), report, "compiling")
    unfinished.replace(target)
    report(f"  built in {_elapsed(started)}: {target}")


def _new_enough(path: Path) -> bool:
    version = server_version(path)
    return version is not None and version >= MINIMUM_SERVER


def _download_target() -> Path:
    return cache_directory() / f"sdk-{temporalio.service.__version__}" / "temporal"


def _cached() -> Path | None:
    candidates = [_download_target()]
    if SOURCE.is_dir():
        candidates.insert(0, cached_build())
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


@contextmanager
def _one_at_a_time(report: Report) -> Generator[None]:
    cache_directory().mkdir(parents=True, exist_ok=True)
    with (cache_directory() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Another process is preparing the Temporal server; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _downloaded(report: Report) -> Path | None:
    """The SDK's own download, which it makes as a part of starting a server."""
    report("Looking for a Temporal server to download ...")
    cache_directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_directory()) as folder:

        async def fetch() -> None:
            # A parameter of the SDK's own is a generic class without its argument.
            environment = await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]
                download_dest_dir=folder,
                dev_server_log_level="error",
                dev_server_startup_timeout=timedelta(seconds=60),
            )
            await environment.shutdown()

        # No way out to the internet is an ordinary thing: the build is next.
        with (
            suppress(RuntimeError, OSError, TimeoutError),
            ThreadPoolExecutor(1) as thread,  # the caller's own event loop may be running
        ):
            thread.submit(asyncio.run, asyncio.wait_for(fetch(), _DOWNLOAD_SECONDS)).result()
        executables = [path for path in Path(folder).iterdir() if os.access(path, os.X_OK)]
        chosen = next((path for path in executables if path.is_file() and _new_enough(path)), None)
        if chosen is None:
            return None
        target = _download_target()
        target.parent.mkdir(parents=True, exist_ok=True)
        return chosen.replace(target)


def _run_go(command: tuple[str, ...], report: Report, doing: str) -> list[str]:
    """Run Go with a line of progress now and then; the lines of its standard output."""
    started = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=SOURCE,
        env=os.environ | _GO_ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        output, progress = _Lines(process.stdout), _Lines(process.stderr)
        try:
            while (status := _ended(process, _PROGRESS_SECONDS)) is None:
                report(f"  {doing}: {progress.count} packages, {_elapsed(started)}")
        except BaseException:
            process.kill()
            raise
        lines, last_words = output.all(), "\n".join(progress.all()[-20:])
    if status != 0:
        raise ServerUnavailableError(
            f"`{' '.join(command[:2])}` failed in {SOURCE} (status {status}). Mend what it says, "
            f"or set TEMPORAL_ADDRESS to a server that runs elsewhere.\n{last_words}"
        )
    return lines


def _ended(process: subprocess.Popen[str], within_seconds: float) -> int | None:
    try:
        return process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        return None


class _Lines:
    """Reads a stream in the background, so that its writer never waits for a reader."""

    def __init__(self, stream: IO[str] | None) -> None:
        self.count = 0
        self._kept: deque[str] = deque(maxlen=5_000)
        self._thread = threading.Thread(target=self._read, args=(stream or (),), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str] | tuple[()]) -> None:
        for line in stream:
            self._kept.append(line.rstrip())
            self.count += 1

    def all(self) -> list[str]:
        self._thread.join()
        return list(self._kept)


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
