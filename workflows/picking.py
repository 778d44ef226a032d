"""Step 6: the warehouse picks; days may pass."""

from domain.cases import CaseKind
from domain.status import OrderStatus, Step
from domain.warehouse import problems_of_pick
from workflows.await_message import Expected, await_message
from workflows.shipment import Shipment

_PICKED = Expected(Step.PICKING, "picked", CaseKind.PICK_OVERDUE)


async def until_picked(shipment: Shipment) -> None:
    """Wait for a pick that fits the handoff, line by line and scan by scan."""
    picked = await await_message(
        shipment,
        _PICKED,
        shipment.inbox.picked,
        lambda message: problems_of_pick(shipment.lines, message),
    )
    if picked is not None:
        shipment.picked = picked.lines
        shipment.desk.enter(OrderStatus.PICKED, Step.PICKING, shipment.id)
