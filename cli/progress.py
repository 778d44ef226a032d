"""What is going on, on standard error: a live line on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

_PLAIN_SECONDS = 5.0


class Counted:
    """Something that is counted up to a total."""

    def __init__(self, console: Console, what: str, total: int) -> None:
        """A line now and then, for whoever reads a log."""
        self._console = console
        self._what = what
        self._total = total
        self._told = time.monotonic()

    def at(self, done: int) -> None:
        """So many are done."""
        now = time.monotonic()
        if now - self._told >= _PLAIN_SECONDS:
            self._told = now
            self._console.print(f"  {self._what}: {done} of {self._total}", highlight=False)


class _Bar(Counted):
    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=total)

    def at(self, done: int) -> None:
        self._progress.update(self._task, completed=done)


class Teller:
    """Tells on standard error; standard output is the figures' own."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """One line, with the seconds since the start."""
        seconds = time.monotonic() - self._began
        self.console.print(f"{seconds:6.1f} s  {text}", highlight=False, soft_wrap=True)

    @contextmanager
    def counting(self, what: str, total: int) -> Generator[Counted]:
        """Show how far something has come."""
        if not self.console.is_terminal:
            yield Counted(self.console, what, total)
            return
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as progress:
            yield _Bar(progress, what, total)


def reserve_standard_output() -> TextIO:
    """Standard output for figures alone; what anybody else writes there goes to standard error.

    The Temporal SDK logs there, and a server that it starts says there where it is.
    """
    sys.stdout.flush()
    reserved = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return reserved
