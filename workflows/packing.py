"""Step 12: the warehouse packs; what stands on the scale must fit what was booked."""

from domain.cases import Case, CaseAnswer, CaseKind
from domain.status import OrderStatus, Step
from domain.warehouse import Packed, beyond_booking, problems_of_contents
from workflows.await_message import Expected, await_message
from workflows.relabelling import label_anew
from workflows.shipment import Shipment

_PACKED = Expected(Step.PACKING, "packed", CaseKind.PACK_OVERDUE)


async def until_packed(shipment: Shipment) -> None:
    """Wait for parcels that hold what was picked and weigh what was booked.

    Where the customer moves meanwhile, they are labelled anew.
    """
    desk = shipment.desk
    anew: Case | None = None
    while True:
        if shipment.goes_elsewhere and not shipment.inbox.gone:
            desk.settle(anew, "labelled anew once more")
            anew = await label_anew(shipment)
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
        elif await _accepted(shipment, packed) and not shipment.goes_elsewhere:
            desk.settle(anew, "packed")
            desk.enter(OrderStatus.PACKED, Step.PACKING, shipment.id)
            return


async def _accepted(shipment: Shipment, packed: Packed) -> bool:
    policy = shipment.desk.policy
    beyond = beyond_booking(
        shipment.parcels,
        packed,
        policy.weight_tolerance_percent,
        policy.weight_tolerance_grams,
    )
    if not beyond:
        return True
    answer = await shipment.desk.ask(
        CaseKind.BEYOND_BOOKING,
        f"{'; '.join(beyond)}. accept ships it as booked, retry waits for `packed` again.",
        (CaseAnswer.ACCEPT, CaseAnswer.RETRY, CaseAnswer.CANCEL),
        shipment.id,
    )
    return answer is CaseAnswer.ACCEPT
