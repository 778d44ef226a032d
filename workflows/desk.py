"""The desk on which one order is worked: calls go out, decisions are noted, people are asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, NoReturn, Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.records import RecordActivities
from activities.step import Request
from domain.cases import Case, CaseAnswer, CaseKind
from domain.complaints import ComplaintReason
from domain.hours import deadline
from domain.journal import Transition
from domain.order import Order, OrderInput
from domain.policy import Policy
from domain.shipping import Portion
from domain.status import OrderStatus, Step, may_follow
from domain.steering import CancelRequest
from workflows.alarm import Alarm
from workflows.attributes import attention
from workflows.calls import (
    Asked,
    Result,
    start_own_books,
    start_own_books_within,
    start_provider_call,
)
from workflows.cases import CaseFile
from workflows.hearing import Hearing
from workflows.interruptions import DoneByHand, Overtaken, Stopped
from workflows.journal import JournalKeeper
from workflows.story import tell
from workflows.unanswered import answer_of_nobody


class Claimed(Protocol):
    """What was claimed for the customer."""

    @property
    def settled(self) -> bool:
        """Whether the customer need not wait for it any more."""
        ...

    def has_come(self) -> bool:
        """It has reached the customer; False where something was given for it."""
        ...


Claim = Callable[[str, Sequence[Portion], ComplaintReason, str], Claimed]
"""Complain for the customer: about which parcel and pieces, why, in which words."""


async def _unless_done_by_hand(work: Coroutine[Any, Any, None]) -> None:
    with suppress(DoneByHand):
        await work


def _reset_since(given: OrderInput) -> datetime | None:
    """After a reset every call may have had its effect in an earlier run of the order."""
    info = workflow.info()
    return None if info.run_id == info.first_execution_run_id else given.accepted_at


class Desk:
    """What every part of one order's workflow shares."""

    def __init__(self, given: OrderInput) -> None:
        """The order as it was accepted."""
        self.order_id: str = given.order_id
        self.shop: str = given.shop
        self.order: Order = given.order
        self.policy: Policy = given.policy
        self.clocks = given.clocks
        self.promised_by: datetime | None = given.promised_by
        self.expected_by: datetime | None = None
        self.accepted_at: datetime = given.accepted_at
        self._begun_before: datetime | None = given.begun_before or _reset_since(given)
        self.status = OrderStatus.ACCEPTED
        self.since = given.accepted_at
        self.waits_for = ""
        self.amending = False
        self.stop: CancelRequest | None = None
        self.alarm = Alarm(given.deadlines_ring)
        self._decides_first = given.decides_first
        self.hearing = Hearing()
        self.journal = JournalKeeper()
        self.cases = CaseFile(given.order_id, self.journal)
        self.hears_complaints = given.hears_complaints
        self.replaces = given.replaces
        self.claim: Claim
        self._background: list[asyncio.Task[None]] = []
        self._books = asyncio.Lock()

    @property
    def begins_anew(self) -> bool:
        """Whether it was carried out before, so that whatever it asks for may be done already."""
        return self._begun_before is not None

    # -- status -----------------------------------------------------------------------------

    def next(
        self, status: OrderStatus, step: Step, shipment: str | None = None, detail: str = ""
    ) -> Transition:
        """The transition that a call's success will lead to; `arrive` says that it did."""
        return self.journal.transition(status, step, shipment, detail)

    def arrive(self, transition: Transition) -> None:
        """Be in a status that an activity has put on record."""
        if not may_follow(self.status, transition.status):
            raise RuntimeError(f"{transition.status.value} cannot follow {self.status.value}")
        self.status = transition.status
        self.since = transition.at
        self.tell()

    def enter(
        self, status: OrderStatus, step: Step, shipment: str | None = None, detail: str = ""
    ) -> None:
        """Be in a status from now on; the next activity puts it on record."""
        transition = self.next(status, step, shipment, detail)
        self.journal.add(transition)
        self.arrive(transition)

    def tell(self) -> None:
        """Show support where the order is, in the Temporal UI."""
        workflow.set_current_details(
            tell(
                self.order,
                self.status,
                self.since,
                self.waits_for,
                self.cases.waiting,
                self.replaces,
            )
        )

    # -- calls ------------------------------------------------------------------------------

    async def call(
        self,
        method: Callable[[Any, Asked], Result],
        request: Asked,
        summary: str,
        then: Transition | None = None,
        stoppable: bool = True,
        unless: Callable[[], bool] | None = None,
    ) -> Result:
        """Call a provider until it answers. What it refuses for good becomes a case.

        What makes the call idle (``unless``) ends it, once a try that is under way has ended.

        Raises:
            Stopped: the order is being cancelled, and the call may be left alone.
            DoneByHand: the call cannot be left alone, and a person did it.
            Overtaken: ``unless`` has come true, and the call has not got through.
        """
        overtaken = unless or (lambda: False)
        since = workflow.now()
        first_tried_at = self._begun_before or since
        if self._begun_before is not None:
            request = request.model_copy(update={"first_tried_at": self._begun_before})
        while True:
            self.check_stop(stoppable)
            journal = self.journal.pending
            handle = start_provider_call(
                method, request.model_copy(update={"journal": journal, "then": then}), summary
            )
            if stoppable or unless is not None:
                await self._until_done(handle, stoppable, overtaken)
            try:
                result = await handle
            except ActivityError as error:
                if overtaken():
                    raise Overtaken(summary) from error
                if is_cancelled_exception(error):
                    raise Stopped from error
                reason = f"{summary}: {error.cause or error}"
                await self._refused(reason, request.shipment, stoppable, overtaken, since)
                if overtaken():
                    raise Overtaken(summary) from error
                request = request.model_copy(update={"first_tried_at": first_tried_at})
            else:
                self.journal.recorded(journal)
                return result

    async def _until_done(
        self, call: workflow.ActivityHandle[Any], stoppable: bool, overtaken: Callable[[], bool]
    ) -> None:
        """A call that a cancel, or what overtakes it, leaves idle is told to end."""
        await workflow.wait_condition(
            lambda: call.done() or (stoppable and self.stop is not None) or overtaken()
        )
        if not call.done():
            call.cancel()

    async def _refused(
        self,
        reason: str,
        shipment: str | None,
        stoppable: bool,
        unless: Callable[[], bool],
        since: datetime,
    ) -> None:
        kind = CaseKind.REFUSED_BY_PROVIDER
        answers = (CaseAnswer.RETRY, CaseAnswer.CANCEL if stoppable else CaseAnswer.ACCEPT)
        otherwise = answer_of_nobody(self.policy, self.clocks, since, answers)
        answer = await self.ask(kind, reason, answers, shipment, stoppable, unless, otherwise)
        if answer is CaseAnswer.CANCEL:
            self.give_up(kind)
        if answer is CaseAnswer.ACCEPT:
            raise DoneByHand(reason)

    async def own_books(
        self,
        method: Callable[[Any, Asked], Result],
        request: Asked,
        summary: str,
        then: Transition | None = None,
        *,
        within: bool = False,
    ) -> Result:
        """Write to our own books; one after another.

        What was decided is in the history before it is written. ``within`` the workflow task that
        decides it is only written what cannot be decided otherwise, whatever comes meanwhile: the
        task may be lost when it is on record. Orders of earlier releases write all of it so.
        """
        within = within or not self._decides_first
        await self.hearing.over()
        async with self._turn():
            journal = self.journal.pending
            filled = request.model_copy(update={"journal": journal, "then": then})
            start = start_own_books_within if within else start_own_books
            result = await start(method, filled, summary)
            self.journal.recorded(journal)
            return result

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Orders of an earlier release wrote at once what came at once."""
        at_once = self._books.locked() and not self._decides_first
        if at_once and not workflow.patched("our-books-one-after-another"):
            yield
            return
        async with self._books:
            yield

    async def record(self, *, within: bool = False) -> None:
        """Put what was decided on record, where no other call is next to carry it."""
        while not self.journal.empty:
            request, what = Request(order_id=self.order_id, shop=self.shop), self.status.value
            await self.own_books(RecordActivities.record, request, f"record {what}", within=within)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that the order does not wait for, until it closes."""
        self._background.append(asyncio.create_task(_unless_done_by_hand(work)))

    async def finish_background(self) -> None:
        """Wait for what was done in the background."""
        await asyncio.gather(*self._background)

    @property
    def cancelled_by(self) -> str:
        """Who wants the cancel and why, for the record."""
        return "" if self.stop is None else f"{self.stop.who}: {self.stop.why}"[:250]

    # -- people -----------------------------------------------------------------------------

    def check_stop(self, stoppable: bool = True) -> None:
        """Go no further when the order is being cancelled."""
        if stoppable and self.stop is not None:
            raise Stopped

    async def until(
        self, ready: Callable[[], bool], by: datetime | None, why: str, stoppable: bool = True
    ) -> bool:
        """Wait for somebody else; False when the deadline passed first.

        Raises:
            Stopped: the order is being cancelled, and this wait may be left.
        """
        self.waits_for = why
        self.tell()
        met = await self.alarm.until(
            lambda: ready() or (stoppable and self.stop is not None), by, why
        )
        self.waits_for = ""
        if not ready():
            self.check_stop(stoppable)
        return met

    async def report(
        self,
        kind: CaseKind,
        reason: str,
        shipment: str | None = None,
        answers: tuple[CaseAnswer, ...] = (CaseAnswer.CLOSE,),
    ) -> Case:
        """Tell staff something without waiting for them."""
        case = self.cases.open(kind, reason, answers, shipment)
        await self.call_attention()
        return case

    def settle(self, case: Case | None, why: str, answer: CaseAnswer = CaseAnswer.CLOSE) -> None:
        """Close a case that nobody answered, because what it waited for has come."""
        if case is not None:
            self.cases.settle(case, why, answer)
            self._attention_ends()

    async def ask(
        self,
        kind: CaseKind,
        reason: str,
        answers: tuple[CaseAnswer, ...],
        shipment: str | None = None,
        stoppable: bool = True,
        unless: Callable[[], bool] = lambda: False,
        otherwise: CaseAnswer | None = None,
    ) -> CaseAnswer:
        """Ask a person and wait for the answer; a person's CANCEL cancels the order.

        What makes the question idle ends the wait (``unless``), with the answer CLOSE. Where nobody
        answers in time, the answer is ``otherwise``; without it, the question stays open.

        Raises:
            Stopped: the order is being cancelled, by this answer or otherwise.
        """
        hours, within = self.policy.support_hours, self.policy.case_answer_within
        by = deadline(hours, self.clocks, workflow.now(), within)
        case = self.cases.open(kind, reason, answers, shipment, by)
        await self.call_attention()
        try:
            in_time = await self.until(
                lambda: self.cases.answer_to(case) is not None or unless(),
                None if otherwise is None else by,
                f"an answer to case {case.id} ({kind.value})",
                stoppable,
            )
        except Stopped:
            self.settle(case, "the order is being cancelled")
            raise
        if otherwise is not None and not in_time:
            self.cases.decide(case, otherwise, "nobody has answered in time")
        self.settle(case, "events have answered it")
        self._attention_ends()
        answer = self.cases.answer_to(case)
        if answer is CaseAnswer.CANCEL and in_time:
            self.stop = self.stop or CancelRequest(who="support", why=f"case {case.id}")
            raise Stopped
        return answer or CaseAnswer.CLOSE

    def give_up(self, kind: CaseKind) -> NoReturn:
        """Cancel the order, because nobody says what else to do.

        Raises:
            Stopped: always.
        """
        why = f"nobody has said what to do about it: {kind.value}"
        self.stop = self.stop or CancelRequest(who="ordersaga", why=why)
        raise Stopped

    def _attention_ends(self) -> None:
        if not self.cases.waiting:
            attention(needed=False)
        self.tell()

    async def call_attention(self) -> None:
        """Let staff see at once that a case has been opened."""
        attention(needed=True)
        self.tell()
        await self.record()
