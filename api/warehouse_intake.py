"""How a report from the warehouse is taken: checked, stored once with its signal, answered.

Whether the goods may go on is the order's business; here it is only asked whether the report can
be true. One that cannot is a recorded refusal and a recorded mistake, and a case where nobody in
the warehouse can put it right alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.bodies import digest
from api.intake import without_personal_data
from api.problems import FieldProblem, ProblemError, invalid, not_found
from api.warehouse_moments import NEVER_LEAVES, has_left, too_early_or_late
from api.wiring import Wiring
from backoffice.handoffs import ShipmentState
from backoffice.inbox import source_of
from domain.cases import Case, CaseKind
from domain.ids import order_of
from domain.journal import FactOutcome, Journal, StepFact
from domain.model import Model
from domain.record import Commit
from domain.shop import ApiKey
from domain.status import OrderStatus, Step
from domain.warehouse import HandedOver, Packed, Picked, RecallResult

Report = Picked | Packed | HandedOver | RecallResult
Problems = Callable[[ShipmentState], tuple[str, ...]]

_STEPS = {
    "picked": Step.PICKING,
    "packed": Step.PACKING,
    "handed_over": Step.HAND_OVER,
    "recall_result": Step.HAND_OVER,
}
_NOT_HANDED_OFF_YET = {OrderStatus.ACCEPTED, OrderStatus.RESERVED, OrderStatus.PAYMENT_SECURED}


class Received(Model):
    """The report is on record, and its order is told. The same report again: the same answer."""

    shipment: str
    report: str
    id: str


@dataclass(frozen=True)
class Call:
    """One report as it came in; ``action`` is the signal that it becomes."""

    shop: str
    warehouse: str
    action: str
    shipment: str
    id: str
    payload: dict[str, Any]

    @property
    def source(self) -> str:
        """Keys of calls are each warehouse's own."""
        return source_of(self.shop, self.warehouse)


def take_report(
    wiring: Wiring,
    caller: ApiKey,
    action: str,
    report: Report,
    key: str | None,
    problems: Problems,
    missing: Callable[[ShipmentState], bool] = lambda _state: False,
) -> Received:
    """Check a report and put it into the inbox.

    ``problems`` compares it with what is on record; ``missing`` says that goods are, which needs
    a person. Without a key the report's own digest tells repetitions apart.

    Raises:
        ProblemError: 403 another warehouse has it, 404 unknown shipment, 409 wrong moment or
            another report under this key, 422 it cannot be true, 503 the handoff is under way
            and not on record yet.
    """
    shop, warehouse = caller.shop, caller.warehouse
    report = report.model_copy(update={"warehouse": warehouse})
    whole = report.model_dump(mode="json", exclude={"id"})
    name = key or f"{report.shipment}:{action}:{digest(report.model_dump_json().encode())[:32]}"
    call = Call(shop, warehouse, action, report.shipment, name, whole | {"id": name})
    state = wiring.books.handoffs.shipment_state(report.shipment, shop)
    if state is None:
        raise _unknown(wiring, call)
    if state.warehouse != warehouse:
        raise _elsewhere(wiring, call, state)
    if state.under_way:
        raise _not_yet()
    reason = too_early_or_late(action, state)
    if reason and _stored(wiring, call):
        # It came before, when its moment was.
        return _received(call)
    if reason:
        _note_wrong_moment(wiring, call, state, reason)
        raise ProblemError(409, reason)
    found = problems(state)
    if found:
        raise _refused(wiring, call, state, found, needs_person=missing(state))
    signal = None if action == "handed_over" and has_left(state) else action
    source, order = call.source, state.order_id
    if wiring.books.inbox.put(source, call.id, action, order, call.payload, signal):
        # What was refused before this report concerns nobody any more. An old one that comes
        # again says nothing about what was refused since.
        why = f"a `{action}` that fits has come"
        wiring.books.cases.settle(order, _refusal(call), why)
    else:
        _stored(wiring, call)
    return _received(call)


def _received(call: Call) -> Received:
    return Received(shipment=call.shipment, report=call.action, id=call.id)


def _stored(wiring: Wiring, call: Call) -> bool:
    earlier = wiring.books.inbox.stored(call.source, call.id)
    if earlier is None:
        return False
    if (earlier.kind, earlier.payload) != (call.action, call.payload):
        raise ProblemError(409, "another report was sent under this Idempotency-Key; it holds")
    return True


