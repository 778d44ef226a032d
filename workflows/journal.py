"""What an order decides, kept until an activity has put it on record."""

from datetime import datetime
from typing import TypeVar

from temporalio import workflow

from domain.cases import Answer, Case
from domain.complaints import Complaint, ComplaintWord
from domain.ids import order_of
from domain.journal import FactOutcome, Journal, StepFact, Transition
from domain.promise import NewPromise, PromiseReason
from domain.refunds import Refund
from domain.status import OrderStatus, Step

Entry = TypeVar("Entry")


class JournalKeeper:
    """Numbers transitions and keeps entries until they are known to be recorded.

    Entries travel with whichever activity goes out next. Two activities under way at once carry
    the same entries: recording them twice changes nothing.
    """

    def __init__(self) -> None:
        """An order that was accepted and has decided nothing yet."""
        self._number = 0
        self._promises = 0
        self._open = Journal()

    def transition(
        self,
        status: OrderStatus,
        step: Step,
        shipment: str | None = None,
        detail: str = "",
        order: OrderStatus | None = None,
    ) -> Transition:
        """A new transition, numbered; it is not on the way to the record yet.

        Where it is one of several shipments', ``order`` is what the order comes to.
        """
        self._number += 1
        return Transition(
            number=self._number,
            status=status,
            step=step,
            at=workflow.now(),
            shipment=shipment,
            detail=detail[:250],
            order=order,
        )

    def add(
        self,
        *entries: Transition
        | StepFact
        | Case
        | Answer
        | NewPromise
        | Refund
        | Complaint
        | ComplaintWord,
    ) -> None:
        """Put entries on their way to the record."""
        for entry in entries:
            match entry:
                case Transition():
                    change = {"transitions": (*self._open.transitions, entry)}
                case StepFact():
                    change = {"facts": (*self._open.facts, entry)}
                case Case():
                    change = {"cases": (*self._open.cases, entry)}
                case Answer():
                    change = {"answers": (*self._open.answers, entry)}
                case NewPromise():
                    change = {"promises": (*self._open.promises, entry)}
                case Refund():
                    change = {"refunds": (*self._open.refunds, entry)}
                case Complaint():
                    change = {"complaints": (*self._open.complaints, entry)}
                case ComplaintWord():
                    change = {"said": (*self._open.said, entry)}
            self._open = self._open.model_copy(update=change)

    def waited(
        self,
        step: Step,
        operation: str,
        subject: str,
        began: datetime,
        outcome: FactOutcome = FactOutcome.DONE,
        detail: str = "",
        attempt: int = 1,
        late: bool | None = None,
    ) -> None:
        """Note a step that somebody else did: when waiting began, and that it ended now."""
        self.add(
            StepFact(
                key=f"{subject}:{operation}",
                step=step,
                operation=operation,
                shipment=subject if subject != order_of(subject) else None,
                started_at=began,
                ended_at=workflow.now(),
                attempt=attempt,
                outcome=outcome,
                detail=detail[:4000],
                late=late,
            )
        )

    def promise(self, by: datetime, reason: PromiseReason, shipment: str | None) -> None:
        """Note a day that the customer is told after the first."""
        self._promises += 1
        self.add(
            NewPromise(
                number=self._promises,
                shipment=shipment,
                by=by,
                reason=reason,
                at=workflow.now(),
            )
        )

    @property
    def pending(self) -> Journal:
        """What is not yet known to be on record."""
        return self._open

    @property
    def empty(self) -> bool:
        """Whether everything is on record."""
        return self._open == Journal()

    def recorded(self, journal: Journal) -> None:
        """Forget what an activity has put on record."""
        left = {
            name: _without(getattr(self._open, name), getattr(journal, name))
            for name in Journal.model_fields
        }
        self._open = Journal.model_validate(left)


def _without(entries: tuple[Entry, ...], gone: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if entry not in gone)
