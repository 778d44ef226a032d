"""Settling a dead order begins with a look: does it live again, and what has it left by now?"""

from typing import Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.model import Model
from domain.remains import Remains
from domain.status import Step

RUNS_AGAIN = "RunsAgain"
"""The type of failure by which a try is refused that would undo what a running order has done."""


class Engine(Protocol):
    """The engine as settling sees it."""

    def runs(self, order_id: str) -> bool:
        """Whether the order's own workflow is open.

        Raises:
            NotDone: the engine does not answer.
        """
        ...


class Leavings(Protocol):
    """The records as settling sees them."""

    def of(self, order_id: str) -> Remains:
        """What is left of an order."""
        ...


class Found(Model):
    """What a look has found: whether the order runs again, and what is left as of now."""

    runs: bool
    remains: Remains


class SettlingActivities:
    """Looks at a dead order once more, after all that it had under way has ended."""

    def __init__(self, engine: Engine, leavings: Leavings, records: Records) -> None:
        """Wire the engine and the back office."""
        self._engine = engine
        self._leavings = leavings
        self._records = records

    @activity.defn(name="look_again", no_thread_cancel_exception=True)
    @operation("look_again")
    def look_again(self, request: Request) -> Found:
        """Ask the engine first: what an order that is closed has left changes no more."""
        with step_run(self._records, request, Step.RECORDS, self.look_again) as run:
            runs = self._engine.runs(request.order_id)
            found = Found(runs=runs, remains=self._leavings.of(request.order_id))
            run.commit(detail="the order runs again" if runs else "")
            return found
