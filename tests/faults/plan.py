"""What a worker that is made to fail is told, and what it tells back: two files."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from activities.payment_requests import VoidPayment
from domain.payment import KeptMethod, PaymentWay


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


LABEL_WITHIN = timedelta(seconds=2)
"""How long a label that is to hang is waited for."""
_NOT_WAITED_FOR = (LABEL_WITHIN, timedelta(0))
"""The time that such a label has, and that of one that was given up."""
_RENEWED = 2
"""The sequence of an order's second hold."""


def point_of(activity: str, request: object) -> str:
    """A point's name: the activity's, and of mails the kind as well, for each is a step's own.

    What is done for an order's second shipment is a point of its own, and so are a capture of a
    part, a hold that is made anew, an order's third hold, and a label that is not waited for. So is
    everything that is asked of a bank; there, letting go of what never was enough is one besides.
    """
    kind = getattr(request, "kind", None)
    name = activity if kind is None else f"{activity}:{kind}"
    if getattr(request, "way", None) is PaymentWay.TRANSFER:
        unpaid = isinstance(request, VoidPayment) and request.held is None
        return f"unpaid transfer {name}" if unpaid else f"transfer {name}"
    if (getattr(request, "shipment", None) or "").endswith("-s2"):
        return f"second {name}"
    if getattr(request, "final", True) is False:
        return f"part {name}"
    if getattr(request, "made_within", None) in _NOT_WAITED_FOR:
        return f"hanging {name}"
    anew = isinstance(getattr(request, "terms", None), KeptMethod)
    if anew and getattr(request, "sequence", 0) > _RENEWED:
        return f"third {name}"
    return f"renewed {name}" if anew else name


def activity_of(point: str) -> str:
    """The activity that a point is about."""
    return point.rpartition(" ")[2].partition(":")[0]


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
