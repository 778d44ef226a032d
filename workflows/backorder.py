"""Step 1 with patience: an order for more than there is waits, first come, first served.

By policy it waits whole, or gets what is there and waits for the rest. Nothing is reserved for what
waits, and no money is asked for, so nothing can lapse: goods first, then money. Whoever serves it
tells it to look; as hints get lost it looks now and then besides.
"""

from datetime import date, datetime, timedelta

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from activities.stock import LookForGoods, StockActivities
from domain.backorder import PlaceInLine, Promised
from domain.cases import Case, CaseAnswer, CaseKind
from domain.mail import MailFact, MailKind
from domain.routing import Route
from domain.shares import wants_of
from domain.status import OrderStatus, Step
from domain.steering import CancelRequest
from domain.stock import Want
from workflows.desk import Desk
from workflows.interruptions import Stopped
from workflows.promise import promise_from_now, promise_goods_on
from workflows.shipment import Shipment

_LOOK_EVERY = timedelta(days=1)
_TELL_AT_MOST_EVERY = timedelta(days=1)
_END = {
    False: "The order ends as out of stock",
    True: "What the customer still waits for is cancelled, and what has gone stays sold,",
}


class Shelf:
    """What the order hears of its goods."""

    def __init__(self) -> None:
        """Nothing was heard."""
        self.hinted = False


def place_of(desk: Desk) -> PlaceInLine:
    """Where an order stands in line."""
    return PlaceInLine.of(desk.accepted_at, desk.policy.backorder_within)


def route_of(desk: Desk) -> Route:
    """How an order finds its warehouse."""
    return desk.policy.route(desk.order.shipping_address.country)


async def until_there(shipment: Shipment, shelf: Shelf) -> bool:
    """Wait for the goods of a shipment that others have gone before; whether they came.

    One warehouse has all of them by then, and sends them.
    """
    desk = shipment.desk
    wanted = wants_of(desk.order, shipment.portions)
    backorder = Backorder(desk, shelf, wanted, place_of(desk), shipment)
    promised = await backorder.look()
    if promised.waits:
        promised = await backorder.until_served(promised)
    for source in promised.sources:
        shipment.warehouse = source.warehouse
    return not promised.shortages


