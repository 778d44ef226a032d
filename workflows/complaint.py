"""Steps 16 and 17 of one complaint: an offer by staff or policy, the customer's word, the end.

Whoever offers, or answers, does so in an update; this is what follows. A customer who says nothing
is not left waiting, nor is an order: silence counts as the policy says, once they were asked.
"""

from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.mail import MailActivities, SendMail
from domain.cases import CaseAnswer, CaseKind
from domain.complaints import (
    ComplainedBy,
    ComplaintState,
    Solution,
    SolutionKind,
    SolutionWanted,
)
from domain.journal import News
from domain.mail import MailFact, MailKind
from domain.refunds import RefundRequest
from domain.status import Step
from workflows.desk import Desk
from workflows.interruptions import DoneByHand
from workflows.plaint import OURSELVES, Plaint
from workflows.refunds import Refunds
from workflows.replacement import send_again

_OFFERS = {
    CaseAnswer.REFUND: SolutionKind.REFUND,
    CaseAnswer.REPLACE: SolutionKind.REPLACEMENT,
    CaseAnswer.REJECT: SolutionKind.DECLINE,
}
"""What staff offer by their answer to a case."""
_NOTHING_TO_DO = "We have looked at it, and there is nothing that we can do about it."


def refund_key(complaint: int, offer: int) -> str:
    """What a refund for an accepted offer is known by; no caller's key has such a dot."""
    return f"complaint·{complaint}·{offer}"


