"""The aftermath of an order whose own workflow is closed: what it left is undone, newest first.

It asks for the same things with the same keys as the order's own way back, so that what the order
had undone itself is not undone again. It begins after everything that the dead workflow had under
way has ended, with a look at what is left by then; an order that runs again is left alone. The
worker looks again before every try, and refuses it then: see `activities.settling.RUNS_AGAIN`.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.documents import DocumentActivities, PutAway
from activities.mail import MailActivities, SendMail
from activities.payment import PaymentActivities
from activities.payment_requests import RefundPayment, VoidPayment
from activities.records import RecordActivities
from activities.refunds import GiveBack, RefundActivities
from activities.settling import RUNS_AGAIN, SettlingActivities
from activities.shipping import ShippingActivities, VoidKnownLabels
from activities.step import Request
from activities.stock import StockActivities
from activities.warehouse import StopWork, WarehouseActivities
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.ids import order_of
from domain.invoicing import CreditReason
from domain.journal import Transition
from domain.mail import MailFact, MailKind
from domain.money import Money
from domain.payment import RefundStatus
from domain.remains import Promised, Remains, Settled, Settlement
from domain.status import OrderStatus, Step
from workflows.calls import Asked, start_own_books_within, start_provider_call
from workflows.journal import JournalKeeper

BEYOND = 1000
"""What the dead workflow still had under way may record transitions: ours come after them all."""


class RunsAgain(Exception):
    """The order's own workflow is open: it owns everything, and nothing more is undone."""


