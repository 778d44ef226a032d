"""What an order has left behind, read from every book."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection, func, select

from backoffice.database import Database
from backoffice.entries import issued_to, reserved_for
from backoffice.ledgers import event_of, totals_of
from backoffice.refunds import promised_of
from backoffice.refusals import NotOnRecord
from backoffice.remaining_shipments import (
    all_of,
    asked_for,
    handed_off,
    in_couriers_hands,
    rest_of_order,
)
from backoffice.shipment_pages import shipments_of
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.orders import OrderRow, StepFactRow
from backoffice.tables.payments import PaymentEventRow
from backoffice.views import ShipmentView
from domain.backorder import as_wants
from domain.journal import FactOutcome
from domain.money import Money
from domain.order import Order
from domain.payment import (
    ExistingIntent,
    PaymentEvent,
    PaymentEventKind,
    PaymentWay,
    held_at,
)
from domain.remains import Promised, Remains, Taken
from domain.status import OrderStatus
from domain.stock import MAIN, Spot, Want

_ORDERS, _CASES, _MONEY = table(OrderRow), table(CaseRow), table(PaymentEventRow)
_FACTS = table(StepFactRow)
_K = PaymentEventKind


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
            reserved = reserved_for(connection, order_id)
            keeping = {spot.warehouse for spot in reserved}
            asked = asked_for(OrderStatus(row["status"]), len(keeping))
            shipments = all_of(order_id, shipments_of(connection, order_id), asked)
            money = _Money.of(connection, order_id, order)
            rest = rest_of_order(order, shipments, money.captures)
            if rest is not None:
                shipments = tuple(one for one in shipments if one.shipment in rest.shipments)
            names = [one.shipment for one in shipments]
            several = rest is not None or len(shipments) > 1
            remains = Remains(
                order_id=order_id,
                shop=row["shop"],
                status=OrderStatus(row["status"]),
                number=row["status_number"],
                accepted_at=row["accepted_at"],
                started=row["started_at"] is not None,
                reserved=tuple(
                    Want(sku=sku, quantity=quantity) for sku, quantity in _by_sku(reserved).items()
                ),
                warehouses=_warehouses(shipments, reserved),
                statuses=tuple(one.status for one in shipments if several and one.status),
                labels=tuple(
                    one.label for each in shipments for one in each.labels if one.voided_at is None
                ),
                handed_off=handed_off(order_id, OrderStatus(row["status"]), shipments, several),
                issued=tuple(one for one in names if issued_to(connection, order_id, one)),
                in_couriers_hands=any(in_couriers_hands(one) for one in shipments),
                cases=_open_cases(connection, order_id),
                rest=rest,
            )
            return _with_money(remains, connection, order, money, several=several)


@dataclass(frozen=True)
class _Money:
    """What the payment provider has done for an order, as the records have it."""

    events: tuple[PaymentEvent, ...]
    captures: tuple[Taken, ...] | None
    """What was taken, whatever was given back of it; None where the provider has none of its
    money."""
    promised: tuple[Promised, ...] = ()

    @classmethod
    def of(cls, connection: Connection, order_id: str, order: Order) -> Self:
        if held_at(order.payment) is None:
            return cls((), None)
        rows = connection.execute(
            select(_MONEY).where(_MONEY.c.order_id == order_id).order_by(_MONEY.c.at)
        )
        events = tuple(event_of(row) for row in rows.mappings())
        captures = tuple(
            Taken(shipment=one.shipment or "", reference=one.reference, money=one.money)
            for one in events
            if one.kind is _K.CAPTURE
        )
        return cls(events, captures, promised_of(connection, order_id))

    @property
    def takings(self) -> tuple[Taken, ...]:
        """What was taken and not given back, and is not promised either."""
        left = {one.shipment: one for one in self.captures or ()}
        gone = [(one.shipment, one.money) for one in self.events if one.kind is _K.REFUND]
        gone += [(one.shipment, one.money) for one in self.promised]
        back = [(one.shipment, one.money) for one in self.events if one.kind is _K.REFUND_FAILED]
        signed = [(name, money, False) for name, money in gone]
        for name, money, came_back in (*signed, *((*one, True) for one in back)):
            if (taken := left.get(name or "")) is not None:
                now = taken.money + money if came_back else taken.money - money
                left[taken.shipment] = taken.model_copy(update={"money": now})
        return tuple(one for one in left.values() if one.money.amount > 0)


def _with_money(
    remains: Remains, connection: Connection, order: Order, money: _Money, *, several: bool
) -> Remains:
    if money.captures is None:
        return remains
    events, zero = money.events, Money.zero(order.currency)
    totals = totals_of(events, order.currency)
    taken = totals.captured.amount > 0
    left = totals.authorized - totals.voided
    held = left if not taken else zero
    held = left - totals.captured if taken and several else held
    captured = totals.captured - totals.refunded
    captured -= sum((one.money for one in money.promised), zero)
    takings = money.takings
    if remains.rest is not None:
        takings = tuple(one for one in takings if one.shipment in remains.rest.shipments)
        captured = sum((one.money for one in takings), zero)
    # One that waits for its money may be asking the bank once more, whatever it said before.
    waits = remains.status is OrderStatus.AWAITING_PAYMENT
    answered = any(event.kind in (_K.DECLINE, _K.VOID) for event in events) and not waits
    known_end = taken or answered
    reference = _reference(events)
    nameless = reference is None and not known_end
    checkout = order.payment if isinstance(order.payment, ExistingIntent) else None
    in_doubt = nameless and checkout is None
    unverified = nameless and checkout is not None
    if unverified and checkout is not None:
        reference = checkout.payment_intent
    used = [one.money for one in events if one.kind is _K.CAPTURE and one.reference == reference]
    return remains.model_copy(
        update={
            "way": held_at(order.payment) or PaymentWay.CARD,
            "money_asked": held.amount > 0 or not known_end,
            "reference": reference,
            "held_besides": tuple(one for one in _held_references(events) if one != reference),
            "in_doubt": order.due if in_doubt else None,
            "unverified": order.due if unverified else None,
            "authorize_sequence": _next_authorization(connection, remains.order_id),
            "held": held if held.amount > 0 else None,
            "captured": captured if captured.amount > 0 else None,
            "takings": takings if several else (),
            "promised": money.promised,
            "used": sum(used, zero) if several and used else None,
        }
    )


def _warehouses(
    shipments: Iterable[ShipmentView], reserved: Mapping[Spot, int]
) -> dict[str, tuple[str, ...]]:
    """Who has each shipment; of one whose handoff is not on record, whoever has goods for it."""
    candidates = tuple(sorted({spot.warehouse for spot in reserved})) or (MAIN,)
    known = {
        one.shipment: candidates if one.handoff is None else (one.warehouse,) for one in shipments
    }
    return {name: codes for name, codes in known.items() if codes != (MAIN,)}


def _by_sku(pieces: Mapping[Spot, int]) -> dict[str, int]:
    return as_wants(Want(sku=spot.sku, quantity=count) for spot, count in pieces.items())


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
    """The newest hold that was not let go of; of several that all were, the newest."""
    known = _references(events)
    return next(reversed(_held_references(events)), known[-1] if known else None)


def _references(events: tuple[PaymentEvent, ...]) -> list[str]:
    return [one.reference for one in events if one.kind is _K.AUTHORIZATION]


def _held_references(events: tuple[PaymentEvent, ...]) -> list[str]:
    """What may still be held, oldest first: two where one takes the other's place just now."""
    ended = {one.reference for one in events if one.kind is _K.VOID}
    return [one for one in _references(events) if one not in ended]


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
