"""What was given back of a payment, whoever wanted it: staff, a recall, or by hand."""

from sqlalchemy import Connection, select

from backoffice.ledgers import event_of
from backoffice.tables.base import table
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.refunds import RefundPartRow
from domain.disputes import RefundMade
from domain.money import Money
from domain.payment import PaymentEvent, PaymentEventKind, RefundStatus

_MONEY, _PARTS = table(PaymentEventRow), table(RefundPartRow)
_K = PaymentEventKind


def money_of(connection: Connection, order: str) -> tuple[PaymentEvent, ...]:
    """Everything that happened to an order's money, in order of time."""
    rows = connection.execute(
        select(_MONEY).where(_MONEY.c.order_id == order).order_by(_MONEY.c.at, _MONEY.c.key)
    )
    return tuple(event_of(row) for row in rows.mappings())


def paid_by(events: tuple[PaymentEvent, ...], payment: str) -> tuple[str, ...]:
    """The shipments that a payment was captured for."""
    return tuple(
        one.shipment
        for one in events
        if one.kind is _K.CAPTURE and one.reference == payment and one.shipment is not None
    )


def refunds_of_payment(
    connection: Connection, order: str, payment: str, events: tuple[PaymentEvent, ...]
) -> tuple[RefundMade, ...]:
    """Its refunds at the provider and past it, oldest first; those that came back as FAILED."""
    payments = {one.shipment: one.reference for one in events if one.kind is _K.CAPTURE}
    came_back = {one.reference for one in events if one.kind is _K.REFUND_FAILED}
    parts = select(_PARTS).where(_PARTS.c.order_id == order, _PARTS.c.payment == payment)
    rows = list(connection.execute(parts.order_by(_PARTS.c.sequence)).mappings())
    known = {row["reference"]: RefundStatus(row["status"]) for row in rows if row["reference"]}
    made = [
        RefundMade(
            reference=one.reference,
            money=one.money,
            status=(
                RefundStatus.FAILED
                if one.reference in came_back
                else known.get(one.reference, RefundStatus.SUCCEEDED)
            ),
            at=one.at,
        )
        for one in events
        if one.kind is _K.REFUND and payments.get(one.shipment, payment) == payment
    ]
    by_hand = [
        RefundMade(
            reference=row["reference"] or "by hand",
            money=Money(amount=row["amount"], currency=row["currency"]),
            status=RefundStatus.BY_HAND,
            at=row["changed_at"],
        )
        for row in rows
        if row["status"] == RefundStatus.BY_HAND.value
    ]
    return tuple(sorted((*made, *by_hand), key=lambda one: one.at))


def given_back(refunds: tuple[RefundMade, ...], currency: str) -> Money:
    """What of it the customer has, or is about to have."""
    kept = (one.money for one in refunds if one.status is not RefundStatus.FAILED)
    return sum(kept, Money.zero(currency))
