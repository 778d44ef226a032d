"""One order: from the moment a shop accepts it to the moment the customer is happy with it."""

import asyncio
from contextlib import suppress
from datetime import datetime

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from activities.step import Request
from activities.stock import StockActivities
from domain.mail import MailFact, MailKind
from domain.order import OrderInput
from domain.status import OrderStatus, Step
from workflows.address import Addresses
from workflows.amended import until_nothing_is_amended
from workflows.amending import Amendments
from workflows.backorder import Shelf
from workflows.cancel import is_way_back
from workflows.complaints import Complaints
from workflows.desk import Desk
from workflows.fulfilment import Fate
from workflows.handover import report_gone_after_all
from workflows.holding import Hold
from workflows.interruptions import DoneByHand, Stopped
from workflows.money import OrderMoney
from workflows.payer import Payer
from workflows.paying import until_paid
from workflows.promises import Promises
from workflows.promising import until_promised
from workflows.reception import Reception
from workflows.refunds import Refunds
from workflows.screening import until_released
from workflows.short_pick import why_nothing_ships
from workflows.side_by_side import SideBySide
from workflows.told import Told

_CLOSING_STEP = {
    OrderStatus.OUT_OF_STOCK: Step.RECEIVED,
    OrderStatus.DECLINED: Step.PAYMENT,
    OrderStatus.CANCELLED: Step.HAND_OVER,
    OrderStatus.COMPLETED: Step.REVIEW,
}


