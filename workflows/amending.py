"""An order is amended before it is picked: who may, when, and what becomes of it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.amendment import (
    Amendment,
    AmendmentAnswer,
    AmendmentState,
    NotAmendable,
    amended,
    words_of,
)
from domain.order import Amended, Contents, Order, OrderInput
from domain.payment import Prepaid
from domain.shares import whole
from domain.status import OrderStatus
from workflows.amending_steps import PICKED, AmendmentSteps
from workflows.cancel import is_way_back
from workflows.desk import Desk
from workflows.holding import Hold
from workflows.money import OrderMoney
from workflows.shipment import Shipment

_ANSWER_WITHIN = timedelta(seconds=10)
_NOT_YET = frozenset(
    {
        OrderStatus.ACCEPTED,
        OrderStatus.BACKORDERED,
        OrderStatus.RESERVED,
        OrderStatus.AWAITING_PAYMENT,
    }
)
_BEFORE_PICKING = frozenset(
    {OrderStatus.PAYMENT_SECURED, OrderStatus.IN_REVIEW, OrderStatus.IN_FULFILMENT}
)


class Amendments:
    """An order's amendments, one after the other."""

    def __init__(
        self,
        given: OrderInput,
        desk: Desk,
        shipments: Sequence[Shipment],
        money: OrderMoney,
        hold: Hold,
    ) -> None:
        """As the order says."""
        self._given, self._desk, self._shipments = given, desk, shipments
        self._money, self._hold = money, hold
        self._steps = AmendmentSteps(desk, shipments, money)
        self._tried: dict[str, Amended] = {}
        self._over: set[int] = set()

    # -- asked for ----------------------------------------------------------------------------

    def check(self, amendment: Amendment) -> None:
        """Refuse one that cannot be made, with the reason.

        Raises:
            ApplicationError: the moment has passed, it does not fit, or another one was first.
        """
        if self._known(amendment) is None:
            self._fitting(amendment)

    async def ask(self, amendment: Amendment) -> AmendmentAnswer:
        """Set it going, and wait a while for what becomes of it; asked twice it is made once."""
        one = self._known(amendment)
        if one is None:
            try:
                one = self._begin(amendment, self._fitting(amendment))
            except ApplicationError as late:
                return self._answer(0, AmendmentState.REFUSED, late.message)
        number = one.number
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(lambda: number in self._over, timeout=_ANSWER_WITHIN)
        return self._become(self._tried[amendment.key])

    def _known(self, amendment: Amendment) -> Amended | None:
        known = self._tried.get(amendment.key)
        if known is not None and known.digest != amendment.digest:
            raise ApplicationError(f"The key {amendment.key} names another amendment")
        return known

    def _begin(self, amendment: Amendment, after: Order) -> Amended:
        desk = self._desk
        one = Amended(
            number=len(self._tried) + 1,
            key=amendment.key,
            digest=amendment.digest,
            before=Contents.of(desk.order),
            after=Contents.of(after),
            who=amendment.who,
            why=amendment.why,
            at=workflow.now(),
        )
        self._tried[one.key] = one
        desk.amending = True
        desk.in_background(self._carry_out(one))
        return one

    def _become(self, one: Amended) -> AmendmentAnswer:
        if one.number not in self._over:
            words = "It is being made; the order's page and its events say what becomes of it"
            return self._answer(one.number, AmendmentState.UNDER_WAY, words)
        if one.refused:
            return self._answer(one.number, AmendmentState.REFUSED, one.refused)
        words = words_of(one.before, one.after, self._desk.order.currency)
        return self._answer(one.number, AmendmentState.APPLIED, f"The order is amended: {words}")

    def _answer(self, number: int, state: AmendmentState, words: str) -> AmendmentAnswer:
        return AmendmentAnswer(
            state=state, number=number, version=self._version, message=words[:4000]
        )

    @property
    def _version(self) -> int:
        """The number of the newest amendment that was made."""
        made = (one.number for one in self._tried.values() if self._was_made(one))
        return max(made, default=0)

    def _was_made(self, one: Amended) -> bool:
        return one.number in self._over and not one.refused

    # -- whether it can be --------------------------------------------------------------------

    def _fitting(self, amendment: Amendment) -> Order:
        """The order as it would be.

        Raises:
            ApplicationError: it cannot be, with the reason.
        """
        desk = self._desk
        no = self._why_not_now() or self._why_stale(amendment)
        if no:
            raise ApplicationError(no)
        used = {line.id for one in self._tried.values() for line in one.before.lines}
        try:
            after = amended(desk.order, amendment, used)
        except NotAmendable as wrong:
            raise ApplicationError(str(wrong)) from wrong
        if isinstance(desk.order.payment, Prepaid) and after.due.amount > desk.order.due.amount:
            raise ApplicationError(
                f"The channel has been paid {desk.order.due}, and nobody else can take the rest of "
                f"{after.due}: have the channel take it with an order of its own"
            )
        return after

    def _why_not_now(self) -> str:
        desk = self._desk
        if desk.status.ended:
            return f"The order has ended: {desk.status.value}"
        if desk.stop is not None or is_way_back(desk.status):
            return "The order is being cancelled"
        if desk.status in _NOT_YET:
            return (
                f"The order is {desk.status.value}: it can be amended once its goods are promised "
                "and its money is held"
            )
        if desk.amending:
            return "Another amendment is being made: see what becomes of it, and send this one anew"
        return self._why_not_as_it_stands()

    def _why_not_as_it_stands(self) -> str:
        """Its goods and its money have to be as they were promised, all of them."""
        desk = self._desk
        (shipment, *others) = self._shipments
        if others or shipment.portions != whole(desk.order):
            return (
                "The order is divided, or pieces of it were left out: cancel it, or place another "
                "one for what is to come besides"
            )
        if desk.status not in _BEFORE_PICKING or shipment.picked or shipment.inbox.picked:
            return PICKED
        if self._money.at_provider and not self._hold.stands:
            return "The order's money is not held just now: the customer is asked to pay anew first"
        return ""

    def _why_stale(self, amendment: Amendment) -> str:
        if amendment.version == self._version:
            return ""
        made = {one.number: one for one in self._tried.values() if self._was_made(one)}
        since = [one for number, one in sorted(made.items()) if number > amendment.version]
        words = "; ".join(
            f"amendment {one.number} ({one.who}): "
            f"{words_of(one.before, one.after, self._desk.order.currency)}"
            for one in since
        )
        known = f"The order is at amendment {self._version}, and you know of {amendment.version}"
        return f"{known}. Since then: {words or 'nothing'}. Look at it, and send this one anew"

    # -- made ---------------------------------------------------------------------------------

    async def _carry_out(self, one: Amended) -> None:
        made = await self._steps.make(one)
        self._tried[one.key] = made
        self._over.add(one.number)
        self._desk.amending = False
        if not made.refused:
            await self._steps.afterwards(made)

    async def again(self) -> None:
        """An order that begins anew follows what was made of it before the engine lost it."""
        for one in self._given.amendments:
            self._tried[one.key] = one
            self._over.add(one.number)
            await self._steps.again(one)
            if not one.refused:
                self._desk.in_background(self._steps.afterwards(one))
