"""The questions that sweeps ask: each selects order, subject, reason in words, and since when."""

from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import String, cast, exists, func, literal, or_, select

from backoffice import leftovers
from backoffice.patience import Patience, Question
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.messages import CallbackRow, InboxRow, InboxState
from backoffice.tables.orders import OrderRow
from backoffice.tables.shops import ShopRow
from domain.status import OrderStatus

_ORDERS, _SHOPS, _CASES = table(OrderRow), table(ShopRow), table(CaseRow)
_INBOX, _CALLBACKS = table(InboxRow), table(CallbackRow)
_TRIES = 3


class Problem(StrEnum):
    """What is wrong with what was found."""

    NOT_STARTED = "not_started"
    ORPHAN = "orphan"
    QUIET = "quiet"
    RESERVED = "reserved"
    ISSUED = "issued"
    INVOICED = "invoiced"
    HELD = "held"
    CHARGED = "charged"
    UNPAID = "unpaid"
    LABELLED = "labelled"
    SURPLUS_LABEL = "surplus_label"
    TWO_LABELS = "two_labels"
    CALLBACK = "callback"


def _not_started(patience: Patience) -> Question:
    return select(
        _ORDERS.c.id,
        literal("order"),
        literal("the order was accepted, and its workflow was never started"),
        _ORDERS.c.accepted_at,
    ).where(
        _ORDERS.c.started_at.is_(None),
        _ORDERS.c.accepted_at <= func.now() - patience.start,
    )


def _orphans(patience: Patience) -> Question:
    known = exists().where(_ORDERS.c.id == _INBOX.c.order_id)
    unheard = [InboxState.WAITING.value, InboxState.GIVEN_UP.value]
    return select(
        _INBOX.c.order_id,
        cast(_INBOX.c.id, String),
        _INBOX.c.source + " told " + _INBOX.c.kind + " of an order that is not on record",
        _INBOX.c.received_at,
    ).where(
        _INBOX.c.state.in_(unheard),
        _INBOX.c.received_at <= func.now() - patience.orphan,
        or_(_INBOX.c.order_id.is_(None), ~known),
    )


def _quiet(patience: Patience) -> Question:
    asked = exists().where(_CASES.c.order_id == _ORDERS.c.id, _CASES.c.closed_at.is_(None))
    return select(
        _ORDERS.c.id,
        _ORDERS.c.status,
        literal("the order is open, and nothing has happened to it since it was ")
        + _ORDERS.c.status,
        _ORDERS.c.status_at,
    ).where(
        _ORDERS.c.ended_at.is_(None),
        _ORDERS.c.status_at <= func.now() - patience.quiet,
        _ORDERS.c.status != OrderStatus.BACKORDERED.value,
        ~asked,
    )


def _callbacks(patience: Patience) -> Question:
    return (
        select(
            _CALLBACKS.c.order_id,
            literal("callbacks"),
            func.concat("the shop has not taken ", func.count(), " callbacks for too long"),
            func.min(_CALLBACKS.c.created_at),
        )
        .join(_SHOPS, _SHOPS.c.id == _CALLBACKS.c.shop)
        .where(
            _CALLBACKS.c.delivered_at.is_(None),
            _CALLBACKS.c.created_at <= func.now() - patience.callback,
            _CALLBACKS.c.attempts >= _TRIES,
            _SHOPS.c.callback_url.is_not(None),
        )
        .group_by(_CALLBACKS.c.order_id)
    )


QUESTIONS: dict[Problem, Callable[[Patience], Question]] = {
    Problem.NOT_STARTED: _not_started,
    Problem.ORPHAN: _orphans,
    Problem.QUIET: _quiet,
    Problem.RESERVED: leftovers.reserved,
    Problem.ISSUED: leftovers.issued,
    Problem.INVOICED: leftovers.invoiced,
    Problem.HELD: leftovers.held,
    Problem.CHARGED: leftovers.charged,
    Problem.UNPAID: leftovers.unpaid,
    Problem.LABELLED: leftovers.labelled,
    Problem.SURPLUS_LABEL: leftovers.surplus_labels,
    Problem.TWO_LABELS: leftovers.two_labels,
    Problem.CALLBACK: _callbacks,
}
"""The question that finds each problem."""
