"""The order's money: secured when it is accepted, captured when it ships, else let go.

One workflow owns the money. What a webhook says about it is only ever a hint.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from temporalio import workflow

from activities.payment import (
    AuthorizePayment,
    CapturePayment,
    PaymentActivities,
    PaymentSecured,
    RefundPayment,
    VoidPayment,
)
from domain.money import Money
from domain.order import Order
from domain.payment import Authorization, AuthorizeMethod, Decline, ExistingIntent
from domain.status import OrderStatus, Step
from workflows.desk import Desk
from workflows.interruptions import DoneByHand


class OrderMoney:
    """What is held and what was taken."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is held yet."""
        self._desk = desk
        self._authorization: Authorization | None = None
        self._asked_at: datetime | None = None
        self._captured: Money | None = None
        self._taken = False
        self._captures = 0

    @property
    def at_provider(self) -> bool:
        """Whether the payment provider holds this order's money, so that it must be captured."""
        return isinstance(self._desk.order.payment, AuthorizeMethod | ExistingIntent)

    @property
    def can_be_taken(self) -> bool:
        """Whether a capture asks the provider for money that is held and was not taken."""
        return self.at_provider and self._authorization is not None and not self._taken

    @property
    def capture_before(self) -> datetime | None:
        """When the authorization lapses, in the provider's own word."""
        return None if self._authorization is None else self._authorization.capture_before

    async def secure(self) -> Decline | None:
        """Step 2: authorize, or verify what the checkout or the channel says."""
        desk = self._desk
        self._asked_at = workflow.now()
        then = desk.next(OrderStatus.PAYMENT_SECURED, Step.PAYMENT)
        request = AuthorizePayment(
            order_id=desk.order_id, shop=desk.shop, money=desk.order.due, terms=desk.order.payment
        )
        try:
            secured = await desk.call(
                PaymentActivities.authorize,
                request,
                f"authorize {desk.order.due}",
                then,
                stoppable=not isinstance(desk.order.payment, ExistingIntent),
            )
        except DoneByHand:
            desk.journal.add(then)
            secured = PaymentSecured(authorization=_verified_by_hand(desk.order))
        if secured.decline is not None:
            self._asked_at = None
            return secured.decline
        self._authorization = secured.authorization
        desk.arrive(then)
        return None

    async def capture(self, shipment: str) -> str:
        """Step 13: take the money, once. Answers why it cannot be had, or nothing."""
        desk = self._desk
        if self._authorization is None or not self.can_be_taken:
            return ""
        self._captures += 1
        then = desk.next(OrderStatus.CAPTURED, Step.HAND_OVER, shipment)
        request = CapturePayment(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment,
            sequence=self._captures,
            reference=self._authorization.reference,
            money=desk.order.due,
        )
        try:
            result = await desk.call(
                PaymentActivities.capture,
                request,
                f"capture {desk.order.due}",
                then,
                stoppable=False,
            )
        except DoneByHand:
            desk.journal.add(then)
            self._captured = desk.order.due
        else:
            if result.captured is None:
                return result.reason or "the provider gives no reason"
            self._captured = result.captured
        self._taken = True
        desk.arrive(then)
        return ""

    async def let_go(self, unless: Callable[[], bool] | None = None) -> None:
        """Undo step 2: void what is, or may be, held. Nothing to do where it was captured.

        Raises:
            Overtaken: ``unless`` has come true before the provider let it go.
        """
        if self.at_provider and self._asked_at is not None and not self._taken:
            with suppress(DoneByHand):
                await self._void(self._asked_at, unless)
            self._asked_at = None

    async def give_checkout_back(self) -> None:
        """A checkout holds money before the order comes: it is let go where nothing is sold."""
        terms = self._desk.order.payment
        if isinstance(terms, ExistingIntent) and workflow.patched("a-checkout-gets-its-hold-back"):
            request = VoidPayment(
                order_id=self._desk.order_id,
                shop=self._desk.shop,
                reference=terms.payment_intent,
                authorized_since=workflow.now(),
                unverified=self._desk.order.due,
            )
            with suppress(DoneByHand):
                await self._desk.call(
                    PaymentActivities.void, request, "void the checkout's hold", stoppable=False
                )

    async def refund(self, shipment: str) -> None:
        """Undo step 13 for a shipment that came back: give its capture back in full."""
        if self._authorization is not None and self._captured is not None:
            await self._refund(self._authorization.reference, self._captured, shipment)

    async def _refund(self, reference: str, money: Money, shipment: str) -> None:
        desk = self._desk
        request = RefundPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment,
            reference=reference,
            money=money,
        )
        await desk.call(PaymentActivities.refund, request, f"refund {money}", stoppable=False)
        self._captured = None

    async def _void(self, asked_at: datetime, unless: Callable[[], bool] | None) -> None:
        desk = self._desk
        reference = None if self._authorization is None else self._authorization.reference
        asked_here = isinstance(desk.order.payment, AuthorizeMethod)
        request = VoidPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            reference=reference,
            authorized_since=asked_at,
            in_doubt=desk.order.due if reference is None and asked_here else None,
        )
        await desk.call(
            PaymentActivities.void,
            request,
            "void the authorization",
            stoppable=False,
            unless=unless,
        )


def _verified_by_hand(order: Order) -> Authorization | None:
    """A checkout's payment that a person has looked at, because the provider would not say."""
    if isinstance(order.payment, ExistingIntent):
        return Authorization(reference=order.payment.payment_intent, money=order.due)
    return None
