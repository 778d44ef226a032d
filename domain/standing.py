"""How an order stands in the engine, and what is wrong when the records say something else.

Every open order has a timer, something under way, or a case with a person. A wait for the
warehouse or a courier has a timer until its deadline, and a case afterwards.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.cases import CaseKind
from domain.status import OrderStatus

WEDGED_AFTER = 3
"""Tries of one workflow task; the engine repeats it for ever, and nothing else happens."""


class Run(StrEnum):
    """What the engine says about an order's newest run."""

    OPEN = "open"
    UNKNOWN = "unknown"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True)
class Standing:
    """An order in the engine. ``length`` counts its events, ``tries`` those of a pending task.

    ``busy`` means that a task, an activity or a child workflow is under way. ``next_timer`` is
    known where somebody has looked for it. ``locked`` says why what it was told cannot be read;
    empty where it can.
    """

    run: Run
    run_id: str = ""
    length: int = 0
    tries: int = 1
    busy: bool = False
    was_reset: bool = False
    closed_at: datetime | None = None
    next_timer: datetime | None = None
    locked: str = ""

    @property
    def may_be_idle(self) -> bool:
        """Whether only a timer can move it on."""
        return self.run is Run.OPEN and not self.busy


@dataclass(frozen=True)
class Trouble:
    """Something wrong with how an order stands; ``about`` tells two of a kind apart."""

    kind: CaseKind
    about: str
    reason: str


ENGINE_KINDS = (
    CaseKind.LOST,
    CaseKind.DEAD,
    CaseKind.WEDGED,
    CaseKind.IDLE,
    CaseKind.RESET,
)
"""Cases that a look at the engine opens."""

SELF_CLOSING = (CaseKind.LOST, CaseKind.DEAD, CaseKind.WEDGED, CaseKind.IDLE)
"""Those of them that close themselves once all is well again."""

_ENDS = {
    Run.COMPLETED: "has completed",
    Run.FAILED: "has failed",
    Run.CANCELLED: "was cancelled without a way back",
    Run.TERMINATED: "was terminated",
    Run.TIMED_OUT: "has timed out",
}


def troubles(
    standing: Standing, status: OrderStatus, ended: bool, waits_for_a_person: bool
) -> tuple[Trouble, ...]:
    """Compare what the engine says with an order's record."""
    found: list[Trouble] = []
    if standing.was_reset:
        found.append(
            Trouble(
                CaseKind.RESET,
                standing.run_id,
                "The order was reset in the engine: a second run goes again from an earlier point."
                f" On record it is {status.value}. Calls outside carry the same keys; look whether"
                " it still waits for something that has come already, and send that again",
            )
        )
    if ended:
        return tuple(found)
    if standing.run is Run.UNKNOWN:
        found.append(
            Trouble(
                CaseKind.LOST,
                status.value,
                f"The engine does not know the order, which is {status.value} on record",
            )
        )
    elif standing.run is not Run.OPEN:
        found.append(
            Trouble(
                CaseKind.DEAD,
                standing.run_id,
                f"The order's workflow {_ENDS[standing.run]}, and on record it is {status.value}",
            )
        )
    elif standing.tries >= WEDGED_AFTER:
        found.append(
            Trouble(
                CaseKind.WEDGED,
                str(standing.length),
                f"The order's workflow does not get on: its task has failed {standing.tries - 1} "
                f"times and is still tried. {_why_wedged(standing)}",
            )
        )
    elif standing.may_be_idle and standing.next_timer is None and not waits_for_a_person:
        found.append(
            Trouble(
                CaseKind.IDLE,
                str(standing.length),
                f"The order is {status.value}, and nothing will move it on: nothing is under way, "
                "no timer runs, and nobody is asked",
            )
        )
    return tuple(found)


def _why_wedged(standing: Standing) -> str:
    if standing.locked:
        return f"Its data cannot be read: {standing.locked}. Workers take it when they start"
    return "The reason is in the Temporal UI; it is the program's fault, or its version's"
