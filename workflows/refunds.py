"""Staff give money back: what is pressed is checked, kept, and allotted to the captures at once.

Of two that are pressed together the second sees what the first has left. What follows, at the
provider and beyond, is in `workflows.giving_back`.
"""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.cases import CaseKind
from domain.money import Money
from domain.payment import NothingDue, Prepaid
from domain.refundable import NotRefundable, Refundable, Slice, Sold
from domain.refunds import (
    Refund,
    RefundedLine,
    RefundPart,
    RefundRequest,
    RefundTaken,
    RefundWanted,
)
from workflows.desk import Desk
from workflows.giving_back import GivingBack
from workflows.money import OrderMoney
from workflows.refund_standing import Standing
from workflows.shipment import Shipment


class Refunds:
    """An order's refunds by staff, from the capture until the order ends."""

    def __init__(self, desk: Desk, money: OrderMoney, shipments: Sequence[Shipment]) -> None:
        """None was asked for."""
        self._desk, self._money, self._shipments = desk, money, shipments
        self._refundable = Refundable(lambda: desk.order, money.purse)
        self._known: dict[str, Standing] = {}
        self._giving = GivingBack(desk, money)

    @property
    def any(self) -> bool:
        """Whether staff ever gave money back."""
        return self._giving.any

    def check(self, request: RefundRequest) -> None:
        """Refuse what cannot be given back, with the reason. The same key again is let through.

        Raises:
            ApplicationError: too early, too late, not taken here, more than is left, or what was
                not sold; or another refund has this key.
        """
        known = self._known.get(request.key)
        if known is None:
            self._plan(request)
        elif not known.refund.request.same_as(request):
            raise ApplicationError("another refund was asked for under this key; it holds")

    async def ask(self, request: RefundRequest) -> RefundTaken:
        """Set a refund going; on record before whoever pressed is told so.

        Raises:
            ApplicationError: see `check`.
        """
        self.check(request)
        known = self._known.get(request.key)
        if known is None:
            known = self._take(request)
            await self._desk.record()
            self._giving.begin(known)
        return self._taken(known.refund)

    def price(self, wanted: RefundWanted) -> Money | None:
        """What would be given back; nothing is by this. None where others have the money, who will
        know.

        Raises:
            ApplicationError: it cannot be given back, see `check`.
        """
        if isinstance(self._desk.order.payment, Prepaid):
            return wanted.amount
        slices = self._plan(wanted)
        return sum((one.money for one in slices[1:]), slices[0].money)

    def check_kept(self, lines: Sequence[RefundedLine]) -> None:
        """Refuse to send pieces once more whose price was given back.

        Raises:
            ApplicationError: with the pieces.
        """
        if self._money.at_provider:
            try:
                self._refundable.check_kept(lines, self._sold())
            except NotRefundable as no:
                raise ApplicationError(str(no)) from no

    async def settle_complaint(self, request: RefundRequest) -> str:
        """Give back what a complaint comes to, or have others do it; what was done, in words.

        Raises:
            ApplicationError: it cannot be given back any more, see `check`.
        """
        payment = self._desk.order.payment
        if not isinstance(payment, Prepaid):
            taken = await self.ask(request)
            return taken.message
        pieces = ", ".join(f"{one.quantity} of line {one.line}" for one in request.lines)
        owed = str(request.amount) if request.amount is not None else f"the price of {pieces}"
        fee = " and the shipping fee" if request.shipping else ""
        await self._desk.report(
            CaseKind.CHANNEL_OWES,
            f"The customer has accepted {owed}{fee} ({request.why}), and has paid to the channel "
            f"({payment.reference}): have the channel give it back",
        )
        return "the channel gives it back"

    def hint(self) -> None:
        """The provider has news, whatever it says."""
        self._giving.hint()

    async def settled(self) -> None:
        """Wait until the provider has finished with everything, and look at it once more."""
        await self._giving.settled()

    def _take(self, request: RefundRequest) -> Standing:
        """From here on the money is promised to nobody else."""
        slices = self._plan(request)
        for one in slices:
            self._refundable.give_back(one)
        refund = Refund(
            number=len(self._known) + 1,
            request=request,
            at=workflow.now(),
            parts=tuple(self._part(one) for one in slices),
        )
        standing = self._known[request.key] = Standing(refund)
        self._giving.expect(standing)
        self._desk.journal.add(refund)
        return standing

    def _part(self, one: Slice) -> RefundPart:
        taking = self._money.purse.taking(one.shipment)
        return RefundPart(
            sequence=self._giving.next_sequence(),
            shipment=one.shipment,
            payment=taking.reference,
            money=one.money,
            portions=one.portions,
            earlier=one.earlier,
            shipping=one.shipping,
            last=one.last,
        )

    def _taken(self, refund: Refund) -> RefundTaken:
        message = f"{refund.money} is given back to the customer"
        if len(refund.parts) > 1:
            message += f", of {len(refund.parts)} payments"
        return RefundTaken(
            order=self._desk.order_id, number=refund.number, money=refund.money, message=message
        )

    def _plan(self, request: RefundWanted) -> tuple[Slice, ...]:
        sold = self._sold()
        try:
            return self._refundable.plan(request, sold)
        except NotRefundable as no:
            raise ApplicationError(str(no)) from no

    def _sold(self) -> list[Sold]:
        """Shipments whose money was taken. Raises ApplicationError where there are none."""
        desk = self._desk
        if desk.status.ended:
            raise ApplicationError(
                f"The order has ended: {desk.status.value}. Give the money back at the payment "
                "provider"
            )
        if not self._money.at_provider:
            raise ApplicationError(_not_ours(desk))
        sold = [
            Sold(one.id, one.leaving, one.dues.part)
            for one in self._shipments
            if self._money.purse.left(one.id) is not None
        ]
        if not sold:
            raise ApplicationError(
                f"Nothing was taken yet: the order is {desk.status.value}. Cancel it, or wait "
                "until it ships"
            )
        return sold


def _not_ours(desk: Desk) -> str:
    """Who must give back what was not paid here."""
    payment = desk.order.payment
    if isinstance(payment, Prepaid):
        return (
            f"The customer has paid to the channel {desk.order.channel} ({payment.reference}): "
            "only the channel can give it back"
        )
    if isinstance(payment, NothingDue):
        return "Nothing was paid for the order, so there is nothing to give back"
    return "The order is not paid at the payment provider: whoever has the money gives it back"
