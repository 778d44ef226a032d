"""The order's money as long as it is held: secured when it comes, let go where nothing ships."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.payment import PaymentActivities
from activities.payment_requests import (
    AuthorizePayment,
    LookAtPayment,
    LookAtReview,
    PaymentSecured,
    VoidPayment,
)
from domain.dues import Dues, owed
from domain.journal import Transition
from domain.money import Money
from domain.payment import (
    Authorization,
    ConfirmationNeeded,
    Decline,
    ExistingIntent,
    HoldTerms,
    PaymentWay,
    held_at,
)
from domain.purse import Purse
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
    taken: Money | None = None
    held: Money | None = None


class HeldMoney:
    """What is held, and what may be."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is held yet."""
        self._desk = desk
        self._turn = asyncio.Lock()
        self._purse = Purse()
        self._dues: Sequence[Dues] = ()
        self._asks = 0
        self._looks = 0
        self._assessments = 0
        self._asked_at: datetime | None = None
        self._in_doubt = False
        self._unconfirmed: str | None = None
        self._asked_for = desk.order.due
        self.way = held_at(desk.order.payment)

    @property
    def purse(self) -> Purse:
        """What is held, taken, and given back, by shipment."""
        return self._purse

    @property
    def at_provider(self) -> bool:
        """Whether a payment provider holds this order's money, so that it must be captured."""
        return self.way is not None

    @property
    def _way(self) -> PaymentWay:
        return self.way or PaymentWay.CARD

    @property
    def held(self) -> bool:
        """Whether money is held now, or was until it lapsed, and is still to be captured."""
        return self.at_provider and self._purse.held

    @property
    def wanted(self) -> bool:
        """Whether money must be held now: not while all that is still owed waits for its goods."""
        if not self._dues:
            return self.held
        return self.at_provider and any(one.open and not one.waits for one in self._dues)

    @property
    def lacking(self) -> bool:
        """Whether money must be held, and the last capture has let go of what it left."""
        return self._purse.spent and bool(self._dues) and self.wanted

    @property
    def reference(self) -> str | None:
        """The provider's name for what is, or was last, held."""
        return self._purse.reference

    @property
    def capture_before(self) -> datetime | None:
        """When the authorization lapses, in the provider's own word."""
        hold = self._purse.authorization
        return None if hold is None or not self._purse.held else hold.capture_before

    @property
    def assessment(self) -> Assessment:
        """What the provider thought of what is held when it was authorized."""
        hold = self._purse.authorization
        return Assessment() if hold is None else hold.assessment

    def is_owed_by(self, dues: Sequence[Dues]) -> None:
        """The order is divided: what is held and taken follows what its shares owe."""
        self._dues = dues

    def _owed(self, terms: HoldTerms) -> Money:
        """What to hold: all that is owed, but what a checkout or a channel has is the order's."""
        order = self._desk.order
        chosen = held_at(terms) is not None and not isinstance(terms, ExistingIntent)
        return owed(order, self._dues) if self._dues and chosen else order.due

    async def secure(self, terms: HoldTerms) -> Decline | ConfirmationNeeded | None:
        """Step 2: authorize, or verify what the checkout or the channel says.

        Where money is held already, what is held anew takes its place, and the old hold is let go
        of last: at no moment is nothing held. Once it is taken there is nothing to hold.
        """
        async with self._turn:
            if self._purse.spent and not self.lacking:
                return None
            return await self._ask(terms)

    async def _ask(self, terms: HoldTerms) -> Decline | ConfirmationNeeded | None:
        desk = self._desk
        self._asks += 1
        self._asked_at = self._asked_at or workflow.now()
        self._in_doubt = held_at(terms) is not None and not isinstance(terms, ExistingIntent)
        self._asked_for = self._owed(terms)
        then = self._first(OrderStatus.PAYMENT_SECURED)
        request = AuthorizePayment(
            order_id=desk.order_id,
            shop=desk.shop,
            way=self._way,
            sequence=self._asks,
            money=self._asked_for,
            terms=terms,
            waits=bool(desk.policy.pay_within),
            parts=sum(one.open for one in self._dues) > 1,
            anew=self._asks > 1,
        )
        try:
            secured = await desk.call(
                PaymentActivities.authorize,
                request,
                f"authorize {self._asked_for}",
                then,
                stoppable=self._may_be_left(terms),
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
            if self._purse.spent and not self.lacking:
                return None
            return await self._look(reference)

    async def _look(self, reference: str) -> Decline | ConfirmationNeeded | None:
        desk = self._desk
        self._looks += 1
        then = self._first(OrderStatus.PAYMENT_SECURED)
        request = LookAtPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            way=self._way,
            sequence=self._looks,
            reference=reference,
            money=self._asked_for,
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
        desk, reference = self._desk, self._purse.reference
        if reference is None:
            return Assessment()
        self._assessments += 1
        request = LookAtReview(
            order_id=desk.order_id,
            shop=desk.shop,
            way=self._way,
            sequence=self._assessments,
            reference=reference,
        )
        summary = "see what the provider's review came to"
        return await desk.call(PaymentActivities.look_at_review, request, summary, unless=unless)

    def _first(self, status: OrderStatus) -> Transition | None:
        """What the order comes to by money that is held for the first time."""
        return None if self._purse.authorization else self._desk.next(status, Step.PAYMENT)

    async def _heard(
        self, secured: PaymentSecured, then: Transition | None
    ) -> Decline | ConfirmationNeeded | None:
        self._in_doubt = False
        waits = secured.confirmation
        self._unconfirmed = None if waits is None else waits.reference
        if secured.authorization is None:
            return secured.decline or waits
        used = self._purse.used
        before = self._purse.hold(secured.authorization)
        if then is not None:
            self._desk.arrive(then)
        if before is not None:
            await self._replaced(before, used)
        return None

    async def _replaced(self, before: Authorization, used: Money | None) -> None:
        """Another hold has taken its place: it is let go of."""
        await self._void(self._all_of(before, used, self._asks + 1))

    def _may_be_left(self, terms: HoldTerms) -> bool:
        """Whether a cancel may leave the provider's answer unheard."""
        return not isinstance(terms, ExistingIntent)

    async def let_go(self, unless: Callable[[], bool] | None = None) -> None:
        """Undo step 2: void what is, or may be, held. Nothing to do where it was captured.

        Raises:
            Overtaken: ``unless`` has come true before the provider let it go.
        """
        async with self._turn:
            await self._let_go(unless)

    async def _let_go(self, unless: Callable[[], bool] | None) -> None:
        waits, used = self._unconfirmed, self._purse.used
        if not self.at_provider or (self._purse.spent and not self._dues):
            return
        held = self._purse.let_go()
        if held is not None:
            try:
                await self._void(self._all_of(held, used, 1), unless)
            except Overtaken:
                self._purse.keep(held)
                raise
        if waits is not None:
            await self._give_up(waits)
        if self._in_doubt:
            sequence = 1 if held is None else self._asks + 2
            await self._void(VoidOf(sequence=sequence, in_doubt=self._asked_for, taken=used))
            self._in_doubt = False

    @staticmethod
    def _all_of(hold: Authorization, used: Money | None, sequence: int) -> VoidOf:
        """What is left of a hold."""
        left = hold.money if used is None else hold.money - used
        return VoidOf(sequence=sequence, reference=hold.reference, taken=used, held=left)

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

    async def _void(self, what: VoidOf, unless: Callable[[], bool] | None = None) -> None:
        """By its name where it is known; else everything that bears the order's mark."""
        desk = self._desk
        request = VoidPayment(
            order_id=desk.order_id,
            shop=desk.shop,
            way=self._way,
            sequence=what.sequence,
            reference=what.reference,
            unconfirmed=what.unconfirmed,
            in_doubt=what.in_doubt,
            authorized_since=self._asked_at or workflow.now(),
            authorize_sequence=self._asks,
            taken=what.taken,
            held=what.held,
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
