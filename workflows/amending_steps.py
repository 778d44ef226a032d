"""The steps of an amendment, each with its way back before it is taken.

What is more comes first: goods, then money, then the warehouse's word. Then the record says so, and
only then what is less is let go of. So wherever it ends, the order is as it was, or as amended.
"""

from collections.abc import Sequence

from temporalio import workflow

from activities.amending import (
    AmendingActivities,
    MovePieces,
    RecordAmendment,
    words_of_shortages,
)
from activities.mail import MailActivities, SendMail
from activities.warehouse import AmendHandoff, WarehouseActivities
from domain.amendment import fewer, listed, more, words_of
from domain.cases import CaseKind
from domain.journal import News, Transition
from domain.mail import MailFact, MailKind
from domain.order import Amended
from domain.payment import Prepaid
from domain.shares import whole
from domain.status import Step
from domain.stock import Want
from domain.warehouse import HandoffLine
from workflows.desk import Desk
from workflows.interruptions import DoneByHand, Stopped
from workflows.money import OrderMoney
from workflows.promises import Promises
from workflows.shipment import Shipment

PICKED = (
    "Picking has begun, and the warehouse cannot change it any more: cancel the order, or place "
    "another one for what is to come besides"
)


class _Refused(Exception):
    """It cannot be made; the message says why."""


