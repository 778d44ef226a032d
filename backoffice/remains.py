"""What an order has left behind, read from every book."""

from sqlalchemy import Connection, func, select

from backoffice.database import Database
from backoffice.entries import issued_to, reserved_for
from backoffice.ledgers import event_of, totals_of
from backoffice.refusals import NotOnRecord
from backoffice.shipment_pages import shipments_of
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.orders import OrderRow, StepFactRow
from backoffice.tables.payments import PaymentEventRow
from backoffice.views import ShipmentView
from domain.ids import shipment_id
from domain.journal import FactOutcome
from domain.money import Money
from domain.order import Order
from domain.payment import (
    AuthorizeMethod,
    ExistingIntent,
    PaymentEvent,
    PaymentEventKind,
)
from domain.remains import Remains, Taken
from domain.status import OrderStatus
from domain.stock import Want

_ORDERS, _CASES, _MONEY = table(OrderRow), table(CaseRow), table(PaymentEventRow)
_FACTS = table(StepFactRow)
_K, _S = PaymentEventKind, OrderStatus


class RemainsBook:
    """Reads what is left of an order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, order_id: str) -> Remains:
        """Everything that is reserved, held, captured, issued or labelled for an order.

        Raises:
            NotOnRecord: there is no such order.
        """
        with self._database.transaction() as connection:
            row = (
                connection.execute(select(_ORDERS).where(_ORDERS.c.id == order_id))
                .mappings()
                .one_or_none()
            )
            if row is None:
                raise NotOnRecord("order", order_id)
            order = Order.model_validate(row["body"])
            shipments = shipments_of(connection, order_id)
            names = [one.shipment for one in shipments]
            remains = Remains(
                order_id=order_id,
                shop=row["shop"],
                status=OrderStatus(row["status"]),
                number=row["status_number"],
                accepted_at=row["accepted_at"],
                started=row["started_at"] is not None,
                reserved=tuple(
                    Want(sku=sku, quantity=quantity)
                    for sku, quantity in sorted(reserved_for(connection, order_id).items())
                ),
                labels=tuple(
                    one.label for each in shipments for one in each.labels if one.voided_at is None
                ),
                handed_off=_handed_off(order_id, OrderStatus(row["status"]), shipments),
                issued=tuple(one for one in names if issued_to(connection, order_id, one)),
                in_couriers_hands=_in_couriers_hands(shipments),
                cases=_open_cases(connection, order_id),
            )
            if len(shipments) > 1:
                known = tuple(one.status for one in shipments if one.status is not None)
                remains = remains.model_copy(update={"statuses": known})
            return _with_money(remains, connection, order)


def _with_money(remains: Remains, connection: Connection, order: Order) -> Remains:
    if not isinstance(order.payment, AuthorizeMethod | ExistingIntent):
        return remains
    rows = connection.execute(
        select(_MONEY).where(_MONEY.c.order_id == remains.order_id).order_by(_MONEY.c.at)
    )
    events = tuple(event_of(row) for row in rows.mappings())
    totals = totals_of(events, order.currency)
    taken = totals.captured.amount > 0
    several = len(remains.statuses) > 1
    left = totals.authorized - totals.voided
    held = left if not taken else Money.zero(order.currency)
    held = left - totals.captured if taken and several else held
    captured = totals.captured - totals.refunded
    # One that waits for its money may be asking the bank once more, whatever it said before.
    waits = remains.status is OrderStatus.AWAITING_PAYMENT
    answered = any(event.kind in (_K.DECLINE, _K.VOID) for event in events) and not waits
    known_end = taken or answered
    reference = _reference(events)
    nameless = reference is None and not known_end
    in_doubt = nameless and isinstance(order.payment, AuthorizeMethod)
    checkout = order.payment if isinstance(order.payment, ExistingIntent) else None
    unverified = nameless and checkout is not None
    if unverified and checkout is not None:
        reference = checkout.payment_intent
    return remains.model_copy(
        update={
            "money_asked": held.amount > 0 or not known_end,
            "reference": reference,
            "in_doubt": order.due if in_doubt else None,
            "unverified": order.due if unverified else None,
            "authorize_sequence": _next_authorization(connection, remains.order_id),
            "held": held if held.amount > 0 else None,
            "captured": captured if captured.amount > 0 else None,
            **(_apart(events, reference, order.currency) if several else {}),
        }
    )


def _apart(
    events: tuple[PaymentEvent, ...], reference: str | None, currency: str
) -> dict[str, object]:
    """What was taken for each of several shipments, and of what is held still."""
    back = {one.shipment for one in events if one.kind is _K.REFUND}
    taken = [one for one in events if one.kind is _K.CAPTURE and one.shipment not in back]
    used = [one.money for one in events if one.kind is _K.CAPTURE and one.reference == reference]
    return {
        "takings": tuple(
            Taken(shipment=one.shipment or "", reference=one.reference, money=one.money)
            for one in taken
        ),
        "used": sum(used, Money.zero(currency)) if used else None,
    }


def _next_authorization(connection: Connection, order_id: str) -> int:
    """The one that may be under way: it follows the last that was answered."""
    keys = connection.scalars(
        select(_FACTS.c.key).where(
            _FACTS.c.order_id == order_id,
            _FACTS.c.operation == "authorize",
            _FACTS.c.outcome != FactOutcome.FAILED.value,
        )
    )
    return 1 + max((int(key.rpartition(":")[2]) for key in keys), default=0)


def _reference(events: tuple[PaymentEvent, ...]) -> str | None:
    return next((one.reference for one in reversed(events) if one.kind is _K.AUTHORIZATION), None)


def _in_couriers_hands(shipments: tuple[ShipmentView, ...]) -> bool:
    return any(
        one.status.in_couriers_hands
        for each in shipments
        for one in each.labels
        if one.voided_at is None
    )


def _handed_off(
    order_id: str, status: OrderStatus, shipments: tuple[ShipmentView, ...]
) -> tuple[str, ...]:
    """Shipments that the warehouse has, or may have: its answer to a handoff can be lost."""
    known = tuple(each.shipment for each in shipments if each.handoff is not None)
    may_be_under_way = status in (OrderStatus.PAYMENT_SECURED, OrderStatus.CANCELLING)
    under_way = tuple(
        each.shipment
        for each in shipments
        if each.handoff is None and each.status in (_S.PAYMENT_SECURED, _S.CANCELLING)
    )
    if len(shipments) > 1:
        return known + under_way
    return known or ((shipment_id(order_id, 1),) if may_be_under_way else ())


def _open_cases(connection: Connection, order_id: str) -> tuple[str, ...]:
    """The order's own cases: its workflow hears no answer any more."""
    return tuple(
        connection.scalars(
            select(_CASES.c.id).where(
                _CASES.c.order_id == order_id,
                _CASES.c.closed_at.is_(None),
                func.starts_with(_CASES.c.id, f"{order_id}-c"),
            )
        )
    )
