"""Between the money and the warehouse: an order that looks wrong waits until somebody releases it.

Staff decide by a case; so may people at the payment provider, in a review of their own: to reject
it always, to release it where no reason of the shop's own is left. When nobody does in time, policy
decides. Nothing of the order is at the warehouse meanwhile, and its money stays held.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow

from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.hours import deadline
from domain.journal import FactOutcome
from domain.risk import Assessment, ProviderReview
from domain.screening import reasons_to_review
from domain.status import OrderStatus, Step
from domain.steering import CancelRequest
from workflows.desk import Desk
from workflows.holding import Hold
from workflows.interruptions import Overtaken, Stopped
from workflows.money import OrderMoney
from workflows.payer import Payer

_FIRST_PAUSE = timedelta(minutes=10)


async def until_released(desk: Desk, money: OrderMoney, payer: Payer, hold: Hold) -> None:
    """Go on at once where nothing looks wrong; else when somebody says so.

    Raises:
        Stopped: it was rejected, or cancelled meanwhile.
    """
    reasons = reasons_to_review(desk.order, desk.policy, money.assessment)
    if not reasons or not workflow.patched("an-order-may-be-reviewed"):
        return
    desk.enter(OrderStatus.IN_REVIEW, Step.PAYMENT)
    hold.begin()
    began = workflow.now()
    decision = await _Review(desk, money, payer).decision("; ".join(reasons))
    released = decision.answer is CaseAnswer.RELEASE
    outcome = FactOutcome.DONE if released else FactOutcome.DECLINED
    detail = f"{decision.who}: {decision.why}"
    desk.journal.waited(Step.PAYMENT, "review", desk.order_id, began, outcome, detail)
    desk.check_stop()
    if not released:
        desk.stop = CancelRequest(who=decision.who, why=decision.why)
        raise Stopped
    desk.enter(OrderStatus.PAYMENT_SECURED, Step.PAYMENT, detail=f"released by {decision.who}")


class _Review:
    """One order's review: a case here, and the provider's own word."""

    def __init__(self, desk: Desk, money: OrderMoney, payer: Payer) -> None:
        self._desk = desk
        self._money = money
        self._payer = payer
        self._over = False

    async def decision(self, reasons: str) -> Answer:
        """Wait for it. Raises Stopped: the order is being cancelled."""
        desk = self._desk
        hours, within = desk.policy.support_hours, desk.policy.review_within
        by = deadline(hours, desk.clocks, workflow.now(), within)
        case = desk.cases.open(
            CaseKind.REVIEW,
            f"The order is held before the warehouse hears of it: {reasons}. When nobody answers "
            f"in time: {desk.policy.review_unanswered.value}",
            (CaseAnswer.RELEASE, CaseAnswer.REJECT),
            answer_by=by,
        )
        await desk.call_attention()
        if self._money.held:
            desk.in_background(self._watch_provider(case))
        try:
            await desk.until(
                lambda: desk.cases.answer_to(case) is not None, by, f"an answer to case {case.id}"
            )
        except Stopped:
            desk.settle(case, "the order is being cancelled")
            raise
        finally:
            self._over = True
        desk.settle(case, "nobody answered in time", desk.policy.review_unanswered)
        return desk.cases.decision_on(case)

    async def _watch_provider(self, case: Case) -> None:
        """Look when told to, and from time to time while a review is open there: hints get lost."""
        review, pause = self._money.assessment.review, _FIRST_PAUSE
        look_at = workflow.now() if review is not ProviderReview.NONE else None
        with suppress(Stopped, Overtaken):
            while not await self._is_over(look_at):
                self._payer.review_hinted = False
                looked_at = self._money.reference
                found = await self._money.assess(lambda: self._over)
                answer = self._decided_there(found)
                if answer is not None and not self._over:
                    words = f"the payment provider's review: {found.review.value}"
                    self._desk.settle(case, words, answer)
                again = found.review is ProviderReview.OPEN or looked_at != self._money.reference
                look_at = workflow.now() + pause if again else None
                pause *= 2

    def _decided_there(self, found: Assessment) -> CaseAnswer | None:
        """Who approves a payment has not looked at what else the shop wants looked at."""
        desk = self._desk
        if found.review is ProviderReview.REJECTED:
            return CaseAnswer.REJECT
        approved = found.review is ProviderReview.APPROVED
        if approved and not reasons_to_review(desk.order, desk.policy, found):
            return CaseAnswer.RELEASE
        return None

    async def _is_over(self, look_at: datetime | None) -> bool:
        """Wait for the next look."""
        desk, payer = self._desk, self._payer
        await desk.alarm.until(
            lambda: self._over or desk.stop is not None or payer.review_hinted,
            look_at,
            "a look at the provider's review",
        )
        return self._over or desk.stop is not None
