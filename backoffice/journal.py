"""An order's own word: status, facts, cases and answers, written under the lock of its row."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Update, and_, func, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlmodel import col

from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.cases import CaseAnswerRow, CaseRow
from backoffice.tables.messages import CallbackRow
from backoffice.tables.orders import OrderRow, StepFactRow, TransitionRow
from backoffice.tables.shipping import LabelRow
from domain.cases import Answer, Case
from domain.journal import StepFact, Transition

_ORDERS = table(OrderRow)
_TRANSITIONS = table(TransitionRow)
_NEW_TRANSITIONS = insert(_TRANSITIONS).on_conflict_do_nothing().returning(_TRANSITIONS.c.number)
_NEW_FACTS = insert(table(StepFactRow)).on_conflict_do_nothing()
_CALLBACKS = table(CallbackRow)
_NEW_CALLBACKS = insert(_CALLBACKS)
_LAST_CALLBACK = select(func.coalesce(func.max(_CALLBACKS.c.number), 0))
_NEW_CASES = insert(table(CaseRow)).on_conflict_do_nothing()
_NEW_ANSWERS = insert(table(CaseAnswerRow)).on_conflict_do_nothing()

_TRACKING = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_object(
                    "carrier",
                    LabelRow.carrier,
                    "service",
                    LabelRow.service,
                    "tracking_number",
                    LabelRow.tracking_number,
                    "shipment",
                    LabelRow.shipment,
                    "parcel",
                    LabelRow.parcel,
                ),
                col(LabelRow.id),
            )
        )
    )
    .where(col(LabelRow.order_id) == _ORDERS.c.id, col(LabelRow.voided_at).is_(None))
    .correlate(_ORDERS)
    .scalar_subquery()
)
_SUBJECT = (_ORDERS.c.shop, _ORDERS.c.channel, _ORDERS.c.number, _TRACKING)


@dataclass(frozen=True)
class Subject:
    """The order that is written about: whose it is, what its shop calls it, its live labels."""

    order: str
    shop: str
    channel: str
    number: str
    tracking: tuple[dict[str, str], ...]


def lock_order(connection: Connection, order: str) -> Subject:
    """Lock an order's row until the transaction ends: first of all locks, in every transaction.

    Raises:
        NotOnRecord: there is no such order.
    """
    # The weaker lock lets rows that refer to the order be written meanwhile.
    locking = select(*_SUBJECT).where(_ORDERS.c.id == order).with_for_update(key_share=True)
    row = connection.execute(locking).one_or_none()
    if row is None:
        raise NotOnRecord("order", order)
    return _subject(order, row)


def _subject(order: str, row: Row[Any, Any, Any, Any]) -> Subject:
    shop, channel, number, tracking = row
    return Subject(order, shop, channel, number, tuple(tracking or ()))


def advance(connection: Connection, order: str, transitions: tuple[Transition, ...]) -> Subject:
    """Lock an order's row and set its status to the newest transition's, unless that is older.

    Raises:
        NotOnRecord: there is no such order.
    """
    newest = max(transitions, key=lambda one: one.number)
    changes: dict[str, object] = {
        "status": newest.status.value,
        "status_number": newest.number,
        "status_at": newest.at,
    }
    if newest.status.ended:
        changes["ended_at"] = newest.at
    changed = connection.execute(
        update(_ORDERS)
        .where(and_(_ORDERS.c.id == order, _ORDERS.c.status_number < newest.number))
        .values(**changes)
        .returning(*_SUBJECT)
    ).one_or_none()
    return lock_order(connection, order) if changed is None else _subject(order, changed)


def write_transitions(
    connection: Connection, subject: Subject, transitions: tuple[Transition, ...]
) -> None:
    """Write transitions, and a callback to the shop for each that is new.

    Transitions may have gaps in their numbers; an order's callbacks have none: their numbers are
    drawn here, under the lock of the order's row.
    """
    written = set(
        connection.scalars(
            _NEW_TRANSITIONS,
            [
                {
                    "order_id": subject.order,
                    "number": one.number,
                    "status": one.status.value,
                    "step": int(one.step),
                    "at": one.at,
                    "shipment": one.shipment,
                    "detail": one.detail,
                }
                for one in transitions
            ],
        )
    )
    fresh = sorted((t for t in transitions if t.number in written), key=lambda one: one.number)
    if not fresh:
        return
    last = connection.scalars(_LAST_CALLBACK.where(_CALLBACKS.c.order_id == subject.order)).one()
    connection.execute(
        _NEW_CALLBACKS,
        [
            {
                "shop": subject.shop,
                "order_id": subject.order,
                "number": number,
                "transition": one.number,
                "type": f"order.{one.status.value}",
                "payload": payload(subject, one, number),
            }
            for number, one in enumerate(fresh, last + 1)
        ],
    )


def payload(subject: Subject, transition: Transition, sequence: int) -> dict[str, object]:
    """What the shop is told about a change of status."""
    return {
        "id": f"{subject.order}.{sequence}",
        "type": f"order.{transition.status.value}",
        "order": subject.order,
        "number": subject.number,
        "channel": subject.channel,
        "sequence": sequence,
        "status": transition.status.value,
        "at": transition.at.isoformat(),
        "shipment": transition.shipment,
        "detail": transition.detail,
        "tracking": [
            label for label in subject.tracking if transition.shipment in (None, label["shipment"])
        ],
    }


def write_facts(connection: Connection, order: str, facts: tuple[StepFact, ...]) -> None:
    """Write how tries at steps went."""
    connection.execute(
        _NEW_FACTS,
        [
            {
                "key": one.key,
                "attempt": one.attempt,
                "order_id": order,
                "step": int(one.step),
                "operation": one.operation,
                "shipment": one.shipment,
                "started_at": one.started_at,
                "ended_at": one.ended_at,
                "outcome": one.outcome.value,
                "detail": one.detail,
            }
            for one in facts
        ],
    )


def write_cases(
    connection: Connection, shop: str | None, cases: tuple[Case, ...], answers: tuple[Answer, ...]
) -> None:
    """Open cases and close those that are answered; an answer may come before its case."""
    if cases:
        connection.execute(
            _NEW_CASES,
            [
                {
                    "id": one.id,
                    "shop": shop,
                    "order_id": one.order,
                    "kind": one.kind.value,
                    "shipment": one.shipment,
                    "reason": one.reason,
                    "opened_at": one.opened_at,
                    "answer_by": one.answer_by,
                    "answers": [answer.value for answer in one.answers],
                }
                for one in cases
            ],
        )
    if answers:
        connection.execute(
            _NEW_ANSWERS,
            [
                {
                    "case_id": one.case,
                    "answer": one.answer.value,
                    "who": one.who,
                    "why": one.why,
                    "at": one.at,
                }
                for one in answers
            ],
        )
    touched = {one.id for one in cases} | {one.case for one in answers}
    if touched:
        connection.execute(_close(touched))


def _close(cases: set[str]) -> Update:
    case, answer = table(CaseRow), table(CaseAnswerRow)
    return (
        update(case)
        .where(
            case.c.id.in_(sorted(cases)),
            case.c.closed_at.is_(None),
            answer.c.case_id == case.c.id,
        )
        .values(closed_at=answer.c.at)
    )
