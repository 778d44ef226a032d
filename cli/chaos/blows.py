"""Parts are killed and frozen by schedule, and started again as an operator's supervisor would."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from cli.chaos.plan import Blow, Part
from cli.stack import Stack

Say = Callable[[str], None]
_PATIENCE = 20.0
_YOUTH = 15.0


class Blows:
    """Deals the blows of a plan, one at a time, and mends after each."""

    def __init__(self, stack: Stack, blows: Sequence[Blow], say: Say) -> None:
        """Nothing has been struck yet."""
        self._stack = stack
        self._left = sorted(blows, key=lambda blow: blow.at)
        self._say = say
        self._asleep: dict[str, float] = {}
        self._born: dict[int, float] = {}
        self.dealt: Counter[str] = Counter()
        self.frozen: Counter[str] = Counter()
        self.died: list[str] = []

    def step(self, placed: int) -> None:
        """Deal what is due by the number of orders placed; see that everything else lives."""
        self._wake(time.monotonic())
        self._look_for_dead()
        if self._left and placed >= self._left[0].at:
            self._deal(self._left.pop(0))

    def finish(self) -> None:
        """Let go what is frozen, and see that everything runs."""
        self._wake(float("inf"))
        self._look_for_dead()

    def _deal(self, blow: Blow) -> None:
        name = f"worker-{blow.which}" if blow.part is Part.WORKER else blow.part.value
        number = self._number(blow.part, name)
        if number is None or name in self._asleep:
            return
        if blow.frozen:
            self._say(f"{name} is frozen for {blow.frozen:g} s")
            os.kill(number, signal.SIGSTOP)
            self._asleep[name] = time.monotonic() + blow.frozen
            self.frozen[blow.part.value] += 1
            return
        self._say(f"{name} is killed, and down for {blow.down:g} s")
        os.kill(number, signal.SIGKILL)
        self.dealt[blow.part.value] += 1
        deadline = time.monotonic() + _PATIENCE
        while self._number(blow.part, name) is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(blow.down)
        self._look_for_dead(struck=name)

    def _wake(self, now: float) -> None:
        for name, until in list(self._asleep.items()):
            if now >= until:
                del self._asleep[name]
                with suppress(ProcessLookupError):
                    os.kill(self._stack.processes[name].pid, signal.SIGCONT)

    def _look_for_dead(self, struck: str = "") -> None:
        """Start again what is dead; what nobody killed must not die."""
        for part in (Part.ENGINE, Part.DATABASE):
            if part.value != struck and self._number(part, part.value) is None:
                self.died.append(f"{part.value} died by itself")
        now = time.monotonic()
        for name, process in self._stack.processes.items():
            born = self._born.setdefault(process.pid, now)
            status = process.poll()
            # A process that starts while what it connects to is away ends, and is started again.
            at_birth = bool(struck) and now - born < _YOUTH
            if status is not None and name != struck and not at_birth:
                self.died.append(f"{name} died by itself with status {status}")
        sandbox = self._stack.sandbox
        if sandbox is not None and sandbox.process.poll() is not None:
            self.died.append("the sandbox died by itself")
        self._stack.mend()

    def _number(self, part: Part, name: str) -> int | None:
        """The process that runs now; None where it is dead."""
        match part:
            case Part.DATABASE:
                return None if self._stack.postgres is None else self._stack.postgres.pid
            case Part.ENGINE:
                engine = self._stack.temporal
                process = None if engine is None else engine.process
            case _:
                process = self._stack.processes.get(name)
        return process.pid if process is not None and process.poll() is None else None
