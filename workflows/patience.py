"""Waiting for somebody who may be late: a case says so, and when staff close it, it waits anew."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow

from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.hours import WorkingHours, deadline
from workflows.desk import Desk
from workflows.interruptions import Stopped

Offer = Callable[[], Awaitable[tuple[str, tuple[CaseAnswer, ...]]]]
"""What else a case may say, and take as an answer."""


async def _nothing() -> tuple[str, tuple[CaseAnswer, ...]]:
    """Nothing but that it is late."""
    return "", ()


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
        offer: Offer | None = None,
    ) -> None:
        """``reason`` goes on with the moment at which waiting began. ``hours`` are those of who is
        waited for; without them the time runs on the clock. ``by`` is when it is late at first,
        where somebody was told a day. ``offer`` is asked, when it is late, for more words and for
        answers that staff may give beside `close`."""
        self._desk = desk
        self._kind = kind
        self._shipment = shipment
        self._within = within
        self._hours = hours
        self.began = workflow.now()
        self._by = by or self._deadline()
        self._offer = offer or _nothing
        self._reason = f"{reason} since {self.began:%Y-%m-%d %H:%M} UTC"
        self._case: Case | None = None

    async def until(self, ready: Callable[[], bool], why: str, stoppable: bool = True) -> None:
        """Wait, however long it takes.

        Raises:
            Stopped: the order is being cancelled, and this wait may be left; so is its case.
        """
        try:
            await self._until(ready, why, stoppable)
        except Stopped:
            if self._case is not None and workflow.patched("a-late-case-ends-with-its-wait"):
                self.settle("the order is being cancelled")
            raise

    async def _until(self, ready: Callable[[], bool], why: str, stoppable: bool) -> None:
        anew, kept = True, False

        def closed() -> bool:
            case, cases = self._case, self._desk.cases
            given = case is not None and cases.answer_to(case) is not None
            return anew and not kept and given

        while not ready():
            if closed():
                anew = workflow.patched("a-closed-case-waits-anew")
                kept = self.wants_elsewhere is not None and workflow.patched("elsewhere-is-kept")
                if anew and not kept:
                    self._case, self._by = None, self._deadline()
            late = not await self._desk.until(
                lambda: ready() or closed(), None if self._case else self._by, why, stoppable
            )
            if late:
                words, more = await self._offer()
                self._desk.check_stop(stoppable)
                if ready():
                    return
                self._case = await self._desk.report(
                    self._kind, f"{self._reason}{words}", self._shipment, (CaseAnswer.CLOSE, *more)
                )

    @property
    def wants_elsewhere(self) -> Answer | None:
        """Who has answered that it goes from another warehouse, and why; None where nobody has."""
        case, cases = self._case, self._desk.cases
        given = case is not None and cases.answer_to(case) is CaseAnswer.REROUTE
        return cases.decision_on(case) if case is not None and given else None

    def settle(self, why: str) -> None:
        """What was waited for has come."""
        self._desk.settle(self._case, why)

    def _deadline(self) -> datetime:
        return deadline(self._hours, self._desk.clocks, workflow.now(), self._within)
