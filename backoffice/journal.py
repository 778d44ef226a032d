"""An order's own word: status, callbacks and facts, written under the lock of its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlmodel import col

from backoffice.promises import promises_of_shipments
from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.messages import CallbackRow
from backoffice.tables.orders import OrderRow, StepFactRow, TransitionRow
from backoffice.tables.shipping import HandoffRow, LabelRow
from domain.journal import StepFact, Transition
from domain.status import OrderStatus

_ORDERS, _HANDOFFS = table(OrderRow), table(HandoffRow)
_TRANSITIONS = table(TransitionRow)
_OVER = tuple(one for one in OrderStatus if one.ended or one is OrderStatus.CANCELLING)
_NEW_TRANSITIONS = insert(_TRANSITIONS).on_conflict_do_nothing()
_NEW_FACTS = insert(table(StepFactRow)).on_conflict_do_nothing()
_CALLBACKS, _EARLIER = table(CallbackRow), table(CallbackRow).alias("earlier")
_NEW_CALLBACKS = (
    insert(_CALLBACKS)
    .values(
        shop=bindparam("of_shop"),
        order_id=bindparam("of_order"),
        number=select(func.coalesce(func.max(_EARLIER.c.number), 0) + 1)
        .where(_EARLIER.c.order_id == bindparam("of_order"))
        .scalar_subquery(),
        transition=bindparam("of_transition"),
        type=bindparam("of_type"),
        payload=bindparam("told", type_=_CALLBACKS.c.payload.type),
    )
    .on_conflict_do_nothing(index_elements=["order_id", "transition"])
)

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
_SUBJECT = (
    _ORDERS.c.shop,
    _ORDERS.c.channel,
    _ORDERS.c.number,
    _ORDERS.c.promised_by,
    _ORDERS.c.replaces,
    _TRACKING,
)
# The weaker lock lets rows that refer to the order be written meanwhile.
_LOCK = select(*_SUBJECT).where(_ORDERS.c.id == bindparam("order")).with_for_update(key_share=True)
_ADVANCE = (
    update(_ORDERS)
    .where(_ORDERS.c.id == bindparam("order"), _ORDERS.c.status_number < bindparam("newest"))
    .values(
        status=bindparam("then"),
        status_number=bindparam("newest"),
        status_at=bindparam("since"),
        ended_at=bindparam("end"),
    )
    .returning(*_SUBJECT)
)


_MOVE_SHIPMENT = (
    update(_HANDOFFS)
    .where(_HANDOFFS.c.shipment == bindparam("of"), _HANDOFFS.c.status_number < bindparam("newest"))
    .values(status=bindparam("then"), status_number=bindparam("newest"))
)


@dataclass(frozen=True)
class Subject:
    """The order that is written about: whose it is, what its shop calls it, when it is promised,
    which one it replaces pieces of, its live labels."""

    order: str
    shop: str
    channel: str
    number: str
    promised_by: datetime | None
    replaces: str | None
    tracking: tuple[dict[str, str], ...]


def lock_order(connection: Connection, order: str) -> Subject:
    """Lock an order's row until the transaction ends: first of all locks, in every transaction.

    Raises:
        NotOnRecord: there is no such order.
    """
    row = connection.execute(_LOCK, {"order": order}).one_or_none()
    if row is None:
        raise NotOnRecord("order", order)
    return _subject(order, row)


def given_up(connection: Connection, order: str, shipment: str | None = None) -> bool:
    """Whether an order, or this shipment of it, has ended on record, or is being cancelled.

    Only under the order's lock: a try that was held up for long may come after that.
    """
    whose = or_(_TRANSITIONS.c.shipment.is_(None), _TRANSITIONS.c.shipment == shipment)
    found = select(_TRANSITIONS.c.number).where(
        _TRANSITIONS.c.order_id == order,
        _TRANSITIONS.c.status.in_(_OVER),
        whose,
    )
    return connection.execute(found.limit(1)).first() is not None


def given_up_in_part(connection: Connection, order: str) -> bool:
    """Whether any of an order was ever given up: all of it, or one of its shipments.

    Only under the order's lock. What an order asks before it has shipments comes late then.
    """
    found = select(_TRANSITIONS.c.number).where(
        _TRANSITIONS.c.order_id == order, _TRANSITIONS.c.status.in_(_OVER)
    )
    return connection.execute(found.limit(1)).first() is not None


def _subject(order: str, row: Row[Any, Any, Any, Any, Any, Any]) -> Subject:
    shop, channel, number, promised_by, replaces, tracking = row
    return Subject(order, shop, channel, number, promised_by, replaces, tuple(tracking or ()))


def advance(connection: Connection, order: str, transitions: tuple[Transition, ...]) -> Subject:
    """Lock an order's row and set its status to the newest transition's, unless that is older.

    News and words about refunds move nothing: what a call under way leads to may have the smaller
    number, and come later.

    Raises:
        NotOnRecord: there is no such order.
    """
    moves = [one for one in transitions if one.moves]
    if not moves:
        return lock_order(connection, order)
    newest = max(moves, key=lambda one: one.number)
    changed = connection.execute(
        _ADVANCE,
        {
            "order": order,
            "newest": newest.number,
            "then": newest.of_order.value,
            "since": newest.at,
            "end": newest.at if newest.of_order.ended else None,
        },
    ).one_or_none()
    return lock_order(connection, order) if changed is None else _subject(order, changed)


def write_transitions(
    connection: Connection, subject: Subject, transitions: tuple[Transition, ...]
) -> None:
    """Write transitions, and a callback to the shop for each that is new.

    Transitions may have gaps in their numbers; an order's callbacks have none: their numbers are
    drawn here, under the lock of the order's row.
    """
    in_order = sorted(transitions, key=lambda one: one.number)
    connection.execute(
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
                "of_order": None if one.order is None else one.order.value,
                "news": None if one.news is None else one.news.value,
                "refund": None if one.refund is None else one.refund.model_dump(mode="json"),
            }
            for one in in_order
        ],
    )
    for one in in_order:
        if one.moves and one.order is not None and one.shipment is not None:
            moved = {"of": one.shipment, "then": one.status.value, "newest": one.number}
            connection.execute(_MOVE_SHIPMENT, moved)
    several = any(one.order is not None for one in in_order)
    apart = promises_of_shipments(connection, subject.order) if several else {}
    connection.execute(
        _NEW_CALLBACKS,
        [
            {
                "of_shop": subject.shop,
                "of_order": subject.order,
                "of_transition": one.number,
                "of_type": one.told_as,
                "told": _told(subject, one, apart),
            }
            for one in in_order
        ],
    )


def _told(
    subject: Subject, transition: Transition, apart: Mapping[str, datetime]
) -> dict[str, object]:
    """What the shop is told about a change of status; the callback's own number comes with it.

    Of an order that goes in several shipments it is told what became of one, and of the order; of
    a refund the provider's own figures; of one that replaces pieces of another, which that is.
    """
    whole: dict[str, object] = {}
    if transition.order is not None:
        whole["order_status"] = transition.order.value
    if transition.refund is not None:
        whole["refund"] = transition.refund.model_dump(mode="json")
    promised = apart.get(transition.shipment or "", subject.promised_by)
    return {
        **whole,
        **({} if promised is None else {"promised_by": promised.isoformat()}),
        **({} if subject.replaces is None else {"replaces": subject.replaces}),
        "type": transition.told_as,
        "order": subject.order,
        "number": subject.number,
        "channel": subject.channel,
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
                "late": one.late,
            }
            for one in facts
        ],
    )
