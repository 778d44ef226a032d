"""Children end when they should: with their parent, or when told, and not before."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.processes import command_line, free_port, spawn, stop, stop_detached

PARENT = """
import sys
from pathlib import Path
from runtime.processes import spawn
child = spawn(["sleep", sys.argv[2]], log_file=Path(sys.argv[1]), detach=sys.argv[3] == "stays")
print(child.pid, flush=True)
sys.stdin.read()
"""
DEAF = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sleeps(number: int, seconds: str) -> bool:
    """Whether a process has become the command that it was started for."""
    program, _, arguments = command_line(number).partition(" ")
    return Path(program).name == "sleep" and arguments.strip() == seconds


def killed_parent(log: Path, child_sleeps: str, how: str) -> int:
    """Number of a child whose parent was killed."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, log, child_sleeps, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        until(lambda: sleeps(child, child_sleeps))
        parent.kill()
    return child


def test_a_child_ends_with_its_killed_parent(tmp_path: Path) -> None:
    child = killed_parent(tmp_path / "log", "3601", "follows")
    until(lambda: "sleep" not in command_line(child))


def test_a_detached_child_stays_until_it_is_stopped_by_number(tmp_path: Path) -> None:
    child = killed_parent(tmp_path / "log", "3602", "stays")
    assert not stop_detached(child, "somebody else's work")
    assert sleeps(child, "3602")
    assert stop_detached(child, "sleep 3602")
    assert "sleep" not in command_line(child)
    assert not stop_detached(child, "sleep 3602")


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        children.append(spawn(["sleep", "3603"], log_file=tmp_path / "log"))
        until(lambda: sleeps(children[0].pid, "3603"))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    until(lambda: not Path(f"/proc/self/task/{thread.native_id}").exists())
    with pytest.raises(subprocess.TimeoutExpired):
        children[0].wait(0.2)
    assert stop(children[0]) == -signal.SIGTERM


def test_ctrl_c_is_for_the_parent_alone(tmp_path: Path) -> None:
    child = spawn(["sleep", "3604"], log_file=tmp_path / "log")
    assert os.getpgid(child.pid) != os.getpgid(0)
    stop(child)


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    child = spawn([sys.executable, "-c", DEAF], log_file=log)
    until(lambda: log.read_text() == "before\ndeaf\n")
    assert stop(child, grace_seconds=0.1) == -signal.SIGKILL
    assert stop(child) == -signal.SIGKILL


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        spawn(["no-such-program"], log_file=tmp_path / "log")


def test_a_child_of_another_user_must_be_detached(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="another user"):
        spawn(["sleep", "1"], log_file=tmp_path / "log", user="nobody")


def test_a_free_port_is_one_that_no_outgoing_connection_takes() -> None:
    port = free_port()
    assert 1024 < port < 32_768
    with socket.create_server(("127.0.0.1", port)):
        assert free_port() != port


def test_a_port_is_drawn_once_and_no_seed_decides_which() -> None:
    drawn: list[int] = []
    for _ in range(20):
        random.seed(1)
        drawn.append(free_port())
    assert len(set(drawn)) == len(drawn)
