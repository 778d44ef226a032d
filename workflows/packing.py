"""Step 12: the warehouse packs; what stands on the scale must fit what was booked."""

from contextlib import suppress

from temporalio import workflow

from domain.cases import CaseAnswer, CaseKind
from domain.status import OrderStatus, Step
from domain.warehouse import Packed, as_packed, beyond_booking, problems_of_contents
from workflows.await_message import Expected, await_message
from workflows.interruptions import Overtaken
from workflows.relabelling import label_as_packed, label_for_elsewhere
from workflows.shipment import Shipment

_PACKED = Expected(Step.PACKING, "packed", CaseKind.PACK_OVERDUE)


async def until_packed(shipment: Shipment) -> None:
    """Wait for parcels that hold what was picked; they are booked anew where that differs.

    Where the customer moves meanwhile, they are labelled and packed anew.
    """
    desk = shipment.desk
    while True:
        if shipment.goes_elsewhere and not shipment.inbox.gone:
            with suppress(Overtaken):
                await label_for_elsewhere(shipment)
        packed = await await_message(
            shipment,
            _PACKED,
            shipment.inbox.packed,
            lambda message: problems_of_contents(shipment.sends, message),
        )
        if packed is None and not shipment.inbox.gone:
            continue
        if packed is None:
            case = await desk.report(
                CaseKind.GONE_UNRELEASED,
                "The courier has the parcel before it was packed, paid and released. The money "
                "is captured at once.",
                shipment.id,
            )
            if shipment.inbox.gone:
                return
            desk.settle(case, "the parcel is still here")
        elif await _booked(shipment, packed) and not shipment.goes_elsewhere:
            desk.enter(OrderStatus.PACKED, Step.PACKING, shipment.id)
            return


async def _booked(shipment: Shipment, packed: Packed) -> bool:
    """Whether the parcels leave as they stand there: their labels are for just these."""
    policy = shipment.desk.policy
    beyond = beyond_booking(
        shipment.parcels,
        packed,
        policy.weight_tolerance_percent,
        policy.weight_tolerance_grams,
    )
    if shipment.labels and (not beyond or shipment.inbox.gone):
        return True
    if workflow.patched("parcels-are-booked-as-packed"):
        with suppress(Overtaken):
            await label_as_packed(shipment, as_packed(shipment.id, packed), beyond)
        return not shipment.inbox.packed
    answer = await shipment.desk.ask(
        CaseKind.BEYOND_BOOKING,
        f"{'; '.join(beyond)}. accept ships it as booked, retry waits for `packed` again.",
        (CaseAnswer.ACCEPT, CaseAnswer.RETRY, CaseAnswer.CANCEL),
        shipment.id,
    )
    return answer is CaseAnswer.ACCEPT
