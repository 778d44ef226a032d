"""A refund is carried out: at the provider, on paper, in a mail and to the shop; then looked after.

Each capture is given back by a refund of its own. One that is pending is looked at again, one that
fails is tried again or done by hand. One that has arrived may still come back: the provider's news
are heard, and before the order ends everything is looked at once more.
"""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow

from activities.documents import CreditRefund, DocumentActivities
from activities.mail import MailActivities, SendMail
from activities.refunds import GiveBack, LookAtRefund, RefundActivities
from domain.cases import CaseAnswer, CaseKind
from domain.crediting import ToCredit
from domain.mail import MailFact, MailKind
from domain.payment import PaymentWay, Refunded, RefundStatus
from domain.refunds import RefundPart, part_key
from domain.status import Step
from workflows.desk import Desk
from workflows.interruptions import DoneByHand
from workflows.money import OrderMoney
from workflows.refund_standing import Standing
from workflows.trouble import Trouble

_FIRST_LOOK = timedelta(hours=1)
_LONGEST_PAUSE = timedelta(days=1)
_THERE_OR_ON_ITS_WAY = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
_BY_HAND = "by hand"
_NO_REASON = "the provider gives no reason"


class GivingBack:
    """What an order does about its refunds, one after the other within each."""

    def __init__(self, desk: Desk, money: OrderMoney) -> None:
        """There are none."""
        self._desk, self._money = desk, money
        self._all: list[Standing] = []
        self._under_way = 0
        self._sequence = 0
        self._looks = 0
        self._hints = 0

    @property
    def any(self) -> bool:
        """Whether there was ever one."""
        return bool(self._all)

    def next_sequence(self) -> int:
        """The number of the order's next refund at the provider."""
        self._sequence += 1
        return self._sequence

    def expect(self, one: Standing) -> None:
        """It is promised: the order does not end before it is carried out."""
        self._all.append(one)
        self._under_way += 1

    def begin(self, one: Standing) -> None:
        """Carry it out, while the order goes on."""
        self._desk.in_background(self._carry_out(one))

    def hint(self) -> None:
        """The provider has news: what is thought to have arrived is looked at as well."""
        if self._all:
            self._hints += 1
            arrived = [one for one in self._all if one.carried_out]
            if arrived and not self._desk.status.ended:
                self._under_way += 1
                self._desk.in_background(self._look_again(arrived))

    async def settled(self) -> None:
        """Wait until nothing is under way, and everything was seen once more."""
        while self._under_way or not all(one.seen_last for one in self._all):
            await workflow.wait_condition(lambda: not self._under_way)
            unseen = [one for one in self._all if not one.seen_last]
            for one in unseen:
                one.seen_last = True
            self._under_way += 1
            await self._look_again(unseen)

    async def _carry_out(self, one: Standing) -> None:
        heard = self._hints
        for place in one.places:
            await self._give_back(one, place)
        for part in one.refund.parts:
            one.notes += await self._credit(one, part)
        self._tell(one)
        await self._mail(one)
        await self._until_arrived(one)
        one.carried_out = True
        if self._hints > heard:
            await self._look(one, _THERE_OR_ON_ITS_WAY)
            await self._until_arrived(one)
        self._under_way -= 1

    async def _give_back(self, one: Standing, place: int, reason: str = "") -> None:
        """Until the provider takes it, or a person has done it. ``reason`` is why it has failed."""
        trouble = Trouble(self._desk, CaseKind.REFUND_FAILED, one.parts[place].shipment)
        while True:
            if reason:
                await self._ask(trouble, one, place, reason)
            if one.parts[place].by_hand:
                return
            part = one.parts[place]
            said = await self._call(part)
            one.said[place] = said
            if said.status is not RefundStatus.FAILED:
                self._money.purse.put_right(part.shipment, part.money, said.money)
                return
            self._tell(one)
            reason = said.reason or _NO_REASON

    async def _call(self, part: RefundPart) -> Refunded:
        desk = self._desk
        request = GiveBack(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=part.shipment,
            sequence=part.sequence,
            way=self._money.way or PaymentWay.CARD,
            payment=part.payment,
            money=part.money,
        )
        summary = f"give {part.money} back"
        return await desk.call(RefundActivities.give_back, request, summary, stoppable=False)

    async def _ask(self, trouble: Trouble, one: Standing, place: int, reason: str) -> None:
        """A person says whether it is tried again or was done by hand; nobody: tried again."""
        part = one.parts[place]
        answer = await trouble.ask(
            f"{part.money} cannot be given back: {reason}. accept says that it was given back by "
            "hand, retry tries once more",
            (CaseAnswer.RETRY, CaseAnswer.ACCEPT),
            stoppable=False,
        )
        by_hand = answer is CaseAnswer.ACCEPT
        part = part.model_copy(update={"sequence": self.next_sequence(), "by_hand": by_hand})
        one.parts[place] = part
        self._desk.journal.add(one.refund.model_copy(update={"parts": (part,)}))
        if by_hand:
            one.said[place] = Refunded(
                reference=_BY_HAND, money=part.money, status=RefundStatus.BY_HAND
            )
            await self._desk.record()

    async def _credit(self, one: Standing, part: RefundPart) -> tuple[str, ...]:
        desk = self._desk
        request = CreditRefund(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=part.shipment,
            sequence=one.refund.number,
            wanted=ToCredit(
                money=part.money,
                portions=part.portions,
                earlier=part.earlier,
                shipping=part.shipping,
                last=part.last,
            ),
        )
        summary = "credit what is given back"
        back = await desk.own_books(DocumentActivities.credit, request, summary)
        return back.credit_notes

    def _tell(self, one: Standing) -> None:
        """The shop hears of it with whatever goes on record next; the order's status stays."""
        desk = self._desk
        detail = f"refund {one.refund.number}: {one.refund.money}, {one.status.value}"
        word = desk.journal.transition(desk.status, Step.SOLUTION, detail=detail)
        desk.journal.add(word.model_copy(update={"refund": one.word}))

    async def _mail(self, one: Standing) -> None:
        """The customer is told once; a mail that is refused holds nothing up."""
        desk, request = self._desk, one.refund.request
        facts = {f"refunded.{each.line}": str(each.quantity) for each in request.lines}
        fee = any(part.shipping for part in one.parts)
        facts |= {"fee": "yes" if fee else "", "credit_notes": ", ".join(one.notes)}
        facts["given_back"] = str(one.word.money)
        mail = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            kind=MailKind.REFUNDED,
            about=str(one.refund.number),
            facts=tuple(MailFact(name=name, value=value) for name, value in facts.items() if value),
        )
        with suppress(DoneByHand):
            await desk.call(MailActivities.send, mail, "refund mail", stoppable=False)

    async def _until_arrived(self, one: Standing) -> None:
        """Look until nothing of it is pending any more."""
        pause = _FIRST_LOOK
        while one.pending:
            heard = self._hints
            await self._desk.alarm.until(
                lambda heard=heard: self._hints > heard,
                workflow.now() + pause,
                "the provider to finish a refund",
            )
            pause = min(2 * pause, _LONGEST_PAUSE)
            await self._look(one, (RefundStatus.PENDING,))

    async def _look_again(self, some: list[Standing]) -> None:
        for one in some:
            await self._look(one, _THERE_OR_ON_ITS_WAY)
            await self._until_arrived(one)
        self._under_way -= 1

    async def _look(self, one: Standing, statuses: tuple[RefundStatus, ...]) -> None:
        """See how its parts stand; one that has come back is given back anew.

        One look after another: two that saw the same failure would give the money back twice.
        """
        async with one.looking:
            for place in one.places:
                await self._look_at(one, place, statuses)

    async def _look_at(self, one: Standing, place: int, statuses: tuple[RefundStatus, ...]) -> None:
        before = one.said[place]
        if before is None or before.status not in statuses:
            return
        said = one.said[place] = await self._ask_provider(one.parts[place], before)
        if said.status is not before.status:
            self._tell(one)
        if said.status is RefundStatus.FAILED:
            await self._give_back(one, place, said.reason or _NO_REASON)
            self._tell(one)
        await self._desk.record()

    async def _ask_provider(self, part: RefundPart, before: Refunded) -> Refunded:
        """How it stands by now; where the provider does not say, and a person has seen to it, it
        is left at that."""
        desk = self._desk
        self._looks += 1
        request = LookAtRefund(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=part.shipment,
            sequence=self._looks,
            way=self._money.way or PaymentWay.CARD,
            refund=before.reference,
            key=part_key(part),
        )
        summary = "see how the refund stands"
        try:
            return await desk.call(RefundActivities.look, request, summary, stoppable=False)
        except DoneByHand:
            arrived = before.status is RefundStatus.SUCCEEDED
            return before if arrived else before.model_copy(update={"status": RefundStatus.BY_HAND})