class Backorder:
    """One order's wait for its goods, or for those of its last shipment."""

    def __init__(
        self,
        desk: Desk,
        shelf: Shelf,
        wanted: tuple[Want, ...],
        place: PlaceInLine,
        rest: Shipment | None = None,
    ) -> None:
        """It stands in line from now on."""
        self._rest = rest
        self._shipment = None if rest is None else rest.id
        self._desk = desk
        self._shelf = shelf
        self._wanted = wanted
        self._place = place
        self._ends = workflow.now() + desk.policy.backorder_within
        self._looks = 0
        self._mails = 0
        self._told_at = workflow.now()
        self._told: date | None = None
        self._expected: date | None = None
        self._asked: Case | None = None
        self._may_end = False

    async def until_served(self, promised: Promised) -> Promised:
        """Wait for the goods until patience ends; there are shortages where they did not come."""
        desk = self._desk
        short = ", ".join(f"{one.wanted} x {one.sku}" for one in promised.shortages)
        words = f"waits for {short}"
        if desk.status is not OrderStatus.BACKORDERED:
            desk.enter(OrderStatus.BACKORDERED, Step.RECEIVED, detail=words)
        self._tell(promised.expected)
        try:
            while promised.waits:
                await self._until_something_is_due()
                promised = await self.look()
                self._tell_of_another_day(promised)
        except Stopped:
            desk.settle(self._asked, "the order is being cancelled")
            raise
        served = not promised.shortages
        if served:
            promise_from_now(desk, self._shipment)
        desk.settle(self._asked, "the goods have come" if served else "the order waits no longer")
        return promised

    async def _until_something_is_due(self) -> None:
        """A hint, an answer, a look, a mail, the question to staff, or the end of patience."""
        desk = self._desk
        await desk.until(
            lambda: self._shelf.hinted or self._answer is not None,
            self._next_moment(workflow.now() + _LOOK_EVERY),
            "goods that are not here yet",
        )
        self._shelf.hinted = False
        self._take_answer()
        desk.check_stop()
        if self._is_to_ask and self._ask_at <= workflow.now() < self._ends:
            await self._ask()

    def _next_moment(self, look: datetime) -> datetime:
        moments = [self._ends, look]
        if self._is_to_ask:
            moments.append(self._ask_at)
        if self._expected != self._told:
            moments.append(self._told_at + _TELL_AT_MOST_EVERY)
        return min(moments)

    # -- goods --------------------------------------------------------------------------------

    async def look(self) -> Promised:
        """Whether it was served, or can be by now."""
        desk = self._desk
        self._looks += 1
        then = desk.next(OrderStatus.RESERVED, Step.RECEIVED, self._shipment)
        route = route_of(desk)
        request = LookForGoods(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=self._shipment,
            share=1 if self._rest is None else 2,
            sequence=self._looks,
            wants=self._wanted,
            place=self._place,
            last=workflow.now() >= self._ends,
            route=route if self._rest is None else route.model_copy(update={"splits": False}),
        )
        promised = await desk.own_books(StockActivities.look, request, "look for the goods", then)
        if not promised.shortages:
            desk.arrive(then)
        return promised

    # -- the customer -------------------------------------------------------------------------

    def _tell_of_another_day(self, promised: Promised) -> None:
        """Once for each change, and not more than once a day."""
        self._expected = promised.expected
        rested = workflow.now() >= self._told_at + _TELL_AT_MOST_EVERY
        if promised.waits and self._expected != self._told and rested:
            self._tell(self._expected)

    def _tell(self, expected: date | None) -> None:
        desk = self._desk
        self._mails += 1
        self._told = self._expected = expected
        self._told_at = workflow.now()
        facts = {
            "expected": "" if expected is None else expected.isoformat(),
            "wait_until": f"{self._ends:%Y-%m-%d}",
            "news": "" if self._mails == 1 else "yes",
            "promised_by": promise_goods_on(desk, self._shipment, expected),
        }
        if self._rest is not None:
            facts |= {f"rest.{one.line}": str(one.quantity) for one in self._rest.portions}
        request = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=self._shipment,
            kind=MailKind.BACKORDERED,
            about=str(self._mails),
            facts=tuple(MailFact(name=name, value=value) for name, value in facts.items() if value),
        )
        desk.in_background(_send(desk, request))

    # -- staff --------------------------------------------------------------------------------

    @property
    def _ask_at(self) -> datetime:
        """When staff are asked, where the shop wants that; otherwise the end."""
        return self._ends - self._desk.policy.ask_before_backorder_ends

    @property
    def _is_to_ask(self) -> bool:
        return self._asked is None and not self._may_end

    @property
    def _answer(self) -> CaseAnswer | None:
        return None if self._asked is None else self._desk.cases.answer_to(self._asked)

    def _take_answer(self) -> None:
        """CLOSE lets the order end at its time, as no answer does."""
        answer, asked, desk = self._answer, self._asked, self._desk
        if answer is None or asked is None:
            return
        desk.settle(asked, "it was answered")
        self._asked = None
        self._may_end = answer is CaseAnswer.CLOSE
        if answer is CaseAnswer.CANCEL:
            desk.stop = desk.stop or CancelRequest(who="support", why=f"case {asked.id}")
        if answer is CaseAnswer.RETRY:
            self._ends += desk.policy.backorder_within
            self._tell(self._expected)

    async def _ask(self) -> None:
        self._asked = self._desk.cases.open(
            CaseKind.BACKORDER_ENDS,
            f"{_END[self._rest is not None]} on {self._ends:%Y-%m-%d %H:%M} UTC. `retry` lets it "
            "wait as long again, `cancel` cancels it now, `close` lets it end",
            (CaseAnswer.RETRY, CaseAnswer.CANCEL, CaseAnswer.CLOSE),
            self._shipment,
            answer_by=self._ends,
        )
        await self._desk.call_attention()


async def _send(desk: Desk, request: SendMail) -> None:
    await desk.call(MailActivities.send, request, "backordered mail", stoppable=False)
