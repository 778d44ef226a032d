"""The customer moves: before the label the new address counts, after it the label is bought anew.

A parcel that is packed and paid goes where its label says: then only the courier can send it
elsewhere. Of several, those move that can.
"""

from collections.abc import Sequence
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.address import AddressActivities, Readdress
from activities.mail import MailActivities, SendMail
from activities.warehouse import SendElsewhere, WarehouseActivities
from domain.address import Address
from domain.mail import MailFact, MailKind
from domain.record import NewAddress
from domain.status import OrderStatus
from domain.steering import AddressAnswer, AddressChange
from workflows.cancel import is_way_back
from workflows.desk import Desk
from workflows.interruptions import Overtaken
from workflows.shipment import Shipment

_PACKED = frozenset(
    {OrderStatus.PACKED, OrderStatus.CAPTURED, OrderStatus.RELEASED, OrderStatus.SHIPPED}
)


def _may_move(shipment: Shipment) -> bool:
    """Whether no label is on its parcels yet, and nobody wants it back."""
    packed = shipment.capture_asked or shipment.desk.status in _PACKED
    return not packed and shipment.desk.stop is None


class Addresses:
    """Where an order's parcels go. Changes are applied one after the other, newest last."""

    def __init__(self, desk: Desk, shipments: Sequence[Shipment]) -> None:
        """As the order says."""
        self._desk = desk
        self._shipments = shipments
        self._now: Address = desk.order.shipping_address
        self._changes = 0
        self._applied = 0

    def check(self, change: AddressChange) -> None:
        """Refuse a change that cannot be made, with the reason.

        Raises:
            ApplicationError: the order has ended, or its parcels are packed or gone.
        """
        no = self._objection(change.address)
        if no:
            raise ApplicationError(no)

    def ask(self, change: AddressChange) -> AddressAnswer:
        """Set a change going, or say why it cannot be; the same address again changes nothing."""
        desk = self._desk
        no = self._objection(change.address)
        if no:
            return AddressAnswer(accepted=False, message=no)
        if change.address == self._now:
            return AddressAnswer(accepted=True, message="The parcels go there already")
        self._now = change.address
        self._changes += 1
        new = NewAddress(
            number=self._changes,
            address=change.address,
            who=change.who,
            why=change.why,
            at=workflow.now(),
        )
        movable = [one for one in self._here if _may_move(one)]
        for shipment in movable:
            shipment.address_pending = True
        desk.in_background(self._apply(new, movable))
        return AddressAnswer(accepted=True, message=self._words(movable))

    def _words(self, movable: Sequence[Shipment]) -> str:
        words = "The parcels go to the new address"
        if any(one.booking for one in movable):
            words += ". Their labels are void, and others are bought"
        if self._in_part(movable):
            words += ". What is packed already, or has left, goes where its label says"
        return words

    def _in_part(self, movable: Sequence[Shipment]) -> bool:
        """Whether something goes where its label says."""
        kept = (one for one in self._shipments if not one.dues.dropped and one.desk.stop is None)
        return any(one not in movable for one in kept)

    def _objection(self, address: Address) -> str:
        desk = self._desk
        if desk.status.ended:
            return f"The order has ended: {desk.status.value}"
        if desk.stop is not None or is_way_back(desk.status):
            return "The order is being cancelled"
        if address.country != self._now.country:
            return (
                f"The order was priced and taxed for {self._now.country}: cancel it, and place one "
                f"for {address.country}"
            )
        return self._why_nothing_moves()

    def _why_nothing_moves(self) -> str:
        here = self._here
        if not here:
            return "The courier has the parcel: ask the courier to send it elsewhere"
        if all(one.desk.stop is not None or one.recall_wanted is not None for one in here):
            return "What has not left is being cancelled"
        if any(_may_move(one) for one in here):
            return ""
        return (
            "The parcel is packed and may be on the dock with its label on it: cancel the "
            "order, or ask the courier to send it elsewhere"
        )

    @property
    def _here(self) -> list[Shipment]:
        """Those that no courier has yet."""
        return [one for one in self._shipments if not (one.inbox.gone or one.dues.dropped)]

    async def _apply(self, new: NewAddress, movable: Sequence[Shipment]) -> None:
        """On record first, as everything that is done next reads it from there."""
        desk, in_part = self._desk, self._in_part(movable)
        await workflow.wait_condition(lambda: self._applied == new.number - 1)
        request = Readdress(order_id=desk.order_id, shop=desk.shop, sequence=new.number, change=new)
        await desk.own_books(AddressActivities.readdress, request, "record the new address")
        self._applied = new.number
        if new.number == self._changes:
            for shipment in self._shipments:
                shipment.moved |= shipment.address_pending and shipment.booking
                shipment.address_pending = False
        await self._mail(new.number, in_part=in_part)
        for shipment in movable:
            if shipment.handed_off:
                await self._tell_warehouse(shipment, new.number)

    async def _tell_warehouse(self, shipment: Shipment, number: int) -> None:
        """For its own papers; the labels come from us. One that is done with it needs no word, and
        one that will not hear holds nobody up."""
        desk = self._desk

        def idle() -> bool:
            done_with = shipment.capture_asked or shipment.inbox.gone
            return done_with or shipment.desk.stop is not None

        if idle():
            return
        request = SendElsewhere(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            sequence=number,
        )
        with suppress(Overtaken):
            await desk.call(
                WarehouseActivities.readdress,
                request,
                "tell the new address",
                stoppable=False,
                unless=idle,
            )

    async def _mail(self, number: int, *, in_part: bool) -> None:
        """The customer is told, whoever asked for it: somebody else may have."""
        desk = self._desk
        request = SendMail(
            order_id=desk.order_id,
            shop=desk.shop,
            kind=MailKind.ADDRESS_CHANGED,
            about=str(number),
            facts=(MailFact(name="part", value="yes"),) if in_part else (),
        )
        await desk.call(MailActivities.send, request, "address mail", stoppable=False)
