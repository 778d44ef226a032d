"""Step 5: the shipment goes to the warehouse, which accepts or rejects it."""

from activities.warehouse import HandOff, StopWork, WarehouseActivities
from domain.status import OrderStatus, Step
from workflows.amended import until_nothing_is_amended
from workflows.interruptions import DoneByHand
from workflows.rerouting import Rejections
from workflows.shipment import Shipment


async def hand_to_warehouse(shipment: Shipment) -> None:
    """Hand off until a warehouse accepts; a rejection is a case, or by policy goes elsewhere."""
    desk, moves = shipment.desk, shipment.moves
    rejections = Rejections(shipment)
    while not shipment.lines:
        await until_nothing_is_amended(desk)
        moves.handoffs += 1
        then = desk.next(OrderStatus.IN_FULFILMENT, Step.HANDOFF, shipment.id)
        shipment.handed_off = True
        request = HandOff(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            sequence=moves.handoffs,
            portions=shipment.portions,
            moves=len(moves.been_at),
        )
        answer = await desk.call(
            WarehouseActivities.hand_off, request, "hand off to the warehouse", then
        )
        if answer.answer.accepted:
            shipment.lines = answer.lines
            desk.arrive(then)
        else:
            shipment.handed_off = False
            await rejections.decide(answer.answer.reason)


async def take_back_from_warehouse(shipment: Shipment, reason: str) -> bool:
    """Stop the warehouse's work. False where the parcel has left without release."""
    desk = shipment.desk
    if not shipment.handed_off:
        return True
    request = StopWork(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        warehouse=shipment.warehouse,
        reason=reason or "cancelled",
    )
    try:
        told = await desk.call(
            WarehouseActivities.cancel, request, "stop work at the warehouse", stoppable=False
        )
    except DoneByHand:
        return True
    return told.done
