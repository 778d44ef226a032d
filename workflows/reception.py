"""Where an order's signals arrive: what fits is kept, what does not is a case for a person."""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

from domain.cases import CaseKind
from domain.model import Model
from domain.tracking import CourierEvent, CourierStatus
from domain.warehouse import HandedOver, Packed, Picked
from workflows.desk import Desk
from workflows.handover import report_gone_unlabelled
from workflows.lookout import report_come_after_all
from workflows.messages import Malformed, decode
from workflows.shipment import Shipment, Word, check_moment


class Reception:
    """Takes what warehouse and couriers say. Nothing that is malformed ever fails the order."""

    def __init__(self, desk: Desk, shipments: Sequence[Shipment]) -> None:
        """For one order, whose shipments are told apart by their names."""
        self._desk = desk
        self._shipments = shipments

    async def take(self, kind: type[Word], raw: RawValue) -> None:
        """A word of the warehouse; said twice it counts once."""
        try:
            message = decode(kind, raw)
            shipment = self._shipment(message.shipment)
            if _is_over(shipment, message) or self._comes_early(shipment, message):
                return
            check_moment(shipment, message)
            if shipment.inbox.take(message):
                self._can_be_read(kind)
                if isinstance(message, HandedOver) and not shipment.labels:
                    await report_gone_unlabelled(shipment)
        except Malformed as wrong:
            await self._refuse(kind, wrong)

    async def follow(self, raw: RawValue) -> None:
        """A courier's event; late, double and out-of-order ones change nothing."""
        try:
            event = decode(CourierEvent, raw)
        except Malformed as wrong:
            await self._refuse(CourierEvent, wrong)
        else:
            self._can_be_read(CourierEvent)
            for shipment in self._shipments:
                shipment.inbox.follow(event)
                if event.status is CourierStatus.DELIVERED:
                    await _hear_of_what_was_given_up(shipment, event.tracking_number)

    def _comes_early(self, shipment: Shipment, message: Word) -> bool:
        """An order that begins anew hears again what it was told where its goods have gone since:
        that is kept until it is there."""
        if not isinstance(message, Picked | Packed) or not self._desk.begins_anew:
            return False
        if message.warehouse == shipment.warehouse:
            return False
        if not workflow.patched("a-word-from-where-it-went-is-kept"):
            return False
        shipment.moves.early.append(message)
        return True

    def _shipment(self, name: str) -> Shipment:
        for shipment in self._shipments:
            if shipment.id == name:
                return shipment
        raise Malformed(f"shipment: {name} is none of this order's")

    async def _refuse(self, kind: type[Model], wrong: Malformed) -> None:
        reason = f"{_refused(kind)}: {wrong}"
        known = self._desk.cases.is_open(CaseKind.MESSAGE_REFUSED, reason)
        if known and workflow.patched("a-refusal-is-one-case"):
            return
        await self._desk.report(CaseKind.MESSAGE_REFUSED, reason)

    def _can_be_read(self, kind: type[Model]) -> None:
        """One that is sound has come, so what was refused before it concerns nobody any more."""
        for case in self._desk.cases.waiting:
            if case.kind is CaseKind.MESSAGE_REFUSED and case.reason.startswith(_refused(kind)):
                self._desk.settle(case, "one that can be read has come")


async def _hear_of_what_was_given_up(shipment: Shipment, number: str) -> None:
    """Nobody waits for it any more, because something was given for it."""
    if number in shipment.given_up:
        shipment.given_up.remove(number)
        await report_come_after_all(shipment)


def _is_over(shipment: Shipment, message: Word) -> bool:
    """Whether a warehouse says it that had the shipment before, and has put its goods back."""
    return isinstance(message, Picked | Packed) and message.warehouse in shipment.moves.been_at


def _refused(kind: type[Model]) -> str:
    return f"A {kind.__name__} signal was refused"
