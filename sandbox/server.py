"""Start the sandbox as a process of its own, for tests, the demo and measurements."""

import json
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 5.0


class SandboxStartError(Exception):
    """The process ended or stayed silent; the message holds what it said."""


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that serves at `url` until it is stopped."""

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End it in good order (SIGTERM), waiting until it is gone."""
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._close()

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self.process.kill()
        self._close()

    def _close(self) -> None:
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def start(state: Path | None = None, port: int = 0, timeout: float = 30.0) -> RunningSandbox:
    """Run `python -m sandbox` and wait for its address. Raises SandboxStartError.

    The process ends with this one, however this one ends: it is held by its standard input.
    """
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--leash"]
    if state is not None:
        command += ["--state", str(state)]
    process = subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    line = _first_line(process.stdout, process, timeout) if process.stdout else ""
    if not line:
        RunningSandbox(url="", process=process).kill()
        status = process.returncode
        raise SandboxStartError(f"{' '.join(command)} ended with {status} without an address")
    return RunningSandbox(url=json.loads(line)["url"], process=process)


def _first_line(output: IO[str], process: subprocess.Popen[str], timeout: float) -> str:
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([output], [], [], min(left, 0.2))
        if readable:
            return output.readline()
        if process.poll() is not None:
            return ""
    return ""
