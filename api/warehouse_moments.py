"""At which moment the warehouse may report what; and the words for when it may not.

Statuses on record lag behind a little: a step's status is written together with the next call.
So a moment is a span of statuses, and the order's own workflow has the last word.
"""

from backoffice.handoffs import ShipmentState
from domain.status import OrderStatus

_S = OrderStatus
_ON_THE_FLOOR = {_S.IN_FULFILMENT, _S.PICKED, _S.READY_TO_PACK}
_PAID = {_S.PACKED, _S.CAPTURED, _S.RELEASED, _S.RECALLING}
_LEFT = {_S.SHIPPED, _S.DELIVERED, _S.NOT_DELIVERED, _S.COMPLETED}
NEVER_LEAVES = frozenset({_S.CANCELLED, _S.DECLINED, _S.OUT_OF_STOCK})
"""The order has ended, and its goods must be in the warehouse."""


def too_early_or_late(action: str, state: ShipmentState) -> str:
    """Why this cannot be reported now; empty where it can."""
    if not state.answer.accepted:
        return "the warehouse has rejected this shipment"
    return _REASONS[action](state)


def _picked(state: ShipmentState) -> str:
    waits = state.is_short and state.status is _S.IN_FULFILMENT
    if state.picked is not None and not waits:
        return "it is reported as picked already"
    return "" if state.status in _ON_THE_FLOOR else _over(state.status)


def _packed(state: ShipmentState) -> str:
    if state.picked is None and state.status in _ON_THE_FLOOR:
        return "it is not reported as picked yet"
    if state.is_short and state.to_pack is None and state.status in _ON_THE_FLOOR:
        return "pieces are missing: wait for the packing slip, and pack what it lists"
    if state.status in _PAID:
        return f"it is past packing: the order is {state.status.value}"
    return "" if state.status in _ON_THE_FLOOR else _over(state.status)


def _handed_over(state: ShipmentState) -> str:
    """That goods have left is a fact, whatever it means: only an ended order cannot hear it."""
    if state.status in NEVER_LEAVES:
        return f"the order is {state.status.value}: its goods must not leave"
    if state.picked is None and state.status in _ON_THE_FLOOR:
        return "it is not reported as picked yet"
    return ""


def _recall_result(state: ShipmentState) -> str:
    if state.status in _ON_THE_FLOOR:
        return "no recall was asked for: it is not packed yet"
    return "" if state.status in _PAID else _over(state.status)


def _over(status: OrderStatus) -> str:
    if status is _S.CANCELLING:
        return "the order is being cancelled: stop, and put the goods back"
    if status in NEVER_LEAVES:
        return f"the order is {status.value}: put the goods back"
    if status in _LEFT:
        return "the courier has it already"
    return f"the order is {status.value}"


def has_left(state: ShipmentState) -> bool:
    """Whether the order knows already that the courier has it."""
    return state.status in _LEFT


_REASONS = {
    "picked": _picked,
    "packed": _packed,
    "handed_over": _handed_over,
    "recall_result": _recall_result,
}
