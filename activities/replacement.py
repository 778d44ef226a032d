"""Step 19: a replacement put on record as an order of its own, and what became of it."""

from collections.abc import Sequence
from typing import Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.order import Replaces
from domain.record import Commit
from domain.refunds import RefundedLine
from domain.replacement import PlacedReplacement, ReplacementState
from domain.status import Step


class Replacements(Protocol):
    """The back office's book of replacements."""

    def place(
        self, replaces: Replaces, lines: Sequence[RefundedLine], commit: Commit
    ) -> PlacedReplacement:
        """Put one order on record for these pieces, and write the commit, in one transaction;
        again it is the same order."""
        ...

    def state(self, order_id: str) -> ReplacementState:
        """How far a replacement is on record."""
        ...


class PlaceReplacement(Request):
    """Send these pieces once more, for one offer of one of the order's complaints."""

    complaint: int
    offer: int
    lines: tuple[RefundedLine, ...]


class LookAtReplacement(Request):
    """Look at an order that replaces pieces of this one."""

    replacement: str


class ReplacementActivities:
    """What an order asks of the back office about its replacements."""

    def __init__(self, replacements: Replacements, records: Records) -> None:
        """Wire the book and the back office."""
        self._replacements = replacements
        self._records = records

    @activity.defn(name="place_replacement", no_thread_cancel_exception=True)
    @operation("replace")
    def place(self, request: PlaceReplacement) -> PlacedReplacement:
        """Put it on record once: two orders for one offer would send the goods twice."""
        with step_run(self._records, request, Step.REPLACEMENT, self.place) as run:
            replaces = Replaces(
                order=request.order_id, complaint=request.complaint, offer=request.offer
            )
            return self._replacements.place(replaces, request.lines, run.entries())

    @activity.defn(name="look_at_replacement", no_thread_cancel_exception=True)
    def look(self, request: LookAtReplacement) -> ReplacementState:
        """How far it is; looking is no step, so all that is written is what was decided before."""
        self._records.commit(Commit(order=request.order_id, journal=request.journal))
        return self._replacements.state(request.replacement)
