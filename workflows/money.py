"""The order's money: secured when it is accepted, captured when it ships, else let go.

One workflow owns the money. What a webhook says about it is only ever a hint.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.payment import PaymentActivities
from activities.payment_requests import (
    AuthorizePayment,
    CapturePayment,
    LookAtPayment,
    LookAtReview,
    PaymentSecured,
    RefundPayment,
    VoidPayment,
)
from domain.journal import Transition
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    ConfirmationNeeded,
    Decline,
    ExistingIntent,
    HoldTerms,
    KeptMethod,
)
from domain.risk import Assessment
from domain.status import OrderStatus, Step
from workflows.desk import Desk
from workflows.interruptions import DoneByHand, Overtaken


@dataclass(frozen=True)
class VoidOf:
    """What is to be let go of: see `VoidPayment`."""

    sequence: int
    reference: str | None = None
    unconfirmed: bool = False
    in_doubt: Money | None = None


class OrderMoney:
    """What is held and what was taken."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is held yet."""
        self._desk = desk
        self._turn = asyncio.Lock()
        self._authorization: Authorization | None = None
        self._asks = 0
        self._looks = 0
        self._assessments = 0
        self._asked_at: datetime | None = None
        self._in_doubt = False
        self._unconfirmed: str | None = None
        self._captured: Money | None = None
        self._taken = False
        self._captures = 0

    @property
    def at_provider(self) -> bool:
        """Whether the payment provider holds this order's money, so that it must be captured."""
        return isinstance(self._desk.order.payment, AuthorizeMethod | ExistingIntent)

    @property
    def held(self) -> bool:
        """Whether money is held now, or was until it lapsed, and is still to be captured."""
        return self.at_provider and self._authorization is not None and not self._taken

    @property
    def reference(self) -> str | None:
        """The provider's name for what is held."""
        return None if self._authorization is None else self._authorization.reference

    @property
    def capture_before(self) -> datetime | None:
        """When the authorization lapses, in the provider's own word."""
        return None if self._authorization is None else self._authorization.capture_before

    @property
    def assessment(self) -> Assessment:
        """What the provider thought of what is held when it was authorized."""
        return Assessment() if self._authorization is None else self._authorization.assessment

    async def secure(self, terms: HoldTerms) -> Decline | ConfirmationNeeded | None:
        """Step 2: authorize, or verify what the checkout or the channel says.

        Where money is held already, what is held anew takes its place, and the old hold is let go
        of last: at no moment is nothing held. Once it is taken there is nothing to hold.
        """
        async with self._turn:
            if self._taken:
                return None
            return await self._ask(terms)

    async def _ask(self, terms: HoldTerms) -> Decline | ConfirmationNeeded | None:
        desk = self._desk
        self._asks += 1
        self._asked_at = self._asked_at or workflow.now()
        self._in_doubt = isinstance(terms, AuthorizeMethod | KeptMethod)
        then = self._first(OrderStatus.PAYMENT_SECURED)
        request = AuthorizePayment(
            order_id=desk.order_id,
            shop=desk.shop,
            sequence=self._asks,
            money=desk.order.due,
            terms=terms,
            waits=bool(desk.policy.pay_within),
        )
        try:
            secured = await desk.call(
                PaymentActivities.authorize,
                request,
                f"authorize {desk.order.due}",
                then,
                stoppable=not isinstance(terms, ExistingIntent),
            )
        except DoneByHand:
            if then is not None:
                desk.journal.add(then)
            secured = PaymentSecured(authorization=_by_hand(terms, desk.order.due))
        return await self._heard(secured, then)

    async def look(self, reference: str) -> Decline | ConfirmationNeeded | None:
        """Whether the customer has confirmed what the bank asked them to.

        Once the money is taken nobody needs it: what waits is let go of unseen.
        """
        async with self._turn:
            if self._taken:
                return None
            return await self._look(reference)

    async def _look(self, reference: str) -> Decline | ConfirmationNeeded | None:
        desk = self._desk
        self._looks += 1
        then = self._first(OrderStatus.PAYMENT_SECURED)
        request = LookAtPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            sequence=self._looks,
            reference=reference,
            money=desk.order.due,
            authorize_sequence=self._asks,
        )
        seen = await desk.call(
            PaymentActivities.look, request, "see whether the customer has confirmed", then
        )
        return await self._heard(seen, then)

    async def assess(self, unless: Callable[[], bool]) -> Assessment:
        """What the provider thinks by now of what is held.

        It moves nothing, so it waits for nobody's turn, and nobody waits for its answer: money is
        held anew meanwhile.

        Raises:
            Overtaken: ``unless`` has come true before it answered.
        """
        desk = self._desk
        if self._authorization is None:
            return Assessment()
        self._assessments += 1
        request = LookAtReview(
            order_id=desk.order_id,
            shop=desk.shop,
            sequence=self._assessments,
            reference=self._authorization.reference,
        )
        summary = "see what the provider's review came to"
        return await desk.call(PaymentActivities.look_at_review, request, summary, unless=unless)

    def _first(self, status: OrderStatus) -> Transition | None:
        """What the order comes to by money that is held for the first time."""
        return None if self._authorization else self._desk.next(status, Step.PAYMENT)

    async def _heard(
        self, secured: PaymentSecured, then: Transition | None
    ) -> Decline | ConfirmationNeeded | None:
        self._in_doubt = False
        waits = secured.confirmation
        self._unconfirmed = None if waits is None else waits.reference
        if secured.authorization is None:
            return secured.decline or waits
        before, self._authorization = self._authorization, secured.authorization
        if then is not None:
            self._desk.arrive(then)
        if before is not None:
            await self._void(VoidOf(sequence=self._asks + 1, reference=before.reference))
        return None

    @property
    def captured(self) -> Money | None:
        """What was taken and not given back."""
        return self._captured

    async def capture(self, shipment: str, due: Money) -> str:
        """Step 13: take what is due, once. Answers why it cannot be had, or nothing.

        What is held beyond it the provider lets go of; where nothing is due, all of it.
        """
        async with self._turn:
            return await self._capture(shipment, due)

    async def _capture(self, shipment: str, due: Money) -> str:
        desk = self._desk
        if self._authorization is None or not self.held:
            return ""
        if not due.amount:
            await self._let_go(None)
            return ""
        self._captures += 1
        then = desk.next(OrderStatus.CAPTURED, Step.HAND_OVER, shipment)
        request = CapturePayment(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment,
            sequence=self._captures,
            reference=self._authorization.reference,
            money=due,
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
            self._captured = due
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
        async with self._turn:
            await self._let_go(unless)

    async def _let_go(self, unless: Callable[[], bool] | None) -> None:
        held, waits = self._authorization, self._unconfirmed
        if not self.at_provider or self._taken:
            return
        self._authorization = None
        if held is not None:
            try:
                await self._void(VoidOf(sequence=1, reference=held.reference), unless)
            except Overtaken:
                self._authorization = held
                raise
        if waits is not None:
            await self._give_up(waits)
        if self._in_doubt:
            sequence = 1 if held is None else self._asks + 2
            await self._void(VoidOf(sequence=sequence, in_doubt=self._desk.order.due))
            self._in_doubt = False

    async def give_up_waiting(self) -> None:
        """Let go of money that the customer has not confirmed; what is held besides stays."""
        async with self._turn:
            if self._unconfirmed is not None:
                await self._give_up(self._unconfirmed)

    async def _give_up(self, waits: str) -> None:
        self._unconfirmed = None
        await self._void(VoidOf(sequence=self._asks + 1, reference=waits, unconfirmed=True))

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

    async def _void(self, what: VoidOf, unless: Callable[[], bool] | None = None) -> None:
        """By its name where it is known; else everything that bears the order's mark."""
        desk = self._desk
        request = VoidPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            sequence=what.sequence,
            reference=what.reference,
            unconfirmed=what.unconfirmed,
            in_doubt=what.in_doubt,
            authorized_since=self._asked_at or workflow.now(),
            authorize_sequence=self._asks,
        )
        with suppress(DoneByHand):
            await desk.call(
                PaymentActivities.void,
                request,
                "void the authorization",
                stoppable=False,
                unless=unless,
            )


def _by_hand(terms: HoldTerms, due: Money) -> Authorization | None:
    """A checkout's payment that a person has verified, because the provider would not."""
    if isinstance(terms, ExistingIntent):
        return Authorization(reference=terms.payment_intent, money=due)
    return None
