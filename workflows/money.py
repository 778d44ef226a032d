"""The order's money: secured when it is accepted, captured when it ships, else let go.

One workflow owns the money. What a webhook says about it is only ever a hint.
"""

from collections.abc import Callable

from activities.payment import PaymentActivities
from activities.payment_requests import CapturePayment, RefundPayment
from domain.money import Money
from domain.status import OrderStatus, Step
from workflows.desk import Desk
from workflows.interruptions import DoneByHand, Stopped
from workflows.raised_money import RaisedMoney


class OrderMoney(RaisedMoney):
    """What is held, and what was taken."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is held yet."""
        super().__init__(desk)
        self._captures = 0

    def taken(self, shipment: str) -> Money | None:
        """What was taken for a shipment; None where nothing was, or all of it is given back."""
        taking = self._purse.taken(shipment)
        return None if taking is None else taking.money

    async def capture(
        self, desk: Desk, shipment: str, due: Money, rest: Money, stopped: Callable[[], bool]
    ) -> str:
        """Step 13: take what is due, once. Answers why it cannot be had, or nothing.

        What is held beyond it the provider lets go of, unless there is a ``rest`` that it can take
        later; where nothing is due, and there is no rest, all of it.

        Raises:
            Stopped: ``stopped`` has come true before its turn came.
        """
        async with self._turn:
            if stopped():
                raise Stopped
            return await self._capture(desk, shipment, due, rest)

    async def _capture(self, desk: Desk, shipment: str, due: Money, rest: Money) -> str:
        reference = self._purse.reference
        if reference is None or not self.held:
            return "no money is held for it" if self._lacks(due) else ""
        if not due.amount:
            if not rest.amount:
                await self._let_go(None)
            return ""
        self._captures += 1
        final = self._purse.ends_with(rest)
        then = desk.next(OrderStatus.CAPTURED, Step.HAND_OVER, shipment)
        request = CapturePayment(
            order_id=desk.order_id,
            shop=desk.shop,
            way=self._way,
            shipment=shipment,
            sequence=self._captures,
            reference=reference,
            money=due,
            final=final,
            before=self._purse.used,
            rest=self._purse.beyond(due) if final else None,
        )
        try:
            result = await desk.call(
                PaymentActivities.capture,
                request,
                f"capture {due}",
                then,
                stoppable=False,
            )
        except DoneByHand:
            desk.journal.add(then)
            self._purse.take(shipment, self._purse.at_most(due), last=final)
        else:
            if result.captured is None:
                return result.reason or "the provider gives no reason"
            self._purse.take(shipment, result.captured, last=final)
        desk.arrive(then)
        return ""

    def _lacks(self, due: Money) -> bool:
        return bool(self._dues) and self.at_provider and due.amount > 0

    async def refund(self, shipment: str) -> None:
        """Undo step 13 for a shipment that came back: give back what is left of its capture.

        From now on it is promised: staff who press meanwhile are told that nothing is left.
        """
        taking, left = self._purse.taken(shipment), self._purse.left(shipment)
        if taking is not None and left is not None:
            self._purse.give_back(shipment, left)
            await self._refund(taking.reference, left, shipment)

    async def _refund(self, reference: str, money: Money, shipment: str) -> None:
        desk = self._desk
        request = RefundPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            way=self._way,
            shipment=shipment,
            reference=reference,
            money=money,
        )
        await desk.call(PaymentActivities.refund, request, f"refund {money}", stoppable=False)
