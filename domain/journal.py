"""What an order has decided and learnt, on its way into the back office."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from domain.cases import Answer, Case
from domain.complaints import Complaint, ComplaintWord
from domain.model import LongText, Model, OptionalText, unsaid
from domain.promise import NewPromise
from domain.refunds import Refund, RefundWord
from domain.status import OrderStatus, Step


class News(StrEnum):
    """What a shop is told of an order beside its changes of status."""

    AMENDED = "amended"
    AMENDMENT_REFUSED = "amendment_refused"
    SUBSTITUTION_OFFERED = "substitution_offered"
    SUBSTITUTION_ANSWERED = "substitution_answered"
    REROUTED = "rerouted"
    COMPLAINED = "complained"
    SOLUTION_OFFERED = "solution_offered"
    COMPLAINT_SOLVED = "complaint_solved"
    COMPLAINT_DECLINED = "complaint_declined"
    REPLACED = "replaced"


class Transition(Model):
    """One change of status, numbered by the workflow without gaps from 1.

    Where an order goes in several shipments, the status is that of its ``shipment``, and ``order``
    is what the order comes to by it. With ``news`` the status is what it was: something else has
    happened. With a ``refund`` it is a word to the shop about money that is given back.
    """

    number: int
    status: OrderStatus
    step: Step
    at: datetime
    shipment: str | None = None
    detail: OptionalText = ""
    order: Annotated[OrderStatus | None, unsaid(None)] = None
    news: Annotated[News | None, unsaid(None)] = None
    refund: Annotated[RefundWord | None, unsaid(None)] = None

    @property
    def told_as(self) -> str:
        """What a callback about it is called."""
        told = (self.news or self.status).value if self.refund is None else self.refund.event
        return f"order.{told}"

    @property
    def moves(self) -> bool:
        """Whether a status changes by it: news, and a word about a refund, leave it as it is."""
        return self.news is None and self.refund is None

    @property
    def of_order(self) -> OrderStatus:
        """What the order is from then on."""
        return self.order or self.status


class FactOutcome(StrEnum):
    """How one try at a step went."""

    DONE = "done"
    DECLINED = "declined"
    MISTAKE = "mistake"
    FAILED = "failed"


class StepFact(Model):
    """One try at one step: when it began and ended, the how-manieth try, how it went.

    Unique by (key, attempt); ``key`` is the operation's idempotency key. ``late`` is whether a
    delivery came after what the customer was promised.
    """

    key: str
    step: Step
    operation: str
    shipment: str | None = None
    started_at: datetime
    ended_at: datetime
    attempt: int = 1
    outcome: FactOutcome = FactOutcome.DONE
    detail: LongText = ""
    late: Annotated[bool | None, unsaid(None)] = None


class Journal(Model):
    """Entries that are not yet known to be on record. Recording them twice changes nothing.

    ``said`` is what happened to complaints.
    """

    transitions: tuple[Transition, ...] = ()
    facts: tuple[StepFact, ...] = ()
    cases: tuple[Case, ...] = ()
    answers: tuple[Answer, ...] = ()
    promises: Annotated[tuple[NewPromise, ...], unsaid(())] = ()
    refunds: Annotated[tuple[Refund, ...], unsaid(())] = ()
    complaints: Annotated[tuple[Complaint, ...], unsaid(())] = ()
    said: Annotated[tuple[ComplaintWord, ...], unsaid(())] = ()
