"""What a worker that is made to fail is told, and what it tells back: two files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any


class Kind(StrEnum):
    """How a step is broken off, each at one point of its way."""

    KILLED_BEFORE_EFFECT = "killed_before_effect"
    KILLED_BEFORE_COMMIT = "killed_before_commit"
    KILLED_AFTER_COMMIT = "killed_after_commit"
    ANSWER_LOST = "answer_lost"
    COMMIT_LOST = "commit_lost"
    ZOMBIE_BEFORE_EFFECT = "zombie_before_effect"
    ZOMBIE_BEFORE_COMPLETION = "zombie_before_completion"

    @property
    def zombie(self) -> bool:
        """Whether the worker is paused and wakes up again, rather than killed."""
        return self in (Kind.ZOMBIE_BEFORE_EFFECT, Kind.ZOMBIE_BEFORE_COMPLETION)


@dataclass(frozen=True)
class Break:
    """Where one order's work is broken off. ``vendors`` are those that the step calls."""

    point: str
    kind: Kind
    vendors: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """Something that the worker saw or did; ``event`` is one of the constants below."""

    event: str
    order: str = ""
    point: str = ""
    vendors: tuple[str, ...] = ()


KNOWN, RAN, REACHED, WENT_ON = "known", "ran", "reached", "went_on"
"""An activity that the worker serves; a try that ended; a break; a zombie that has woken up."""


def point_of(activity: str, request: object) -> str:
    """A point's name: the activity's, and of mails the kind as well, for each is a step's own."""
    kind = getattr(request, "kind", None)
    return activity if kind is None else f"{activity}:{kind}"


def write_plan(path: Path, breaks: Mapping[str, Break]) -> None:
    """Say for each order where its work breaks off."""
    path.write_text(json.dumps({order: asdict(one) for order, one in breaks.items()}))


def read_plan(path: Path) -> dict[str, Break]:
    """What `write_plan` wrote."""
    plan: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return {
        order: Break(one["point"], Kind(one["kind"]), tuple(one["vendors"]))
        for order, one in plan.items()
    }


class Notebook:
    """Notes, a line each, written at once: the writer may be killed at any moment."""

    def __init__(self, path: Path) -> None:
        """The file is made with the first note."""
        self._path = path
        self._lock = Lock()

    def add(self, note: Note) -> None:
        """Write a note down."""
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps(asdict(note)) + "\n")

    def notes(self) -> Iterable[Note]:
        """All notes so far."""
        if not self._path.exists():
            return
        for line in self._path.read_text().splitlines():
            told: dict[str, Any] = json.loads(line)
            yield Note(told["event"], told["order"], told["point"], tuple(told["vendors"]))
