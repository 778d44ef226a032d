"""Refunds by staff on record: what was pressed, and how each refund at the provider stands."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.payments import PaymentEventRow
from backoffice.tables.refunds import RefundPartRow, RefundRow
from backoffice.views import RefundPartView, RefundView
from domain.money import Money
from domain.payment import PaymentEventKind, RefundStatus
from domain.refunds import Refund, RefundedLine, RefundKind, RefundPart, Standing, part_key
from domain.remains import Promised

_REFUNDS, _PARTS = table(RefundRow), table(RefundPartRow)
_EVENTS = table(PaymentEventRow)
_NEW_REFUNDS = insert(_REFUNDS).on_conflict_do_nothing()
_NEW_PARTS = insert(_PARTS).on_conflict_do_nothing()


def write_refunds(connection: Connection, order: str, refunds: Sequence[Refund]) -> None:
    """Write what was pressed, with its parts; what is on record already stays as it is."""
    if not refunds:
        return
    connection.execute(_NEW_REFUNDS, [_refund(order, one) for one in refunds])
    connection.execute(
        _NEW_PARTS, [_part(order, one, part) for one in refunds for part in one.parts]
    )


def write_standings(connection: Connection, standings: Sequence[Standing]) -> None:
    """Write what the provider says of its refunds; an earlier word never takes a later one's
    place. What was only asked for was dated by another clock, and gives way to any word."""
    nobodys_word = _PARTS.c.status == RefundStatus.ASKED.value
    for one in standings:
        connection.execute(
            update(_PARTS)
            .where(_PARTS.c.key == one.key, or_(nobodys_word, _PARTS.c.changed_at <= one.at))
            .values(
                reference=one.reference,
                amount=one.money.amount,
                status=one.status.value,
                reason=one.reason,
                changed_at=one.at,
            )
        )


def refunds_of(connection: Connection, order: str) -> tuple[RefundView, ...]:
    """An order's refunds, oldest first."""
    parts: defaultdict[int, list[RefundPartView]] = defaultdict(list)
    found = select(_PARTS).where(_PARTS.c.order_id == order).order_by(_PARTS.c.sequence)
    for row in connection.execute(found).mappings():
        parts[row["number"]].append(_part_view(row))
    rows = connection.execute(
        select(_REFUNDS).where(_REFUNDS.c.order_id == order).order_by(_REFUNDS.c.number)
    ).mappings()
    return tuple(_view(row, tuple(parts[row["number"]])) for row in rows)


def promised_of(connection: Connection, order: str) -> tuple[Promised, ...]:
    """Refunds of an order that the provider has not answered on record."""
    asked = (_PARTS.c.order_id == order) & (_PARTS.c.status == RefundStatus.ASKED.value)
    rows = connection.execute(select(_PARTS).where(asked).order_by(_PARTS.c.sequence)).mappings()
    return tuple(
        Promised(
            shipment=row["shipment"],
            sequence=row["sequence"],
            payment=row["payment"],
            money=Money(amount=row["asked"], currency=row["currency"]),
        )
        for row in rows
    )


def done_by_hand(connection: Connection, order: str, payment: str) -> int:
    """What people say that they gave back of a payment by hand, perhaps at the provider."""
    mine = (_PARTS.c.order_id == order) & (_PARTS.c.payment == payment)
    hand = _PARTS.c.status == RefundStatus.BY_HAND.value
    return sum(connection.scalars(select(_PARTS.c.amount).where(mine, hand)))


class RefundBook:
    """Refunds by order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, order: str) -> tuple[RefundView, ...]:
        """An order's refunds, oldest first."""
        with self._database.reading() as connection:
            return refunds_of(connection, order)

    def under_key(self, order: str, key: str) -> RefundView | None:
        """What was pressed under a caller's key, if anything."""
        return next((one for one in self.of(order) if one.key == key), None)

    def is_news(self, order: str, reference: str, status: str) -> bool:
        """Whether a status that the provider tells of one of the order's refunds is not on
        record. What was undone is on record as given back: it is news when it comes back."""
        with self._database.reading() as connection:
            mine = (_PARTS.c.order_id == order) & (_PARTS.c.reference == reference)
            known = connection.scalar(select(_PARTS.c.status).where(mine).limit(1))
        if known is None:
            return status == RefundStatus.FAILED.value and self.is_for_what_was_undone(
                order, reference
            )
        return known != status

    def is_for_what_was_undone(self, order: str, reference: str) -> bool:
        """Whether a refund is the order's, and no staff asked for it: of a recall, say."""
        mine = (_EVENTS.c.order_id == order) & (_EVENTS.c.reference == reference)
        refund = _EVENTS.c.kind == PaymentEventKind.REFUND.value
        asked = (_PARTS.c.order_id == order) & (_PARTS.c.reference == reference)
        by_staff = select(_PARTS.c.key).where(asked).exists()
        with self._database.reading() as connection:
            found = select(_EVENTS.c.key).where(mine, refund, ~by_staff).limit(1)
            return connection.scalar(found) is not None


def _refund(order: str, refund: Refund) -> dict[str, object]:
    request = refund.request
    return {
        "order_id": order,
        "number": refund.number,
        "key": request.key,
        "kind": request.kind.value,
        "amount": refund.money.amount,
        "currency": refund.money.currency,
        "lines": [one.model_dump(mode="json") for one in request.lines],
        "shipping": request.shipping,
        "who": request.who,
        "why": request.why,
        "at": refund.at,
    }


def _part(order: str, refund: Refund, part: RefundPart) -> dict[str, object]:
    return {
        "key": part_key(part),
        "order_id": order,
        "number": refund.number,
        "sequence": part.sequence,
        "shipment": part.shipment,
        "payment": part.payment,
        "asked": part.money.amount,
        "portions": [one.model_dump(mode="json") for one in part.portions],
        "earlier": [one.model_dump(mode="json") for one in part.earlier],
        "shipping": part.shipping,
        "last": part.last,
        "reference": "",
        "amount": part.money.amount,
        "currency": part.money.currency,
        "status": (RefundStatus.BY_HAND if part.by_hand else RefundStatus.ASKED).value,
        "reason": "",
        "changed_at": refund.at,
    }


def _part_view(row: RowMapping) -> RefundPartView:
    return RefundPartView(
        key=row["key"],
        shipment=row["shipment"],
        payment=row["payment"],
        asked=Money(amount=row["asked"], currency=row["currency"]),
        reference=row["reference"],
        status=RefundStatus(row["status"]),
        money=Money(amount=row["amount"], currency=row["currency"]),
        reason=row["reason"],
        changed_at=row["changed_at"],
    )


def _view(row: RowMapping, parts: tuple[RefundPartView, ...]) -> RefundView:
    return RefundView(
        number=row["number"],
        kind=RefundKind(row["kind"]),
        key=row["key"],
        money=Money(amount=row["amount"], currency=row["currency"]),
        lines=tuple(RefundedLine.model_validate(one) for one in row["lines"]),
        shipping=row["shipping"],
        who=row["who"],
        why=row["why"],
        at=row["at"],
        parts=parts,
    )
