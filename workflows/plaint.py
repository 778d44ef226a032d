"""A complaint as people make, settle and answer it: what they may say at which moment.

What follows is in `workflows.complaint`.
"""

from collections.abc import Iterable
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.complaints import (
    Complaint,
    ComplaintState,
    ComplaintWord,
    Solution,
    SolutionChoice,
    SolutionKind,
    SolutionReply,
    SolutionWanted,
    may_become,
)
from domain.journal import News
from domain.money import Money
from domain.shipping import Portion
from domain.status import Step
from workflows.desk import Desk
from workflows.refunds import Refunds

OURSELVES = "ordersaga"
"""Who has said what nobody else has."""

_MOST_WORDS = 50
_NEWS = {
    ComplaintState.OFFERED: News.SOLUTION_OFFERED,
    ComplaintState.SOLVED: News.COMPLAINT_SOLVED,
    ComplaintState.DECLINED: News.COMPLAINT_DECLINED,
}


class Plaint:
    """A complaint, what was offered for it, and how far it is. What it comes to is on its way to
    the record."""

    def __init__(self, desk: Desk, refunds: Refunds, complaint: Complaint) -> None:
        """It was made just now."""
        self._desk, self._refunds = desk, refunds
        self.complaint = complaint
        self.state = ComplaintState.OPEN
        self._words = 0
        self.withdrawn_because = ""
        self.why_not = ""
        self.arrived_at: datetime | None = None
        self.solutions: list[Solution] = []

    @property
    def number(self) -> int:
        """The order's n-th complaint."""
        return self.complaint.number

    @property
    def declined(self) -> bool:
        """Whether the customer was told no."""
        return self.state is ComplaintState.DECLINED

    @property
    def solved(self) -> bool:
        """Whether it was made good."""
        return self.state is ComplaintState.SOLVED

    @property
    def keeps(self) -> bool:
        """Whether nobody else can be given anything for its pieces: it is open, or their price was
        given back. What was sent once more may be complained about once more."""
        whole = bool(self.solutions) and self.solutions[-1].wanted.kind is SolutionKind.REFUND
        return not self.state.ended or (self.solved and whole)

    @property
    def full(self) -> bool:
        """Whether more has been said about it than anybody reads."""
        return self._words >= _MOST_WORDS

    @property
    def portions(self) -> tuple[Portion, ...]:
        """The pieces that it is about."""
        lines = self.complaint.request.lines
        return tuple(Portion(line=one.line, quantity=one.quantity) for one in lines)

    def is_about_any(self, portions: Iterable[Portion]) -> bool:
        """Whether it is about pieces of any of these lines."""
        return bool({one.line for one in portions} & {one.line for one in self.portions})

    # -- what others say --------------------------------------------------------------------

    def check_offer(self, wanted: SolutionWanted) -> None:
        """Refuse an offer that cannot be made, or kept.

        Raises:
            ApplicationError: it has ended, is being carried out, or nothing of that can be given.
        """
        if self.state not in (ComplaintState.OPEN, ComplaintState.OFFERED):
            raise ApplicationError(f"complaint {self.number} is {self.state.value} already")
        if wanted.kind is not SolutionKind.DECLINE:
            self.price(Solution(number=1, wanted=wanted))

    def price(self, solution: Solution) -> Money | None:
        """What it comes to in money. Raises ApplicationError: it cannot be given."""
        if solution.wanted.kind is SolutionKind.REPLACEMENT:
            self._refunds.check_kept(self.complaint.request.lines)
            return None
        return self._refunds.price(solution.refund(self.complaint))

    def offer(self, wanted: SolutionWanted) -> Solution:
        """Offer something to the customer, or decline. An earlier offer stands no longer."""
        self.check_offer(wanted)
        self.why_not = ""
        solution = Solution(number=len(self.solutions) + 1, wanted=wanted)
        if wanted.kind is SolutionKind.DECLINE:
            self.solutions.append(solution)
            self.say(ComplaintState.DECLINED, wanted.who, wanted.words, solution)
            return solution
        by = workflow.now() + self._desk.policy.solution_within
        money = self.price(solution)
        solution = solution.model_copy(update={"money": money, "answer_by": by})
        self.solutions.append(solution)
        self.say(ComplaintState.OFFERED, wanted.who, wanted.words, solution)
        return solution

    def check_reply(self, reply: SolutionReply) -> None:
        """Refuse a word on an offer that stands no longer. Who has refused one may still take it,
        as long as there is no other.

        Raises:
            ApplicationError: there is no such offer, it stands no longer, or was answered.
        """
        newest = len(self.solutions)
        if not 0 < reply.offer <= newest:
            raise ApplicationError(f"complaint {self.number} has no offer {reply.offer}")
        if reply.offer < newest:
            raise ApplicationError(f"offer {reply.offer} was replaced by offer {newest}")
        by = self.solutions[-1].answer_by
        in_time = by is not None and workflow.now() < by
        accepts = reply.answer is SolutionChoice.ACCEPT
        changed_mind = self.state is ComplaintState.OPEN and accepts and in_time
        if self.state is not ComplaintState.OFFERED and not changed_mind:
            raise ApplicationError(
                f"complaint {self.number} is {self.state.value}: its offer takes no answer"
            )

    def answer(self, reply: SolutionReply) -> None:
        """The customer takes what is offered, or wants something else."""
        self.check_reply(reply)
        if reply.answer is SolutionChoice.ACCEPT:
            self.say(ComplaintState.ACCEPTED, reply.who, reply.words)
        else:
            self.say(ComplaintState.OPEN, reply.who, reply.words)

    def withdraw(self, words: str) -> bool:
        """It is no complaint any more, for nobody but the order has made it; False where something
        was given for it."""
        if self.state in (ComplaintState.OPEN, ComplaintState.OFFERED):
            self.withdrawn_because = words
            self.say(ComplaintState.DECLINED, OURSELVES, words)
        return self.declined

    def add(self, who: str, words: str) -> None:
        """The same complaint once more: what is said with it is kept."""
        self.note(self.state, who, words)

    def say(
        self, state: ComplaintState, who: str, words: str, solution: Solution | None = None
    ) -> None:
        """Be in a state from now on; the shop hears of those that matter to it."""
        if state is not self.state and not may_become(self.state, state):
            raise RuntimeError(f"a complaint that is {self.state.value} cannot be {state.value}")
        self.state = state
        self.note(state, who, words, solution)
        if state in _NEWS:
            self.tell(_NEWS[state])

    def note(
        self, state: ComplaintState, who: str, words: str, solution: Solution | None = None
    ) -> None:
        """Keep what has happened, in the state that it led to."""
        self._words += 1
        self._desk.journal.add(
            ComplaintWord(
                complaint=self.number,
                number=self._words,
                state=state,
                who=who,
                words=words,
                solution=solution,
                at=workflow.now(),
            )
        )

    def tell(self, news: News) -> None:
        """The shop hears of it with whatever goes on record next; the order's status stays."""
        step = Step.COMPLAINT if news is News.COMPLAINED else Step.SOLUTION
        detail = f"complaint {self.number}: {self.complaint.request.reason.value}"
        word = self._desk.journal.transition(self._desk.status, step, detail=detail)
        self._desk.journal.add(word.model_copy(update={"news": news}))