@workflow.defn(name="Order")
class OrderWorkflow(Told):
    """The twenty steps of an order. Complaints are heard, and looked after, beside the others."""

    @workflow.init
    def __init__(self, given: OrderInput) -> None:
        """Signals and updates may come before `run` does."""
        self.desk = Desk(given)
        self.shelf = Shelf()
        self.money = OrderMoney(self.desk)
        self.payer = Payer()
        self.hold = Hold(self.desk, self.money, self.payer)
        self.promises = Promises()
        self.side_by_side = SideBySide(self.desk, self.money, self.hold, self.payer, self.shelf)
        self.shipments = self.side_by_side.shipments
        self.addresses = Addresses(self.desk, self.shipments)
        self.amendments = Amendments(given, self.desk, self.shipments, self.money, self.hold)
        self.reception = Reception(self.desk, self.shipments)
        self.refunds = Refunds(self.desk, self.money, self.shipments)
        self.complaints = Complaints(self.desk, self.shipments, self.refunds)
        self.desk.claim = self.complaints.claim
        self.declined_because = ""

    @workflow.run
    async def run(self, given: OrderInput) -> OrderStatus:
        """Carry the order out; a cancel from the Temporal UI is a request like any other."""
        work = asyncio.create_task(self.to_the_end())
        cancelled = False
        while not work.done():
            try:
                await workflow.wait_condition(work.done)
            except asyncio.CancelledError:
                cancelled = True
                await self.cancelled_from_the_ui()
        if cancelled and work.result() is OrderStatus.CANCELLED:
            raise asyncio.CancelledError
        return work.result()

    async def to_the_end(self) -> OrderStatus:
        """The order's way, and an answer to everybody who asked meanwhile."""
        status = await self.carry_out()
        await workflow.wait_condition(workflow.all_handlers_finished)
        late = (
            [x for x in self.shipments if x.inbox.gone and x.dues.dropped]
            if status is OrderStatus.COMPLETED
            else [x for x in self.shipments if x.inbox.gone]
        )
        if late or not self.desk.journal.empty:
            await self.desk.hearing.apart()
        for shipment in late:
            await report_gone_after_all(shipment)
        await self.desk.record()
        return status

    async def carry_out(self) -> OrderStatus:
        """The order's way."""
        try:
            if not await self.promise_goods():  # 1
                await self.money.give_checkout_back()
                return await self.close(OrderStatus.OUT_OF_STOCK, MailKind.OUT_OF_STOCK)
            if not await self.promise_money():  # 2
                return await self.close(OrderStatus.DECLINED, MailKind.DECLINED)
            await until_released(self.desk, self.money, self.payer, self.hold)  # 2
            self.confirm()  # 3 4
            fates = await self.side_by_side.fulfil()  # 5-15
        except Stopped:
            fates = [Fate.CANCELLED]
        if all(fate is Fate.CANCELLED for fate in fates):
            self.declined_because = why_nothing_ships(self.desk)
            return await self.close(OrderStatus.CANCELLED, MailKind.CANCELLED)
        self.complaints.all_has_come()
        if Fate.NOT_DELIVERED not in fates:
            await self.ask_for_review()  # 20
        await self.complaints.until_over()  # 16 17
        await self.refunds.settled()
        return await self.close(OrderStatus.COMPLETED)

    async def promise_goods(self) -> bool:
        """Step 1: everything reserved, or nothing; by policy it waits, or is divided."""
        self.promises.register(self.release_goods)
        try:
            shares = await until_promised(self.desk, self.shelf)
        except Stopped:
            await self.money.give_checkout_back()
            raise
        return self.side_by_side.divide(shares)

    async def release_goods(self) -> None:
        """Undo step 1: what is still promised can be sold to others again."""
        desk = self.desk
        request = Request(order_id=desk.order_id, shop=desk.shop)
        await desk.own_books(StockActivities.release, request, "release reserved stock")

    async def promise_money(self) -> bool:
        """Step 2: the payment's terms are met, or the order is declined."""
        self.promises.register(self.money.let_go)
        decline = await until_paid(self.desk, self.money, self.payer)
        self.declined_because = "" if decline is None else decline.message or decline.code
        if decline is None:
            await self.amendments.again()
        return decline is None

    def confirm(self) -> None:
        """Steps 3 and 4: the customer is told; the record goes with what is called next."""
        desk = self.desk
        desk.journal.waited(Step.RECORDS, "record", desk.order_id, workflow.now())
        desk.in_background(self.mail(MailKind.CONFIRMATION))
        self.hold.begin()

    async def ask_for_review(self) -> None:
        """Step 20: some days after delivery, and only if nothing is open."""
        desk = self.desk
        if not (desk.policy.ask_for_reviews and desk.order.reviews_welcome):
            return
        came: datetime | None = workflow.now()
        while came is not None:
            by = came + desk.policy.review_after
            await desk.until(lambda: False, by, "the day to ask for a review", stoppable=False)
            await self.complaints.none_open()
            newer = self.complaints.last_arrival
            came = newer if newer is not None and newer > came else None
        await self.refunds.settled()
        await desk.hearing.settled()
        if self.complaints.open or desk.cases.waiting or self.complaints.declined:
            return
        if self.complaints.over:
            desk.enter(OrderStatus.COMPLETED, Step.REVIEW)
        await self.mail(MailKind.REVIEW)

    async def close(self, status: OrderStatus, mail: MailKind | None = None) -> OrderStatus:
        """Undo what was promised and not kept, tell the customer, and close the books."""
        desk = self.desk
        await until_nothing_is_amended(desk)
        self.hold.end()
        if status is not OrderStatus.COMPLETED:
            if status is OrderStatus.CANCELLED and not is_way_back(desk.status):
                desk.enter(OrderStatus.CANCELLING, Step.HANDOFF, detail=desk.cancelled_by)
            await self.promises.undo()
            for shipment in self.shipments:
                await report_gone_after_all(shipment)
        if desk.status is not status:
            desk.enter(status, _CLOSING_STEP[status], detail=self.declined_because)
        if mail is not None:
            await self.mail(mail)
        # Whatever comes meanwhile, an order whose money was not given back is completed.
        sure = status is OrderStatus.COMPLETED
        await desk.record(within=sure and not self.refunds.any)
        await self.refunds.settled()
        await desk.finish_background()
        await desk.record(within=sure and not self.refunds.any)
        return status

    async def mail(self, kind: MailKind) -> None:
        """Send one of the order's mails; a mail that is refused holds nothing up."""
        desk = self.desk
        notes = ", ".join(note for one in self.shipments for note in one.credit_notes)
        known = {"reason": self.declined_because, "credit_notes": notes}
        request = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            kind=kind,
            facts=tuple(MailFact(name=name, value=value) for name, value in known.items() if value),
        )
        with suppress(DoneByHand):
            await desk.call(MailActivities.send, request, f"{kind.value} mail", stoppable=False)
