"""The single entries that accounts are made of: the providers', and whose they are; and our own."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from backoffice.tables.base import MOMENT, table
from backoffice.tables.movements import MovementRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.payments import PaymentClaimRow, PaymentEventRow
from backoffice.tables.transfers import BookingRow
from domain.matching import Compared
from domain.movements import MovementKind
from domain.payment import PaymentEventKind

BANK = "bank"
_MOVEMENTS, _BOOKINGS = table(MovementRow), table(BookingRow)
_ORDERS, _CLAIMS, _EVENTS = table(OrderRow), table(PaymentClaimRow), table(PaymentEventRow)
_K, _E = MovementKind, PaymentEventKind
_TAKEN = (_K.CAPTURE.value, _K.RECEIVED.value, _K.SENT_BACK.value)
_GIVEN = (_K.REFUND.value, _K.REFUND_RETURNED.value)
_OURS = (_E.CAPTURE.value, _E.REFUND.value, _E.REFUND_FAILED.value)


def _of_payment() -> ColumnElement[str | None]:
    """The order behind a movement: its payment was claimed or stands in the money log; else it
    sends back a booking of the order, or the provider was told of it."""
    claimed = (
        select(_CLAIMS.c.order_id)
        .where(
            _CLAIMS.c.provider == _MOVEMENTS.c.provider,
            _CLAIMS.c.reference == _MOVEMENTS.c.payment,
        )
        .scalar_subquery()
    )
    logged = (
        select(_EVENTS.c.order_id)
        .where(
            _EVENTS.c.provider == _MOVEMENTS.c.provider,
            _EVENTS.c.reference == _MOVEMENTS.c.payment,
            _MOVEMENTS.c.payment != "",
        )
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(claimed, logged, _BOOKINGS.c.order_id, _MOVEMENTS.c.mark)


def _references() -> Subquery:
    """The name under which each order's transfers are compared."""
    first = func.min(_CLAIMS.c.reference).label("reference")
    return (
        select(_CLAIMS.c.order_id, first)
        .where(_CLAIMS.c.provider == BANK)
        .group_by(_CLAIMS.c.order_id)
        .subquery("references")
    )


def _from_lists() -> Select[*tuple[object, ...]]:
    given = _references()
    payment = func.coalesce(func.nullif(_MOVEMENTS.c.payment, ""), _MOVEMENTS.c.subject)
    reference = case(
        (_MOVEMENTS.c.kind.in_(_GIVEN), _MOVEMENTS.c.subject),
        (
            _MOVEMENTS.c.kind == _K.SENT_BACK.value,
            func.coalesce(given.c.reference, _BOOKINGS.c.id, payment),
        ),
        else_=payment,
    )
    of_booking = and_(_MOVEMENTS.c.provider == BANK, _BOOKINGS.c.id == _MOVEMENTS.c.subject)
    columns = [one for one in _MOVEMENTS.c if one.name != "read_at"]
    return (
        select(*columns, reference.label("reference"), _of_payment().label("owner"))
        .select_from(_MOVEMENTS)
        .outerjoin(_BOOKINGS, of_booking)
        .outerjoin(given, given.c.order_id == _BOOKINGS.c.order_id)
    )


def _from_bookings() -> Select[*tuple[Any, ...]]:
    """What came to the bank account, as movements."""
    b, given = _BOOKINGS.c, _references()
    return select(
        literal(BANK, Text()).label("provider"),
        b.id,
        literal(_K.RECEIVED.value, Text()).label("kind"),
        literal("booking", Text()).label("word"),
        b.at,
        cast(null(), MOMENT).label("available_at"),
        b.currency,
        b.amount,
        literal(0).label("fee"),
        b.currency.label("presented_currency"),
        b.amount.label("presented"),
        b.id.label("subject"),
        b.reference.label("payment"),
        literal("", Text()).label("mark"),
        cast(null(), Text()).label("payout"),
        func.coalesce(given.c.reference, b.id).label("reference"),
        b.order_id.label("owner"),
    ).outerjoin_from(_BOOKINGS, given, given.c.order_id == b.order_id)


def movements() -> Subquery:
    """Every movement at every provider: a row of `MovementRow` and the ``reference`` under which it
    is compared; the ``order_id``, ``number``, ``shop`` and ``ended_at`` of whose it is."""
    every = union_all(_from_lists(), _from_bookings()).subquery("every")
    return (
        select(
            *every.c,
            _ORDERS.c.id.label("order_id"),
            _ORDERS.c.number,
            _ORDERS.c.shop,
            _ORDERS.c.ended_at,
        )
        .outerjoin(_ORDERS, _ORDERS.c.id == every.c.owner)
        .subquery("movements")
    )


def belongs_to(found: Subquery, shop: str | None, *, whole: bool) -> ColumnElement[bool]:
    """Whether a movement is of this shop (None: of any); nobody's are of the ``whole``."""
    if whole:
        return literal(value=True) if shop is None else or_(found.c.shop == shop, _nobodys(found))
    return found.c.shop == shop


def _nobodys(found: Subquery) -> ColumnElement[bool]:
    return found.c.order_id.is_(None)


def stated(found: Subquery) -> Subquery:
    """What the providers say, line by line, as it is compared."""
    what = case(
        (found.c.kind.in_(_TAKEN), Compared.CAPTURE.value), else_=Compared.REFUND.value
    ).label("what")
    amount = case((found.c.kind.in_(_TAKEN), found.c.presented), else_=-found.c.presented)
    waits = (found.c.provider == BANK) & found.c.ended_at.is_(None) & found.c.order_id.is_not(None)
    return (
        select(
            found.c.provider,
            what,
            found.c.reference,
            found.c.presented_currency.label("currency"),
            amount.label("amount"),
            found.c.at,
            found.c.order_id,
            waits.label("waits"),
            found.c.shop,
        )
        .where(found.c.kind.in_((*_TAKEN, *_GIVEN)))
        .subquery("stated")
    )


def booked() -> Subquery:
    """What our books say, in the same form. At a bank a refund is known by our operation, as it may
    go out in several transfers."""
    capture = _EVENTS.c.kind == _E.CAPTURE.value
    operation = func.regexp_replace(_EVENTS.c.key, ":failed$", "")
    reference = case(
        (capture | (_EVENTS.c.provider != BANK), _EVENTS.c.reference), else_=operation
    ).label("reference")
    amount = case(
        (_EVENTS.c.kind == _E.REFUND_FAILED.value, -_EVENTS.c.amount), else_=_EVENTS.c.amount
    )
    return (
        select(
            _EVENTS.c.provider,
            case((capture, Compared.CAPTURE.value), else_=Compared.REFUND.value).label("what"),
            reference,
            _EVENTS.c.currency,
            amount.label("amount"),
            _EVENTS.c.at,
            _EVENTS.c.order_id,
            literal(value=False).label("waits"),
            _ORDERS.c.shop,
        )
        .join(_ORDERS, _ORDERS.c.id == _EVENTS.c.order_id)
        .where(_EVENTS.c.kind.in_(_OURS))
        .subquery("booked")
    )
