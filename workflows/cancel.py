"""What a cancel means at each moment: void, recall, or a refusal with the reason."""

from collections.abc import Sequence

from domain.status import CancelMoment, OrderStatus
from domain.steering import CancelAnswer, CancelRequest
from domain.warehouse import RecallOutcome
from workflows.desk import Desk
from workflows.shipment import Shipment

_OF_THE_REST = {
    CancelMoment.BEFORE_CAPTURE: (
        "What has not left is being cancelled: no money is taken for it, and what was held for it "
        "is let go"
    ),
}
_STAYS_SOLD = "What the courier has stays sold; it can be taken back as a return"


def moment_of(desk: Desk, shipments: Sequence[Shipment]) -> CancelMoment:
    """How far goods and money have come."""
    if desk.status.ended:
        return CancelMoment.ENDED
    if any(shipment.inbox.gone for shipment in shipments):
        return CancelMoment.AFTER_HAND_OVER
    if any(shipment.capture_asked for shipment in shipments):
        return CancelMoment.BEFORE_HAND_OVER
    return CancelMoment.BEFORE_CAPTURE


def ask_to_cancel(
    desk: Desk, shipments: Sequence[Shipment], request: CancelRequest
) -> CancelAnswer:
    """Set the cancel going, or say why it cannot be; asking twice changes nothing.

    Of several shipments those that are here are undone, whatever has become of the others.
    """
    here = [one for one in shipments if not (one.inbox.gone or one.dues.dropped)]
    if not desk.status.ended and here and len(shipments) > 1:
        whole = len(here) == len(shipments)
        answer = _ask_to_cancel(desk, here, request, whole=whole)
        if whole:
            return answer
        words = _OF_THE_REST.get(answer.moment, answer.message)
        return answer.model_copy(update={"message": f"{words}. {_STAYS_SOLD}"})
    return _ask_to_cancel(desk, shipments, request)


def _ask_to_cancel(
    desk: Desk, shipments: Sequence[Shipment], request: CancelRequest, *, whole: bool = True
) -> CancelAnswer:
    moment, recalling = moment_of(desk, shipments), True
    match moment:
        case CancelMoment.BEFORE_CAPTURE:
            desk.stop = desk.stop or (request if whole else None)
            _stop(shipments, request)
            message = "The order is being cancelled: no money is taken, and what was held is let go"
        case CancelMoment.BEFORE_HAND_OVER if any(one.recalled for one in shipments):
            _stop(shipments, request)
            message, recalling = _being_recalled(shipments)
        case CancelMoment.BEFORE_HAND_OVER:
            _stop(shipments, request)
            for shipment in shipments:
                if shipment.capture_asked:
                    shipment.recall_wanted = shipment.recall_wanted or request
            message = (
                "The parcel is paid and may be on the dock: the warehouse is asked to pull it. If "
                "it can, everything is refunded; if not, the order goes on and a case is opened"
            )
        case CancelMoment.AFTER_HAND_OVER:
            message = "The courier has the parcel: it cannot be cancelled; take it back as a return"
        case CancelMoment.ENDED:
            message = f"The order has ended: {desk.status.value}"
    in_time = moment in (CancelMoment.BEFORE_CAPTURE, CancelMoment.BEFORE_HAND_OVER)
    return CancelAnswer(accepted=in_time and recalling, moment=moment, message=message)


def _stop(shipments: Sequence[Shipment], request: CancelRequest) -> None:
    """Those whose money was not asked for yet go no further."""
    for shipment in shipments:
        if not shipment.capture_asked:
            shipment.desk.stop = shipment.desk.stop or request


def _being_recalled(shipments: Sequence[Shipment]) -> tuple[str, bool]:
    """Where a recall stands, and whether the parcel may still come back by it."""
    answers = [one.inbox.recall for one in shipments]
    if RecallOutcome.GONE in answers:
        gone = (
            "The parcel was asked for, and the warehouse does not have it any more. The order has "
            "a case: somebody intercepts it at the courier, or takes it back as a return"
        )
        return gone, False
    rest = "has" if RecallOutcome.PULLED in answers else "its answer is waited for"
    return f"The warehouse was asked to pull it already, and {rest}", True


def is_way_back(status: OrderStatus) -> bool:
    """Whether the order is being undone."""
    return status in (OrderStatus.CANCELLING, OrderStatus.RECALLING)
