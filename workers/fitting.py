"""Whether an order can have taken what it was told: asked once more, as it asked itself then."""

from collections.abc import Iterator

from activities.documents import PreparePapers
from backoffice.handoffs import ShipmentState
from domain.shipping import Portion
from domain.warehouse import (
    HandedOver,
    Packed,
    Picked,
    RecallResult,
    problems_of_contents,
    problems_of_pick,
)
from workers.memory import Call, Heard, Memory

Report = Picked | Packed | HandedOver | RecallResult

_HAND_OFF, _RECALL = "hand_off", "recall_parcels"


def misfits(
    memory: Memory, heard: Heard, report: Report, state: ShipmentState | None
) -> tuple[str, ...]:
    """Why the order has not taken a report from the warehouse; empty where it has.

    ``state`` is the shipment's on record. What was handed off, or printed, says what must have been
    packed, so a parcel is judged whether or not its pick is on record already.
    """
    if (
        state is None
        or (state.order_id, state.warehouse) != (memory.given.order_id, report.warehouse)
        or not state.answer.accepted
    ):
        return (f"shipment: {report.shipment} is none that the warehouse has of this order",)
    match report:
        case Picked():
            return problems_of_pick(state.handoff.lines, report)
        case Packed():
            return problems_of_contents(_to_pack(memory, report.shipment, state), report)
        case HandedOver() if not _was_handed_off(memory, heard, report.shipment):
            return ("no warehouse had been given it then",)
        case RecallResult() if not _was_recalled(memory, heard, report.shipment):
            return ("no recall had been asked for then",)
        case _:
            return ()


def _to_pack(memory: Memory, shipment: str, state: ShipmentState) -> tuple[Portion, ...]:
    """What the order's papers were made for; before there are any, all of it."""
    made = [
        call.request.portions
        for call in memory.calls
        if isinstance(call.request, PreparePapers) and call.request.shipment == shipment
    ]
    handed_off = ((one.line, one.quantity) for one in state.handoff.lines)
    whole = tuple(Portion(line=line, quantity=quantity) for line, quantity in handed_off)
    return made[-1] if made else whole


def _was_handed_off(memory: Memory, heard: Heard, shipment: str) -> bool:
    """A warehouse that rejects a shipment has not been given it."""
    return any(
        not _rejected(call) or call.answered is None or heard.at < call.answered
        for call in _asked_before(memory, heard, _HAND_OFF, shipment)
    )


def _rejected(call: Call) -> bool:
    return call.failed or (call.answer is not None and not call.answer.answer.accepted)


def _was_recalled(memory: Memory, heard: Heard, shipment: str) -> bool:
    return any(_asked_before(memory, heard, _RECALL, shipment))


def _asked_before(memory: Memory, heard: Heard, activity: str, shipment: str) -> Iterator[Call]:
    """What the warehouse had been asked about a shipment when a message came."""
    for call in memory.calls:
        about = call.request.shipment
        if call.activity == activity and about == shipment and call.began < heard.at:
            yield call