@workflow.defn(name="Aftermath")
class AftermathWorkflow:
    """Undoes what a dead order left, while its goods have not left."""

    @workflow.init
    def __init__(self, given: Settlement) -> None:
        """What is left, as the records had it when somebody decided to undo it."""
        self._left = given.remains
        self._because = f"{given.who}: {given.why}"[:250]
        self._number = given.remains.number + BEYOND
        self._journal = JournalKeeper()
        self._problems: list[str] = []
        self._credit_notes: tuple[str, ...] = ()
        self._then: Transition | None = None
        self._undone: list[str] = []

    @workflow.run
    async def run(self, given: Settlement) -> Settled:
        """Undo it, or say what a person has to look at."""
        wait = given.before - workflow.now()
        if wait > timedelta():
            await workflow.sleep(wait, summary="what the closed workflow had under way")
        found = await start_provider_call(
            SettlingActivities.look_again, self._request(), "does the order run again?"
        )
        if found.runs:
            return Settled(undone=False, problems=("not undone: the order runs again",))
        self._left = found.remains
        self._number = found.remains.number + BEYOND
        try:
            await self._undo()
            if not self._problems:
                await self._close(given)
        except RunsAgain:
            self._leave_it()
        await self._record()
        return Settled(undone=not self._problems, problems=tuple(self._problems))

    async def _undo(self) -> None:
        """Everything that is left now, while the goods are here."""
        left = self._left
        if left.status.ended and not left.words:
            return
        if left.objection:
            self._problem(left.objection)
            return
        if not left.status.ended:
            taken = left.captured is not None
            # With what is undone first, and not before: until then the order may run again.
            self._then = self._next(OrderStatus.RECALLING if taken else OrderStatus.CANCELLING)
        if await self._goods_are_here():
            for way_back in self._ways_back():
                await self._try(way_back)

    def _leave_it(self) -> None:
        """Say what was undone before, and put nothing else on a running order's record."""
        self._journal, self._then = JournalKeeper(), None
        undone = ", ".join(self._undone)
        words = f" Undone before: {undone}; see to it that it is done again" if undone else ""
        self._problem(f"not undone: the order runs again.{words}")

    def _next(self, status: OrderStatus, place: int = 0) -> Transition:
        """Of the order, or, where a part of it has left, of the rest's n-th shipment."""
        self._number += 1
        rest = self._left.rest
        return Transition(
            number=self._number,
            status=status,
            step=Step.HANDOFF,
            at=workflow.now(),
            shipment=None if rest is None else rest.shipments[place],
            detail=self._because,
            order=None if rest is None else rest.comes_to,
        )

    async def _goods_are_here(self) -> bool:
        """Stop the warehouse's work; a parcel that has left it is a person's business."""
        for shipment, warehouse in self._left.stops():
            stop = StopWork(
                order_id=self._left.order_id,
                shop=self._left.shop,
                shipment=shipment,
                warehouse=warehouse,
                reason=self._because,
            )
            try:
                request = self._carrying(stop)
                told = await start_provider_call(
                    WarehouseActivities.cancel, request, "stop work at the warehouse"
                )
            except ActivityError as error:
                _stop_where_it_runs(error)
                self._problem(f"the warehouse cannot be told: {error.cause or error}")
                return False
            if not told.done:
                self._problem(
                    "the warehouse has let the parcel go: nothing was undone. Intercept it at the "
                    "courier, or capture what is held"
                )
                return False
            self._went_through(request)
            self._undone.append(f"{shipment} at the warehouse")
        return True

    def _ways_back(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        left = self._left
        return (
            *((self._put_away,) if left.issued or left.handed_off else ()),
            *((self._void_labels,) if left.labels else ()),
            *((self._keep_promises,) if left.promised else ()),
            *((self._refund,) if left.captured is not None else ()),
            *((self._void_money,) if left.money_asked else ()),
            self._release_stock,
        )

    async def _try(self, way_back: Callable[[], Awaitable[None]]) -> None:
        try:
            await way_back()
            self._undone.append(way_back.__name__.strip("_").replace("_", " "))
        except ActivityError as error:
            _stop_where_it_runs(error)
            self._problem(str(error.cause or error))

    async def _put_away(self) -> None:
        """Of every shipment that the warehouse had: its papers may have been under way."""
        for shipment in dict.fromkeys((*self._left.issued, *self._left.handed_off)):
            request = self._carrying(
                PutAway(
                    order_id=self._left.order_id,
                    shop=self._left.shop,
                    shipment=shipment,
                    reason=CreditReason.CANCELLED,
                )
            )
            back = await start_own_books_within(
                DocumentActivities.put_away, request, "book the goods back, credit the invoice"
            )
            self._credit_notes += back.credit_notes
            self._went_through(request)

    async def _void_labels(self) -> None:
        left = self._left
        request = self._carrying(
            VoidKnownLabels(order_id=left.order_id, shop=left.shop, labels=left.labels)
        )
        await start_provider_call(ShippingActivities.void_known, request, "void the labels")
        self._went_through(request)

    async def _refund(self) -> None:
        left = self._left
        if left.takings:
            for one in left.takings:
                await self._give_back(one.shipment, one.reference, one.money)
        elif left.captured is not None and left.reference is not None:
            first = left.handed_off[0] if left.handed_off else None
            await self._give_back(first, left.reference, left.captured)

    async def _give_back(self, shipment: str | None, reference: str, money: Money) -> None:
        request = self._carrying(
            RefundPayment(
                order_id=self._left.order_id,
                shop=self._left.shop,
                shipment=shipment,
                way=self._left.way,
                reference=reference,
                money=money,
            )
        )
        await start_provider_call(PaymentActivities.refund, request, f"refund {money}")
        self._went_through(request)

    async def _keep_promises(self) -> None:
        """Refunds by staff that were under way: each is looked up, and made where it was not."""
        for one in self._left.promised:
            await self._keep_promise(one)

    async def _keep_promise(self, one: Promised) -> None:
        request = self._carrying(
            GiveBack(
                order_id=self._left.order_id,
                shop=self._left.shop,
                shipment=one.shipment,
                sequence=one.sequence,
                way=self._left.way,
                payment=one.payment,
                money=one.money,
            )
        )
        words = f"give {one.money} back"
        said = await start_provider_call(RefundActivities.give_back, request, words)
        self._went_through(request)
        if said.status is RefundStatus.FAILED:
            self._problem(f"{one.money} could not be given back: {said.reason}")

    async def _void_money(self) -> None:
        left = self._left
        request = self._carrying(
            VoidPayment(
                order_id=left.order_id,
                shop=left.shop,
                way=left.way,
                reference=left.reference,
                authorized_since=left.accepted_at,
                in_doubt=left.in_doubt,
                unverified=left.unverified,
                authorize_sequence=left.authorize_sequence,
                taken=left.used,
                held=left.held,
            )
        )
        await start_provider_call(PaymentActivities.void, request, "void the authorization")
        self._went_through(request)
        for place, reference in enumerate(left.held_besides):
            other = VoidPayment(
                order_id=left.order_id,
                shop=left.shop,
                way=left.way,
                sequence=left.authorize_sequence + place,
                reference=reference,
                authorized_since=left.accepted_at,
            )
            request = self._carrying(other)
            await start_provider_call(PaymentActivities.void, request, "void the other hold")
            self._went_through(request)

    async def _release_stock(self) -> None:
        request = self._request()
        await start_own_books_within(StockActivities.release, request, "release reserved stock")
        self._went_through(request)

    async def _close(self, given: Settlement) -> None:
        """The order is cancelled, its cases are closed, and the customer is told."""
        left = self._left
        for case in left.cases:
            self._journal.add(
                Answer(
                    case=case,
                    answer=CaseAnswer.CLOSE,
                    who=given.who,
                    why="the order was settled",
                    at=workflow.now(),
                )
            )
        if left.status.ended:
            return
        for place in range(1 if left.rest is None else len(left.rest.shipments)):
            self._journal.add(self._next(OrderStatus.CANCELLED, place))
        mail = self._carrying(cancelled_mail(left, self._credit_notes))
        try:
            await start_provider_call(MailActivities.send, mail, "cancelled mail")
        except ActivityError as error:
            _stop_where_it_runs(error)
        else:
            self._went_through(mail)

    def _problem(self, reason: str) -> None:
        self._problems.append(reason[:4000])
        order = self._left.order_id
        self._journal.add(
            Case(
                id=f"{order}:aftermath:{workflow.info().run_id}:{len(self._problems)}"[:100],
                order=order,
                kind=CaseKind.REFUSED_BY_PROVIDER,
                reason=f"Settling the order did not undo everything: {reason}"[:4000],
                opened_at=workflow.now(),
            )
        )

    def _request(self, shipment: str | None = None) -> Request:
        left = self._left
        return self._carrying(Request(order_id=left.order_id, shop=left.shop, shipment=shipment))

    def _carrying(self, request: Asked) -> Asked:
        return request.model_copy(update={"journal": self._journal.pending, "then": self._then})

    def _went_through(self, request: Request) -> None:
        self._journal.recorded(request.journal)
        self._then = None

    async def _record(self) -> None:
        if not self._journal.empty:
            request = self._request()
            await start_own_books_within(RecordActivities.record, request, "record the aftermath")


def cancelled_mail(left: Remains, credit_notes: tuple[str, ...]) -> SendMail:
    """Tells the customer that the order, or what has not left of it, is cancelled."""
    rest = left.rest
    facts = {"credit_notes": ", ".join(credit_notes)}
    if rest is not None:
        facts |= {f"cancelled.{one.line}": str(one.quantity) for one in rest.portions}
    return SendMail(
        order_id=left.order_id,
        shop=left.shop,
        shipment=None if rest is None else rest.shipments[0],
        kind=MailKind.CANCELLED if rest is None else MailKind.PART_CANCELLED,
        facts=tuple(MailFact(name=name, value=value) for name, value in facts.items() if value),
    )


def _stop_where_it_runs(error: ActivityError) -> None:
    if isinstance(error.cause, ApplicationError) and error.cause.type == RUNS_AGAIN:
        raise RunsAgain from error


def aftermath_id(order_id: str) -> str:
    """The id of the workflow that settles an order: one at a time for each order."""
    return f"{order_of(order_id)}-aftermath"
