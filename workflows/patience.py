"""Waiting for somebody who may be late: a case says so, and when staff close it, it waits anew."""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

from domain.cases import Case, CaseKind
from domain.hours import WorkingHours, deadline
from workflows.desk import Desk


class Patience:
    """How long something is waited for, and who is told when it does not come.

    An order is never left to wait for what nobody looks after: a case that was closed while
    nothing had come is opened again once the same time has passed.
    """

    def __init__(
        self,
        desk: Desk,
        kind: CaseKind,
        shipment: str,
        within: timedelta,
        reason: str,
        hours: WorkingHours | None = None,
        by: datetime | None = None,
    ) -> None:
        """``reason`` goes on with the moment at which waiting began. ``hours`` are those of who is
        waited for; without them the time runs on the clock. ``by`` is when it is late at first,
        where somebody was told a day."""
        self._desk = desk
        self._kind = kind
        self._shipment = shipment
        self._within = within
        self._hours = hours
        self.began = workflow.now()
        self._by = by or self._deadline()
        self._reason = f"{reason} since {self.began:%Y-%m-%d %H:%M} UTC"
        self._case: Case | None = None

    async def until(self, ready: Callable[[], bool], why: str, stoppable: bool = True) -> None:
        """Wait, however long it takes.

        Raises:
            Stopped: the order is being cancelled, and this wait may be left.
        """
        anew = True

        def closed() -> bool:
            case = self._case
            return anew and case is not None and self._desk.cases.answer_to(case) is not None

        while not ready():
            if closed():
                anew = workflow.patched("a-closed-case-waits-anew")
                if anew:
                    self._case, self._by = None, self._deadline()
            late = not await self._desk.until(
                lambda: ready() or closed(), None if self._case else self._by, why, stoppable
            )
            if late:
                self._case = await self._desk.report(self._kind, self._reason, self._shipment)

    def settle(self, why: str) -> None:
        """What was waited for has come."""
        self._desk.settle(self._case, why)

    def _deadline(self) -> datetime:
        return deadline(self._hours, self._desk.clocks, workflow.now(), self._within)