class AmendmentSteps:
    """What is done for an amendment, and for nothing else."""

    def __init__(self, desk: Desk, shipments: Sequence[Shipment], money: OrderMoney) -> None:
        """For an order that goes in one shipment."""
        self._desk, self._shipments, self._money = desk, shipments, money
        self._drawn: Transition | None = None

    async def make(self, one: Amended) -> Amended:
        """All of it, or nothing: an order that is cancelled meanwhile is not amended.

        Answers it as it is on record then. What is left to be done is `afterwards`.
        """
        ways_back, why = Promises(), ""
        self._drawn = None
        try:
            await self._forward(one, ways_back)
        except _Refused as refused:
            why = str(refused)
        except Stopped:
            why = "The order is being cancelled"
        if not why:
            await self._release_less(one)
            return one
        await ways_back.undo()
        refused_one = one.model_copy(update={"refused": why[:4000]})
        await self._record(refused_one, self._news(News.AMENDMENT_REFUSED, why))
        return refused_one

    async def afterwards(self, one: Amended) -> None:
        """The old hold, the customer, and what only the channel can give back."""
        desk = self._desk
        await self._money.keep_more()
        facts = {f"was.{n}": text for n, text in enumerate(listed(one.before), 1)}
        facts |= {f"now.{n}": text for n, text in enumerate(listed(one.after), 1)}
        order = desk.order
        was, now = one.before.within(order).due, one.after.within(order).due
        facts |= {"total_was": str(was), "total_now": str(now)}
        request = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            kind=MailKind.AMENDED,
            about=str(one.number),
            facts=tuple(MailFact(name=name, value=value) for name, value in facts.items()),
        )
        if isinstance(order.payment, Prepaid) and now.amount < was.amount:
            await desk.report(
                CaseKind.CHANNEL_OWES,
                f"The order was amended, and {was - now} of what the customer has paid to the "
                f"channel is for what they do not get ({order.payment.reference}): have the "
                "channel give it back",
            )
        await desk.call(MailActivities.send, request, "amended mail", stoppable=False)

    async def again(self, one: Amended) -> None:
        """The engine has lost the run that made it: the order follows it, as it did then."""
        self._desk.journal.transition(self._desk.status, Step.RECORDS)
        if not one.refused:
            self._follow(one, self._shipments[0], ())
            await self._release_less(one)

    async def _forward(self, one: Amended, ways_back: Promises) -> None:
        """Goods, money, the warehouse, the record.

        Raises:
            _Refused: one of them would not.
            Stopped: the order is being cancelled.
        """
        desk, (shipment, *_) = self._desk, self._shipments
        await self._until_handed_off(shipment)
        await self._promise_goods(one, ways_back)
        desk.check_stop()
        await self._promise_money(one, ways_back)
        desk.check_stop()
        if shipment.inbox.picked:
            raise _Refused(PICKED)
        news = self._news(News.AMENDED, words_of(one.before, one.after, desk.order.currency))
        lines: tuple[HandoffLine, ...] = ()
        if shipment.handed_off:
            lines = await self._ask_warehouse(one, shipment, news)
        else:
            await self._record(one, news)
        self._follow(one, shipment, lines)

    async def _until_handed_off(self, shipment: Shipment) -> None:
        """A handoff that is under way is waited for: until then the warehouse has nothing."""
        desk = self._desk
        await workflow.wait_condition(lambda: _is_at_rest(shipment) or desk.stop is not None)
        desk.check_stop()

    async def _promise_goods(self, one: Amended, ways_back: Promises) -> None:
        wanted = more(one.before, one.after)
        if not wanted:
            return
        request = self._pieces(one, wanted)

        async def let_go() -> None:
            await self._desk.own_books(
                AmendingActivities.release_more, request, "release what was to be more"
            )

        ways_back.register(let_go)
        promised = await self._desk.own_books(
            AmendingActivities.reserve_more, request, "reserve what is more"
        )
        if promised.shortages:
            raise _Refused(f"There are not enough pieces: {words_of_shortages(promised)}")

    async def _promise_money(self, one: Amended, ways_back: Promises) -> None:
        due = one.after.within(self._desk.order).due
        if self._money.covers(due):
            return
        ways_back.register(self._money.drop_more)
        decline = await self._money.hold_more(due)
        if decline is not None:
            raise _Refused(
                f"The bank will not hold {due}: {decline.message or decline.code} The customer has "
                "to pay anew: have them place another order for what is to come besides"
            )

    async def _ask_warehouse(
        self, one: Amended, shipment: Shipment, then: Transition
    ) -> tuple[HandoffLine, ...]:
        """It has the last word; what it accepts is on record with its answer."""
        desk = self._desk
        request = AmendHandoff(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            sequence=one.number,
            portions=whole(one.after.within(desk.order)),
            amended=one,
            moves=len(shipment.moves.been_at),
        )
        try:
            answer = await desk.call(
                WarehouseActivities.amend,
                request,
                "amend it at the warehouse",
                then,
                stoppable=False,
            )
        except DoneByHand as refused:
            raise _Refused(f"The warehouse does not take it: {refused}") from refused
        if not answer.answer.accepted:
            reason = answer.answer.reason or "it gives no reason"
            raise _Refused(f"The warehouse does not take it: {reason}")
        return answer.lines

    def _follow(self, one: Amended, shipment: Shipment, lines: tuple[HandoffLine, ...]) -> None:
        """From here on the order is the amended one."""
        desk = self._desk
        desk.order = one.after.within(desk.order)
        shipment.dues.amended(desk.order, whole(desk.order))
        if lines:
            shipment.lines = lines
        desk.tell()

    async def _record(self, one: Amended, then: Transition) -> None:
        desk = self._desk
        request = RecordAmendment(
            order_id=desk.order_id, shop=desk.shop, sequence=one.number, amended=one
        )
        await desk.own_books(AmendingActivities.record, request, "record the amendment", then)

    async def _release_less(self, one: Amended) -> None:
        spare = fewer(one.before, one.after)
        if spare:
            await self._desk.own_books(
                AmendingActivities.release_less, self._pieces(one, spare), "release what is less"
            )

    def _pieces(self, one: Amended, wants: tuple[Want, ...]) -> MovePieces:
        desk = self._desk
        return MovePieces(
            order_id=desk.order_id,
            shop=desk.shop,
            warehouse=self._shipments[0].warehouse,
            sequence=one.number,
            wants=wants,
        )

    def _news(self, news: News, words: str) -> Transition:
        """One number for each amendment, whatever becomes of it: a run that begins anew counts
        on that."""
        desk = self._desk
        drawn = self._drawn or desk.journal.transition(desk.status, Step.RECORDS)
        self._drawn = drawn.model_copy(update={"news": news, "detail": words[:250]})
        return self._drawn


def _is_at_rest(shipment: Shipment) -> bool:
    """No handoff is under way, and it is not on its way from one warehouse to another."""
    asked = shipment.handed_off and not shipment.lines
    return not (asked or shipment.moves.under_way)
