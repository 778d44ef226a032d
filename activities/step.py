"""What every activity shares: its request, one try with one recorded fact, one classification.

Success is recorded in one transaction together with its effect on the books. A failed try is
recorded too, with whatever the workflow had decided before, so that a provider's outage never
keeps an order's status off the record.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.operations import operation_of
from domain.attempt import Attempt
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.failures import Mismatch, NotDone, Refused, UnknownOutcome
from domain.ids import idempotency_key
from domain.journal import FactOutcome, Journal, StepFact, Transition
from domain.model import Model, unsaid
from domain.record import Commit, Committed, OrderOnRecord
from domain.status import Step
from domain.stock import MAIN

STUCK_AFTER = 8
"""From this try on, a person is told that a step does not get through."""

IN_DOUBT_FOR = timedelta(minutes=2)
"""How long a call whose outcome nobody heard may still have its effect: longer than one try of an
activity and all of a client's time-outs together."""


class Request(Model):
    """What every activity is asked with.

    ``journal`` holds what the workflow decided and is not yet known to be on record; ``then``
    is the status that success leads to. ``warehouse`` is the one that has the shipment.
    ``first_tried_at`` is set when a step is asked for anew after an earlier activity gave up, so
    that its outcome is looked up.
    """

    order_id: str
    shop: str
    shipment: str | None = None
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    sequence: int = 1
    journal: Journal = Journal()
    then: Transition | None = None
    first_tried_at: datetime | None = None


class Records(Protocol):
    """The back office as activities see it."""

    def commit(self, commit: Commit) -> Committed:
        """Write all of it in one transaction; writing it again changes nothing."""
        ...

    def order(self, order_id: str) -> OrderOnRecord:
        """The order as it was accepted, with its shop."""
        ...


class StepRun:
    """One try at one step."""

    def __init__(self, records: Records, request: Request, step: Step, operation: str) -> None:
        """``operation`` names what is done; with the subject it makes the idempotency key."""
        info = activity.info()
        self._records = records
        self._request = request
        self._step = step
        self._operation = operation
        self._began = info.current_attempt_scheduled_time
        self._asked = info.scheduled_time
        self._attempt = info.attempt
        again = request.first_tried_at is not None
        self.attempt = Attempt(
            key=idempotency_key(self.subject, operation, request.sequence),
            first_at=request.first_tried_at or info.scheduled_time,
            number=info.attempt + (1 if again else 0),
        )

    @property
    def key(self) -> str:
        """The idempotency key of this operation."""
        return self.attempt.key

    @property
    def waited(self) -> timedelta:
        """How long this very activity is being asked for already.

        Not since the step was first tried: a restored order tries everything since it began.
        """
        return self._began - self._asked

    @property
    def order_id(self) -> str:
        """The order that this is done for."""
        return self._request.order_id

    @property
    def subject(self) -> str:
        """What this is done for: the shipment, else the order."""
        return self._request.shipment or self._request.order_id

    def now(self) -> datetime:
        """This moment, for the record."""
        return datetime.now(UTC)

    def commit(
        self,
        commit: Commit | None = None,
        outcome: FactOutcome = FactOutcome.DONE,
        detail: str = "",
    ) -> Committed:
        """Record that the step ended. ``then`` is recorded only with outcome DONE."""
        return self._records.commit(self.entries(commit, outcome, detail))

    def entries(
        self,
        commit: Commit | None = None,
        outcome: FactOutcome = FactOutcome.DONE,
        detail: str = "",
    ) -> Commit:
        """What `commit` writes, for ports that write it together with something of their own."""
        journal = self._request.journal
        then = self._request.then
        transitions = journal.transitions
        if then is not None and outcome is FactOutcome.DONE:
            transitions = (*transitions, then)
        answers = journal.answers
        if outcome is not FactOutcome.FAILED and self._attempt >= STUCK_AFTER:
            answers = (*answers, self._unstuck())
        cases = journal.cases
        # Not at that try alone: its worker may have died. The case has one name, and is one case.
        if outcome is FactOutcome.FAILED and self._attempt >= STUCK_AFTER:
            cases = (*cases, self._stuck(detail))
        decided = {"transitions": transitions, "cases": cases, "answers": answers}
        facts = (*journal.facts, self._fact(outcome, detail))
        full = journal.model_copy(update=decided | {"facts": facts})
        return replace(commit or Commit(order=self.order_id), journal=full)

    def _fact(self, outcome: FactOutcome, detail: str) -> StepFact:
        return StepFact(
            key=self.key,
            step=self._step,
            operation=self._operation,
            shipment=self._request.shipment,
            started_at=self._began,
            ended_at=self.now(),
            attempt=self.attempt.number,
            outcome=outcome,
            detail=detail[:4000],
        )

    def _stuck(self, detail: str) -> Case:
        return Case(
            id=f"{self.key}:stuck",
            order=self.order_id,
            kind=CaseKind.STUCK,
            shipment=self._request.shipment,
            reason=f"{self._operation} failed {self._attempt} times and is still tried: {detail}"[
                :4000
            ],
            opened_at=self.now(),
        )

    def _unstuck(self) -> Answer:
        return Answer(
            case=f"{self.key}:stuck",
            answer=CaseAnswer.CLOSE,
            who="ordersaga",
            why=f"{self._operation} got through",
            at=self.now(),
        )


@contextmanager
def step_run(
    records: Records, request: Request, step: Step, method: Callable[..., Any]
) -> Generator[StepRun]:
    """Run one try: classify how it fails, record it, and tell Temporal when to try again.

    ``method`` is the activity, which declares its `operation`.

    Raises:
        TypeError: it declares none.
        ApplicationError: of type NotDone, UnknownOutcome (both retried), or Refused and
            Mismatch (never retried: a case follows).
    """
    operation = operation_of(method, request)
    if operation is None:
        raise TypeError(f"{method} does not say what it carries out")
    run = StepRun(records, request, step, operation)
    try:
        yield run
    except NotDone as failure:
        run.commit(outcome=FactOutcome.FAILED, detail=str(failure))
        delay = None if failure.retry_after is None else timedelta(seconds=failure.retry_after)
        raise ApplicationError(str(failure), type="NotDone", next_retry_delay=delay) from failure
    except UnknownOutcome as failure:
        run.commit(outcome=FactOutcome.FAILED, detail=str(failure))
        raise ApplicationError(str(failure), type="UnknownOutcome") from failure
    except (Refused, Mismatch) as failure:
        run.commit(outcome=FactOutcome.FAILED, detail=str(failure))
        kind = type(failure).__name__
        raise ApplicationError(str(failure), type=kind, non_retryable=True) from failure
    except Exception as bug:  # the border: what nobody foresaw is on record too, and tried again
        run.commit(outcome=FactOutcome.FAILED, detail=f"{type(bug).__name__} in {operation}")
        raise
