"""Trouble that comes again and again: each time a person is asked what to do about it."""

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

from domain.cases import CaseAnswer, CaseKind
from workflows.desk import Desk
from workflows.unanswered import answer_of_nobody


class Trouble:
    """One trouble of a shipment, from the first time it is met until it is gone."""

    def __init__(self, desk: Desk, kind: CaseKind, shipment: str | None = None) -> None:
        """There is none yet."""
        self._desk = desk
        self._kind = kind
        self._shipment = shipment
        self._since: datetime | None = None

    async def ask(
        self,
        reason: str,
        answers: tuple[CaseAnswer, ...],
        stoppable: bool = True,
        unless: Callable[[], bool] = lambda: False,
    ) -> CaseAnswer:
        """Ask; where nobody answers it is tried again, and after ``give_up_after`` cancelled.

        Raises:
            Stopped: the order is being cancelled, by this answer or otherwise.
        """
        self._since = self._since or workflow.now()
        answer = await self._desk.ask(
            self._kind,
            reason,
            answers,
            self._shipment,
            stoppable,
            unless,
            answer_of_nobody(self._desk.policy, self._desk.clocks, self._since, answers),
        )
        if answer is CaseAnswer.CANCEL:
            self._desk.give_up(self._kind)
        return answer
