"""The cases of an order: what needs a person, and what the person answered."""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.ids import case_id
from domain.steering import CaseReply
from workflows.journal import JournalKeeper


class CaseFile:
    """Opens cases, takes answers, and remembers both."""

    def __init__(self, order_id: str, journal: JournalKeeper) -> None:
        """No cases yet."""
        self._order_id = order_id
        self._journal = journal
        self._cases: dict[str, Case] = {}
        self._answers: dict[str, Answer] = {}

    def open(
        self,
        kind: CaseKind,
        reason: str,
        answers: tuple[CaseAnswer, ...] = (CaseAnswer.CLOSE,),
        shipment: str | None = None,
        answer_by: datetime | None = None,
    ) -> Case:
        """Open a case; it is on its way to the record."""
        case = Case(
            id=case_id(self._order_id, len(self._cases) + 1),
            order=self._order_id,
            kind=kind,
            shipment=shipment,
            reason=reason[:4000],
            opened_at=workflow.now(),
            answer_by=answer_by,
            answers=answers,
        )
        self._cases[case.id] = case
        self._journal.add(case)
        return case

    @property
    def any(self) -> bool:
        """Whether there ever was one."""
        return bool(self._cases)

    @property
    def waiting(self) -> tuple[Case, ...]:
        """Cases that nobody has answered."""
        return tuple(case for name, case in self._cases.items() if name not in self._answers)

    def is_open(self, kind: CaseKind, reason: str) -> bool:
        """Whether a person is told just this already."""
        return any(one.kind is kind and one.reason == reason[:4000] for one in self.waiting)

    def answer_to(self, case: Case) -> CaseAnswer | None:
        """What was answered, if anything."""
        answer = self._answers.get(case.id)
        return None if answer is None else answer.answer

    def decision_on(self, case: Case) -> Answer:
        """What was answered to a case that is closed, by whom and why."""
        return self._answers[case.id]

    def newest_decision(self, kind: CaseKind, shipment: str) -> Answer:
        """What was answered to the newest case of a kind that a shipment has."""
        names = [
            one.id for one in self._cases.values() if (one.kind, one.shipment) == (kind, shipment)
        ]
        return self._answers[names[-1]]

    def decision_about(self, kind: CaseKind, reason: str) -> Answer:
        """What was answered to the newest case of a kind that says just this."""
        known = (kind, reason[:4000])
        names = [one.id for one in self._cases.values() if (one.kind, one.reason) == known]
        return self._answers[names[-1]]

    def check(self, reply: CaseReply) -> Case:
        """Refuse a reply that does not fit; the case that it fits.

        Raises:
            ApplicationError: no such case, answered already, or an answer it does not take.
        """
        case = self._cases.get(reply.case)
        if case is None:
            raise ApplicationError(f"order {self._order_id} has no case {reply.case}")
        if reply.case in self._answers:
            given = self._answers[reply.case]
            raise ApplicationError(
                f"case {reply.case} was answered {given.answer.value} by {given.who}"
            )
        if reply.answer not in case.answers:
            allowed = ", ".join(answer.value for answer in case.answers)
            raise ApplicationError(f"case {reply.case} takes {allowed}, not {reply.answer.value}")
        return case

    def answer(self, reply: CaseReply) -> Case:
        """Take a reply that `check` let through; the case that it answers."""
        self._close(reply.case, reply.answer, reply.who, reply.why)
        return self._cases[reply.case]

    def settle(self, case: Case, why: str, answer: CaseAnswer = CaseAnswer.CLOSE) -> None:
        """Close a case that events have answered; one that a person answered stays as it is."""
        if case.id not in self._answers:
            self._close(case.id, answer, "ordersaga", why)

    def decide(self, case: Case, answer: CaseAnswer, why: str) -> None:
        """Answer a case that nobody has answered in time."""
        self._close(case.id, answer, "ordersaga", why)

    def _close(self, case: str, what: CaseAnswer, who: str, why: str) -> None:
        answer = Answer(case=case, answer=what, who=who, why=why, at=workflow.now())
        self._answers[case] = answer
        self._journal.add(answer)
