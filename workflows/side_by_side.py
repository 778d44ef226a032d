"""Steps 5 to 15 of an order's shipments, side by side: each with a desk and an end of its own.

One's trouble never undoes another's. What has left stays sold, whatever becomes of the rest.
"""

import asyncio
from contextlib import suppress

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from activities.stock import ReleasePart, StockActivities
from domain.cases import CaseKind
from domain.mail import MailFact, MailKind
from domain.payment import Prepaid
from domain.shares import Share, added_up, rest_of, skus_of, wants_of, whole
from domain.shipping import Portion
from domain.status import OrderStatus, Step
from workflows.backorder import Shelf, until_there
from workflows.cancel import is_way_back
from workflows.desk import Desk
from workflows.fulfilment import Fate, fulfil
from workflows.holding import Hold
from workflows.interruptions import DoneByHand, Stopped
from workflows.money import OrderMoney
from workflows.part_desk import Together
from workflows.payer import Payer
from workflows.shipment import Shipment
from workflows.short_pick import why_nothing_ships

_NOT_IN_TIME = "The goods did not come in time."
_NOT_PAID = "The payment for it could not be made again."


class SideBySide:
    """An order's shipments. A plain order has one, and nothing here costs it anything."""

    def __init__(
        self, desk: Desk, money: OrderMoney, hold: Hold, payer: Payer, shelf: Shelf
    ) -> None:
        """All goods in one shipment, until the order is divided."""
        self._desk, self._money, self._hold = desk, money, hold
        self._payer, self._shelf = payer, shelf
        self._left_out: tuple[Portion, ...] = ()
        self._untold: list[tuple[Shipment, str]] = []
        self.shipments = [Shipment(desk, money, hold, 1, whole(desk.order))]

    def divide(self, shares: tuple[Share, ...]) -> bool:
        """One shipment for each share; whether there is any. Shares may lack what is left out."""
        for share in shares[:1]:
            self.shipments[0].warehouse = share.warehouse
        if not shares or shares[0].portions == whole(self._desk.order):
            return bool(shares)
        desk = self._desk
        for place in range(2, len(shares) + 1):
            self.shipments.append(Shipment(desk, self._money, self._hold, place, ()))
        dues = [one.dues for one in self.shipments]
        for place, (share, one) in enumerate(zip(shares, dues, strict=True)):
            one.portions, one.waits = share.portions, share.waits
            self.shipments[place].warehouse = share.warehouse
            one.earlier = added_up(each.portions for each in shares[:place])
            one.among(dues)
        self._money.is_owed_by(dues)
        self._left_out = rest_of(whole(desk.order), added_up(one.portions for one in shares))
        return True

    async def fulfil(self) -> list[Fate]:
        """All of them; how each ended."""
        shipments = self.shipments
        if self._left_out:
            await self._tell_what_is_left_out(self._left_out)
        if len(shipments) == 1:
            return await asyncio.gather(*(fulfil(shipment) for shipment in shipments))
        together = Together(self._desk)
        for one in shipments:
            waits = one.dues.waits
            one.desk = together.desk(OrderStatus.ACCEPTED if waits else self._desk.status)
        for one in shipments:
            if one.dues.waits:
                skus = skus_of(self._desk.order)
                short = ", ".join(f"{each.quantity} x {skus[each.line]}" for each in one.portions)
                detail = f"waits for {short}"
                one.desk.enter(OrderStatus.BACKORDERED, Step.RECEIVED, one.id, detail)
        fates = await asyncio.gather(*(self._one(shipment) for shipment in shipments))
        if any(fate is not Fate.CANCELLED for fate in fates):
            for each, why in self._untold:
                await self._tell_of_its_end(each, why)
        stops = [one.desk.stop for one in shipments if one.desk.stop is not None]
        if stops and all(fate is Fate.CANCELLED for fate in fates):
            self._desk.stop = self._desk.stop or stops[0]
        return fates

    async def _tell_what_is_left_out(self, portions: tuple[Portion, ...]) -> None:
        self._desk.in_background(self._mail(None, portions, "It is out of stock."))
        await self._tell_what_the_channel_owes(portions)

    async def _tell_what_the_channel_owes(
        self, portions: tuple[Portion, ...], shipment: str | None = None
    ) -> None:
        """What the customer has paid to the channel, only the channel gives back."""
        desk = self._desk
        if isinstance(desk.order.payment, Prepaid):
            names = ", ".join(f"{one.quantity} of line {one.line}" for one in portions)
            await desk.report(
                CaseKind.CHANNEL_OWES,
                f"The customer has paid to the channel for {names}, which they do not get "
                f"({desk.order.payment.reference}): have the channel give it back",
                shipment,
            )

    async def _one(self, shipment: Shipment) -> Fate:
        why = ""
        try:
            if shipment.dues.waits:
                why = await self._until_it_may_go(shipment)
        except Stopped:
            why = shipment.desk.cancelled_by or "cancelled"
        fate = Fate.CANCELLED if why else await fulfil(shipment)
        if fate is Fate.CANCELLED:
            await self._end(shipment, why)
        return fate

    async def _until_it_may_go(self, shipment: Shipment) -> str:
        """Goods first, then money; why it may not go, or nothing."""
        desk, money, payer = shipment.desk, self._money, self._payer
        if not await until_there(shipment, self._shelf):
            return _NOT_IN_TIME
        shipment.dues.waits = False
        if money.at_provider:
            self._hold.begin()
            await workflow.wait_condition(
                lambda: self._hold.stands or payer.wanted or desk.stop is not None
            )
            by = workflow.now() + desk.policy.pay_within
            if not await desk.until(lambda: self._hold.stands, by, "the money for the rest"):
                return _NOT_PAID
        desk.enter(OrderStatus.PAYMENT_SECURED, Step.PAYMENT, shipment.id)
        return ""

    async def _end(self, shipment: Shipment, why: str) -> None:
        """One of several is cancelled: its goods, its money, and a word to the customer."""
        desk = shipment.desk
        shipment.dues.dropped = True
        if not is_way_back(desk.status):
            desk.enter(OrderStatus.CANCELLING, Step.HANDOFF, shipment.id, why)
        request = ReleasePart(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            wants=wants_of(desk.order, shipment.promised),
            waits=shipment.dues.waits,
        )
        await desk.own_books(StockActivities.release_part, request, "release its reserved stock")
        if not shipment.dues.others_open():
            await self._money.let_go()
        desk.enter(OrderStatus.CANCELLED, Step.HAND_OVER, shipment.id, why)
        if any(_goes_on(one) for one in self.shipments):
            await self._tell_of_its_end(shipment, why)
        else:
            self._untold.append((shipment, why))
        await desk.record()

    async def _tell_of_its_end(self, shipment: Shipment, why: str) -> None:
        """Where nothing of the order goes on, the order's own end is told, and not its parts'."""
        words = why if why in (_NOT_IN_TIME, _NOT_PAID) else why_nothing_ships(shipment.desk)
        self._desk.in_background(self._mail(shipment, shipment.portions, words))
        await self._tell_what_the_channel_owes(shipment.portions, shipment.id)

    async def _mail(
        self, shipment: Shipment | None, portions: tuple[Portion, ...], reason: str
    ) -> None:
        """Which pieces do not come; a mail that is refused holds nothing up."""
        desk = self._desk
        facts = {f"cancelled.{one.line}": str(one.quantity) for one in portions}
        notes = () if shipment is None else shipment.credit_notes
        facts |= {"reason": reason, "credit_notes": ", ".join(notes)}
        request = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=None if shipment is None else shipment.id,
            kind=MailKind.PART_CANCELLED,
            facts=tuple(MailFact(name=name, value=value) for name, value in facts.items() if value),
        )
        with suppress(DoneByHand):
            await desk.call(MailActivities.send, request, "part cancelled mail", stoppable=False)


def _goes_on(shipment: Shipment) -> bool:
    """Whether nobody wants it cancelled."""
    wanted_back = shipment.desk.stop is not None or shipment.recall_wanted is not None
    return not (shipment.dues.dropped or wanted_back)
