"""Step 5: the shipment goes to the warehouse, which accepts or rejects it."""

from activities.warehouse import HandOff, StopWork, WarehouseActivities
from domain.cases import CaseAnswer, CaseKind
from domain.status import OrderStatus, Step
from workflows.amended import until_nothing_is_amended
from workflows.interruptions import DoneByHand
from workflows.shipment import Shipment
from workflows.trouble import Trouble


async def hand_to_warehouse(shipment: Shipment) -> None:
    """Hand off until the warehouse accepts; each rejection is a case."""
    desk = shipment.desk
    rejected = Trouble(desk, CaseKind.WAREHOUSE_REJECTED, shipment.id)
    sequence = 0
    while not shipment.lines:
        await until_nothing_is_amended(desk)
        sequence += 1
        then = desk.next(OrderStatus.IN_FULFILMENT, Step.HANDOFF, shipment.id)
        shipment.handed_off = True
        request = HandOff(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            sequence=sequence,
            portions=shipment.portions,
        )
        answer = await desk.call(
            WarehouseActivities.hand_off, request, "hand off to the warehouse", then
        )
        if answer.answer.accepted:
            shipment.lines = answer.lines
            desk.arrive(then)
        else:
            shipment.handed_off = False
            await rejected.ask(
                f"The warehouse rejects it: {answer.answer.reason or 'no reason given'}",
                (CaseAnswer.RETRY, CaseAnswer.CANCEL),
            )


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
