"""Child processes that are stopped in order, and that never outlive a parent by accident.

On Linux a child asks the kernel for SIGTERM when its parent dies (`prctl(2)`, PR_SET_PDEATHSIG), so
that even a parent ended by SIGKILL leaves nothing running. Elsewhere children are stopped when the
interpreter exits, which a parent ended by SIGKILL or `os._exit` does not reach.
"""

import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

# Below the range from which operating systems draw the ports of outgoing connections, so that no
# connection made a moment later can take a port that was found to be free.
_PORTS = range(12_000, 32_000)
_luck = random.SystemRandom()  # nobody seeds it: two processes that did would draw alike
_drawn: set[int] = set()
_POLL_SECONDS = 0.02

# The request is made by the child itself, just before it becomes the command: code run between
# fork and exec in a process with threads can deadlock. 1 is PR_SET_PDEATHSIG, 15 is SIGTERM.
_FOLLOW_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 15)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""

# The kernel means the parent's *thread*: a child started from a worker thread would end with that
# thread. This one lives as long as the process.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="process-starter")

# Popen objects of children that are meant to stay, kept from the warning that they still run.
_detached: list[subprocess.Popen[bytes]] = []


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port on which nobody listens now, and which no outgoing connection will take.

    Drawn once in a process: whoever asks again has not begun to listen on the first one yet.
    """
    for port in _luck.sample(_PORTS, 1_000):
        if port not in _drawn and is_free(port, host):
            _drawn.add(port)
            return port
    raise OSError(f"no free port on {host}")


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on a TCP port."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def spawn(
    argv: Sequence[str | Path],
    *,
    log_file: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: str | None = None,
    detach: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a command in the background; what it prints is appended to `log_file`.

    The child gets a process group of its own, so that Ctrl-C reaches the parent alone, which then
    stops its children in the right order. It ends with the parent, unless `detach` is set: then it
    gets a session of its own and stays. With `user`, root starts it as that user, always detached:
    the kernel forgets the request of a child that changes its user.
    Raises FileNotFoundError when there is no such command.
    """
    if user is not None and not detach:
        raise ValueError("a child of another user cannot end with its parent")
    command = [str(argument) for argument in argv]
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(f"{command[0]} is no program that can be run")
    command[0] = str(Path(program).absolute())
    follow = sys.platform == "linux" and not detach
    if follow:
        shim = [sys.executable, "-I", "-S", "-c", _FOLLOW_PARENT, str(os.getpid())]
        command = [*shim, *command]
    log_file.parent.mkdir(parents=True, exist_ok=True)

    def start() -> subprocess.Popen[bytes]:
        with log_file.open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                user=user,
                group=user,
                extra_groups=None if user is None else (),
                start_new_session=detach,
                process_group=None if detach else 0,
            )

    process = _starter.submit(start).result()
    if detach:
        _detached.append(process)
    elif not follow:
        atexit.register(stop, process)
    return process


def stop(process: subprocess.Popen[bytes], *, grace_seconds: float = 10.0) -> int:
    """Ask a child to end, kill it when the grace is over, and return its exit status.

    A child that has already ended is fine. A negative status is the number of a signal.
    """
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def working_in(folder: Path) -> set[int]:
    """Processes whose current folder this is, as far as the system tells (Linux does)."""
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.add(int(process.name))
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def command_line(number: int) -> str:
    """What a process was started with; nothing once it has ended, waited for or not."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listing = ["ps", "-ww", "-o", "command=", "-p", str(number)]
    return subprocess.run(listing, capture_output=True, text=True, check=False).stdout


def stop_detached(number: int, known_by: str, *, grace_seconds: float = 10.0) -> bool:
    """Stop a process that an earlier command left running, by the number that was written down.

    `known_by` is a part of its command line: the number may be a stranger's by now, and strangers
    are left alone. False when it no longer runs.
    """
    if known_by not in command_line(number):
        return False
    for request in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(number, request)
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline:
            if known_by not in command_line(number):
                return True
            time.sleep(_POLL_SECONDS)
    return True
