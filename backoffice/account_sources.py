"""The single entries that accounts are made of: the providers', and whose they are; and our own."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
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
    """The order behind a movement: its payment was claimed or stands in the money log; else the
    one that the provider was told."""
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
    returned = (
        select(_BOOKINGS.c.order_id)
        .where(_MOVEMENTS.c.provider == BANK, _BOOKINGS.c.id == _MOVEMENTS.c.subject)
        .scalar_subquery()
    )
    return func.coalesce(claimed, logged, returned, _MOVEMENTS.c.mark)


def _reference_of_booking() -> ColumnElement[str]:
    """Under which name an order's transfers are compared; a stray one under its own."""
    claimed = (
        select(func.min(_CLAIMS.c.reference))
        .where(_CLAIMS.c.provider == BANK, _CLAIMS.c.order_id == _BOOKINGS.c.order_id)
        .scalar_subquery()
    )
    return func.coalesce(claimed, _BOOKINGS.c.id)


def _from_lists() -> Select[*tuple[object, ...]]:
    of_booking = (
        select(_reference_of_booking())
        .where(_BOOKINGS.c.id == _MOVEMENTS.c.subject)
        .scalar_subquery()
    )
    payment = func.coalesce(func.nullif(_MOVEMENTS.c.payment, ""), _MOVEMENTS.c.subject)
    reference = case(
        (_MOVEMENTS.c.kind.in_(_GIVEN), _MOVEMENTS.c.subject),
        (_MOVEMENTS.c.kind == _K.SENT_BACK.value, func.coalesce(of_booking, payment)),
        else_=payment,
    )
    columns = [one for one in _MOVEMENTS.c if one.name != "read_at"]
    return select(*columns, reference.label("reference"), _of_payment().label("owner"))


def _from_bookings() -> Select[*tuple[Any, ...]]:
    """What came to the bank account, as movements."""
    b = _BOOKINGS.c
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
        _reference_of_booking().label("reference"),
        b.order_id.label("owner"),
    )


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
