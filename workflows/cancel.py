"""What a cancel means at each moment: void, recall, or a refusal with the reason."""

from collections.abc import Sequence

from temporalio.exceptions import ApplicationError

from domain.status import CancelMoment, OrderStatus
from domain.steering import CancelAnswer, CancelRequest
from domain.warehouse import RecallOutcome
from workflows.desk import Desk
from workflows.shipment import Shipment

_STOPPED = {
    True: "The order is being cancelled: no money is taken, and what was held is let go",
    False: (
        "What has not left is being cancelled: no money is taken for it, and what was held for it "
        "is let go"
    ),
}
_ASKED_FOR = {
    True: (
        "The parcel is paid and may be on the dock: the warehouse is asked to pull it. If "
        "it can, everything is refunded; if not, the order goes on and a case is opened"
    ),
    False: (
        "What has not left may be on the dock: the warehouse is asked to pull it. If it can, what "
        "was paid for it is refunded; if not, it goes on and a case is opened"
    ),
}
"""What is said of a cancel of the whole order, and of what is left of it."""
_IN_TIME = (CancelMoment.BEFORE_CAPTURE, CancelMoment.BEFORE_HAND_OVER)
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


def check_cancel(desk: Desk, shipments: Sequence[Shipment]) -> None:
    """Refuse a cancel that comes too late, with the reason.

    Raises:
        ApplicationError: the courier has it all, the order has ended, or a recall has failed.
    """
    answer = _answer(desk, shipments)
    if not answer.accepted:
        raise ApplicationError(answer.message)


def ask_to_cancel(
    desk: Desk, shipments: Sequence[Shipment], request: CancelRequest
) -> CancelAnswer:
    """Set the cancel going, or say why it cannot be; asking twice changes nothing.

    Of several shipments those that are here are undone, whatever has become of the others.
    """
    answer, here = _answer(desk, shipments), _here(desk, shipments)
    if answer.moment in _IN_TIME:
        _set_going(desk, here, request, answer.moment, whole=len(here) == len(shipments))
    return answer


def _here(desk: Desk, shipments: Sequence[Shipment]) -> Sequence[Shipment]:
    """Those that a cancel is about: of several, those that have not left."""
    here = [one for one in shipments if not (one.inbox.gone or one.dues.dropped)]
    return here if here and len(shipments) > 1 and not desk.status.ended else shipments


def _answer(desk: Desk, shipments: Sequence[Shipment]) -> CancelAnswer:
    """What a cancel leads to now, and whether to anything."""
    here = _here(desk, shipments)
    whole = len(here) == len(shipments)
    moment, recalling = moment_of(desk, here), True
    match moment:
        case CancelMoment.BEFORE_CAPTURE:
            message = _STOPPED[whole]
        case CancelMoment.BEFORE_HAND_OVER if any(one.recalled for one in here):
            message, recalling = _being_recalled(here)
        case CancelMoment.BEFORE_HAND_OVER:
            message = _ASKED_FOR[whole]
        case CancelMoment.AFTER_HAND_OVER:
            message = "The courier has the parcel: it cannot be cancelled; take it back as a return"
        case CancelMoment.ENDED:
            message = f"The order has ended: {desk.status.value}"
    if not whole:
        message = f"{message}. {_STAYS_SOLD}"
    return CancelAnswer(accepted=moment in _IN_TIME and recalling, moment=moment, message=message)


def _set_going(
    desk: Desk,
    shipments: Sequence[Shipment],
    request: CancelRequest,
    moment: CancelMoment,
    *,
    whole: bool,
) -> None:
    if moment is CancelMoment.BEFORE_CAPTURE:
        desk.stop = desk.stop or (request if whole else None)
    recalled = any(one.recalled for one in shipments)
    for shipment in shipments:
        if not shipment.capture_asked:
            shipment.desk.stop = shipment.desk.stop or request
        elif not recalled:
            shipment.recall_wanted = shipment.recall_wanted or request


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