def _elsewhere(wiring: Wiring, call: Call, state: ShipmentState) -> ProblemError:
    """Another warehouse has the shipment, and it alone reports about it. Goods that left all the
    same are somebody's business at once."""
    reason = (
        f"{call.shipment} is with warehouse {state.warehouse}, and this key speaks for "
        f"{call.warehouse}: whatever there is of it at {call.warehouse} goes back to its bins"
    )
    wiring.books.intake.refuse(call.shop, f"warehouse/{call.action}", _digest(call), (reason,))
    if call.action == "handed_over":
        words = (
            f"Warehouse {call.warehouse} says that it gave this shipment to the courier. {reason}"
        )
        key = f"{call.shipment}:gone:{call.warehouse}"
        gone = CaseKind.GONE_UNRELEASED
        case = _case(key, gone, state.order_id, call.shipment, words, datetime.now(UTC))
        wiring.books.records.commit(Commit(order=state.order_id, journal=Journal(cases=(case,))))
    return ProblemError(403, reason)


def _unknown(wiring: Wiring, call: Call) -> ProblemError:
    """A quick warehouse may report before the handoff's answer is on record: it shall try again.

    Goods that left for an order that has ended are somebody's business, whoever gave them out.
    """
    order = wiring.books.search.order(call.shop, order_of(call.shipment))
    # The handoff may have come on record between the two looks.
    coming = order is not None and (
        order.status in _NOT_HANDED_OFF_YET
        or wiring.books.handoffs.shipment_state(call.shipment, call.shop) is not None
    )
    if coming:
        return _not_yet()
    if order is not None and order.order_id == order_of(call.shipment):
        _note_gone(wiring, call, order.order_id, order.status)
    return not_found("shipment")


def _not_yet() -> ProblemError:
    words = "the handoff is not on record yet; try again"
    return ProblemError(503, words, headers={"Retry-After": "1"})


def _refused(
    wiring: Wiring, call: Call, state: ShipmentState, found: tuple[str, ...], needs_person: bool
) -> ProblemError:
    problems = tuple(_field_problem(one) for one in found)
    refusal = invalid(problems, "the report does not fit what is on record; nothing has moved on")
    reasons = without_personal_data(refusal)
    wiring.books.intake.refuse(call.shop, f"warehouse/{call.action}", _digest(call), reasons)
    now = datetime.now(UTC)
    key = f"{_refusal(call)}{_digest(call)[:16]}"
    words = "; ".join(found)[:4000]
    fact = StepFact(
        key=key,
        step=_STEPS[call.action],
        operation=call.action,
        shipment=call.shipment,
        started_at=now,
        ended_at=now,
        outcome=FactOutcome.MISTAKE,
        detail=words,
    )
    cases = (
        (_case(key, CaseKind.MESSAGE_REFUSED, state.order_id, call.shipment, words, now),)
        if needs_person
        else ()
    )
    journal = Journal(facts=(fact,), cases=cases)
    wiring.books.records.commit(Commit(order=state.order_id, journal=journal))
    return refusal


def _note_wrong_moment(wiring: Wiring, call: Call, state: ShipmentState, reason: str) -> None:
    """Goods that left although they must not have are somebody's business at once."""
    wiring.books.intake.refuse(call.shop, f"warehouse/{call.action}", _digest(call), (reason,))
    _note_gone(wiring, call, state.order_id, state.status)


def _note_gone(wiring: Wiring, call: Call, order: str, status: OrderStatus) -> None:
    if call.action == "handed_over" and status in NEVER_LEAVES:
        key = f"{call.shipment}:gone"
        words = f"The courier was given this shipment, and the order is {status.value}"
        case = _case(key, CaseKind.GONE_UNRELEASED, order, call.shipment, words, datetime.now(UTC))
        wiring.books.records.commit(Commit(order=order, journal=Journal(cases=(case,))))


def _case(key: str, kind: CaseKind, order: str, shipment: str, words: str, now: datetime) -> Case:
    return Case(
        id=key,
        order=order,
        kind=kind,
        shipment=shipment,
        reason=words,
        opened_at=now,
    )


def _refusal(call: Call) -> str:
    """How the ids of cases about refused reports of this kind begin."""
    return f"{call.shipment}:{call.action}:refused:"


def _digest(call: Call) -> str:
    return digest(repr(sorted(call.payload.items())).encode())


def _field_problem(words: str) -> FieldProblem:
    field, _, message = words.partition(": ")
    return (
        FieldProblem(field=field, message=message)
        if message
        else FieldProblem(field="(body)", message=words)
    )