class LookingAfter:
    """Looks after one complaint, beside everything else that the order does."""

    def __init__(self, desk: Desk, refunds: Refunds, plaint: Plaint) -> None:
        """It was made just now."""
        self._desk, self._refunds, self._plaint = desk, refunds, plaint
        self._complaint = plaint.complaint
        self._in_vain = False
        self._asked = 0

    async def carry_out(self) -> None:
        """Look after it until it has ended. No mail holds it up."""
        plaint, desk, number = self._plaint, self._desk, str(self._plaint.number)
        desk.in_background(self._mail(MailKind.COMPLAINT, number))
        self._offer_by_policy()
        while not plaint.state.ended:
            match plaint.state:
                case ComplaintState.OPEN:
                    await self._until_offered()
                case ComplaintState.OFFERED:
                    await self._until_answered()
                case _:
                    await self._give()
        if plaint.declined:
            desk.in_background(self._mail(MailKind.COMPLAINT_DECLINED, number))
        began, attempt = self._complaint.at, plaint.number
        desk.journal.waited(Step.SOLUTION, "solution", desk.order_id, began, attempt=attempt)
        await desk.record()

    def _offer_by_policy(self) -> None:
        """A small sum is given back at once, the first time; what the courier has lost is offered
        without asking staff, where the shop wants that."""
        if self._plaint.solutions or self._plaint.state is not ComplaintState.OPEN:
            return
        policy, currency = self._desk.policy, self._desk.order.currency
        wanted = SolutionWanted(kind=SolutionKind.REFUND, who=OURSELVES)
        try:
            price = self._refunds.price(Solution(number=1, wanted=wanted).refund(self._complaint))
        except ApplicationError:
            return
        by_courier = self._complaint.request.by is ComplainedBy.COURIER
        small = price is not None and price.amount <= policy.refund_without_asking.get(currency, -1)
        if small and self._plaint.number == 1 and not by_courier:
            self._plaint.offer(wanted)
            self._plaint.say(ComplaintState.ACCEPTED, OURSELVES, "a small sum, by policy")
        elif by_courier and policy.lost_parcel is CaseAnswer.REFUND:
            self._plaint.offer(wanted)

    async def _until_offered(self) -> None:
        """Staff offer something, in an update or as the answer to a case."""
        desk, reason = self._desk, self._reason()
        default = CaseAnswer.WAIT if self._in_vain else desk.policy.complaint_unanswered
        answer = await desk.ask(
            CaseKind.COMPLAINT,
            reason,
            tuple(_OFFERS),
            stoppable=False,
            unless=lambda: self._plaint.state is not ComplaintState.OPEN,
            otherwise=None if default is CaseAnswer.WAIT else default,
        )
        if self._plaint.state is not ComplaintState.OPEN:
            return
        if answer in _OFFERS:
            said = desk.cases.decision_about(CaseKind.COMPLAINT, reason)
            self._offer_as_answered(answer, said.who, said.why)
        await desk.record()

    def _offer_as_answered(self, answer: CaseAnswer, who: str, why: str) -> None:
        declined = answer is CaseAnswer.REJECT
        try:
            self._plaint.offer(
                SolutionWanted(
                    kind=_OFFERS[answer],
                    who=who,
                    words=(why.strip() or _NOTHING_TO_DO) if declined else why,
                )
            )
        except ApplicationError as no:
            self._in_vain = True
            self._plaint.note(self._plaint.state, OURSELVES, f"it cannot be offered: {no}")

    def _reason(self) -> str:
        """What staff have to know; asked again, with what has come of it."""
        request, number = self._complaint.request, self._plaint.number
        pieces = ", ".join(f"{one.quantity} of line {one.line}" for one in request.lines)
        words = f"Complaint {number} by the {request.by.value}: {request.reason.value}, {pieces}"
        offers, why_not = len(self._plaint.solutions), self._plaint.why_not
        more = f". Offer {offers} {why_not or 'was not taken, or could not be kept'}"
        return (
            f"{words}{more if offers else ''}. refund offers the price of these pieces, replace "
            "the pieces once more, reject declines with your words; another sum: POST "
            f"/orders/{{order}}/complaints/{number}/solutions"
        )

    async def _until_answered(self) -> None:
        """The customer's word; or nobody's, once they have had their time since they were asked."""
        plaint, solution = self._plaint, self._plaint.solutions[-1]
        desk, number = self._desk, solution.number
        desk.in_background(self._ask(number))
        by = solution.answer_by

        def moved_on() -> bool:
            return (
                plaint.state is not ComplaintState.OFFERED or plaint.solutions[-1] is not solution
            )

        while not await desk.alarm.until(moved_on, by, "the customer's word on a solution"):
            if self._asked == number:
                accepts = desk.policy.solution_unanswered is CaseAnswer.ACCEPT
                state = ComplaintState.ACCEPTED if accepts else ComplaintState.DECLINED
                plaint.say(state, OURSELVES, "nobody has answered in time")
                await desk.record()
                return
            await workflow.wait_condition(lambda: moved_on() or self._asked == number)
            by = workflow.now() + desk.policy.solution_within

    async def _ask(self, number: int) -> None:
        await self._mail(MailKind.SOLUTION, f"{self._plaint.number}.{number}")
        self._asked = max(self._asked, number)

    async def _give(self) -> None:
        """Give back what was accepted; where that cannot be had any more, staff offer again."""
        solution = self._plaint.solutions[-1]
        if solution.wanted.kind is SolutionKind.REPLACEMENT:
            await self._replace(solution)
            return
        key = refund_key(self._plaint.number, solution.number)
        wanted = solution.refund(self._complaint)
        try:
            words = await self._refunds.settle_complaint(RefundRequest(key=key, **dict(wanted)))
        except ApplicationError as no:
            self._plaint.say(ComplaintState.OPEN, OURSELVES, f"it cannot be given back: {no}")
        else:
            self._plaint.say(ComplaintState.SOLVED, OURSELVES, words)
        await self._desk.record()

    async def _replace(self, solution: Solution) -> None:
        """Send it once more; where that does not arrive, staff offer something else."""
        desk, plaint = self._desk, self._plaint
        try:
            if not desk.begins_anew:  # else it may be on its way
                plaint.price(solution)
        except ApplicationError as no:
            plaint.say(ComplaintState.OPEN, OURSELVES, f"it cannot be sent once more: {no}")
        else:
            tell = self._tell_of_replacement
            state = await send_again(desk, self._complaint, solution.number, tell)
            plaint.why_not = "" if state.arrived else f"could not be kept: {state.words}"
            plaint.arrived_at = workflow.now() if state.arrived else None
            then = ComplaintState.SOLVED if state.arrived else ComplaintState.OPEN
            plaint.say(then, OURSELVES, state.words)
        await desk.record()

    def _tell_of_replacement(self, name: str) -> None:
        """The shop hears which order it is."""
        word = self._desk.journal.transition(self._desk.status, Step.REPLACEMENT, detail=name)
        self._desk.journal.add(word.model_copy(update={"news": News.REPLACED}))

    async def _mail(self, kind: MailKind, about: str) -> None:
        """Tell the customer; a mail that is refused holds nothing up."""
        desk, request = self._desk, self._complaint.request
        facts = {"complaint": str(self._plaint.number), "complaint_reason": request.reason.value}
        facts |= {f"complained.{one.line}": str(one.quantity) for one in request.lines}
        facts["by_courier"] = "yes" if request.by is ComplainedBy.COURIER else ""
        if self._plaint.solutions:
            facts |= _facts_of(self._plaint.solutions[-1], desk.policy.solution_unanswered)
        if self._plaint.withdrawn_because:
            facts["words"] = self._plaint.withdrawn_because
        mail = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            kind=kind,
            about=about,
            facts=tuple(MailFact(name=name, value=value) for name, value in facts.items() if value),
        )
        with suppress(DoneByHand):
            await desk.call(MailActivities.send, mail, f"{kind.value} mail", stoppable=False)


def _facts_of(solution: Solution, unanswered: CaseAnswer) -> dict[str, str]:
    facts = {"words": solution.wanted.words, "unanswered": unanswered.value}
    if solution.money is not None:
        facts["offered"] = str(solution.money)
    if solution.wanted.kind is SolutionKind.REPLACEMENT:
        facts["replacement"] = "yes"
    if solution.answer_by is not None:
        facts["answer_by"] = f"{solution.answer_by:%Y-%m-%d %H:%M} UTC"
    return facts
