"""Many calls within the time of one try: what does not fit is left to the next try."""

import math
import time
from collections.abc import Callable
from typing import TypeVar

from temporalio import activity

from domain.failures import NotDone
from domain.model import Model

Progress = TypeVar("Progress", bound=Model)
Clock = Callable[[], float]

_MARGIN_SECONDS = 4.0
"""For our own books, and for what a try takes to begin."""
_GO_ON_SECONDS = 0.1


class Pace:
    """The time of this try. A try whose first step takes all of it still makes one step."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        """The clock counts seconds; the time is the activity's own start-to-close time-out."""
        limit = activity.info().start_to_close_timeout
        seconds = math.inf if limit is None else limit.total_seconds()
        self._clock = clock
        self._ends = clock() + seconds - _MARGIN_SECONDS
        self._begun = False

    def allows(self, seconds: float) -> bool:
        """Whether a step that may take so long still fits."""
        fits = not self._begun or self._clock() + seconds <= self._ends
        self._begun = True
        return fits


def earlier_progress(kind: type[Progress]) -> Progress:
    """How far earlier tries of this activity have come, by their own word."""
    details = activity.info().heartbeat_details
    return kind.model_validate(details[0]) if details else kind()


def go_on_later(progress: Model, words: str) -> NotDone:
    """What to raise where time is up; the next try is told how far this one has come."""
    activity.heartbeat(progress)
    return NotDone("courier", f"{words}, going on", _GO_ON_SECONDS)
