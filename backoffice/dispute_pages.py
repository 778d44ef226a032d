"""Disputes as people look at them, their evidence, and whether one stands in a refund's way."""

from collections import defaultdict

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, literal, select

from backoffice.database import Database
from backoffice.dispute_refunds import given_back, money_of, refunds_of_payment
from backoffice.disputes import decision_about
from backoffice.evidence import gather
from backoffice.evidence_file import pack
from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.disputes import DisputeEventRow, DisputeRow
from backoffice.views import DisputeEventView, DisputeView
from domain.cases import CaseAnswer
from domain.disputes import DisputeEventKind, DisputeState, objection
from domain.evidence import Evidence
from domain.evidence_words import summary
from domain.money import Money

_DISPUTES, _EVENTS = table(DisputeRow), table(DisputeEventRow)
_ENDED = [state.value for state in DisputeState if state.ended]


def disputes_of(connection: Connection, order: str) -> tuple[DisputeView, ...]:
    """An order's disputes, in the order in which they were heard of."""
    return _views(connection, _DISPUTES.c.order_id == order)


def open_disputes(order: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition on disputes: about this order, and not decided."""
    return and_(_DISPUTES.c.order_id == order, _DISPUTES.c.state.not_in(_ENDED))


def is_disputed(connection: Connection, order: str) -> bool:
    """Whether a dispute about an order is open: what is on record of it is needed."""
    still_open = select(_DISPUTES.c.id).where(open_disputes(literal(order)))
    return connection.execute(still_open.limit(1)).first() is not None


class DisputePages:
    """Disputes of one shop at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def dispute(self, shop: str, dispute: str) -> DisputeView:
        """One dispute.

        Raises:
            NotOnRecord: the shop has no such dispute.
        """
        with self._database.snapshot() as connection:
            found = _views(connection, (_DISPUTES.c.id == dispute) & (_DISPUTES.c.shop == shop))
        if not found:
            raise NotOnRecord("dispute", dispute)
        return found[0]

    def pack(self, shop: str, dispute: str) -> bytes:
        """The evidence as one file: as it was sent, else as it is on record now.

        Raises:
            NotOnRecord: the shop has no such dispute.
        """
        mine = (_DISPUTES.c.id == dispute) & (_DISPUTES.c.shop == shop)
        with self._database.snapshot() as connection:
            row = connection.execute(select(_DISPUTES.c.pack).where(mine)).one_or_none()
            if row is None:
                raise NotOnRecord("dispute", dispute)
            if row[0] is not None:
                return bytes(row[0])
            found = gather(connection, dispute)
        return pack(found, summary(found))

    def evidence(self, dispute: str) -> Evidence:
        """All that is on record about the order of a dispute, at this moment."""
        with self._database.snapshot() as connection:
            return gather(connection, dispute)

    def given_back(self, dispute: str, currency: str) -> Money:
        """What of a disputed payment the customer has back already, by hand as well."""
        mine = select(_DISPUTES.c.order_id, _DISPUTES.c.payment).where(_DISPUTES.c.id == dispute)
        with self._database.snapshot() as connection:
            order, payment = connection.execute(mine).one()
            events = money_of(connection, order)
            return given_back(refunds_of_payment(connection, order, payment, events), currency)

    def objection(self, order: str) -> str:
        """Why nothing may be given back of an order now: a dispute of one of its payments is open
        or lost. Empty where it may."""
        with self._database.reading() as connection:
            found = disputes_of(connection, order)
        words = (
            objection(one.id, one.state, given_in=one.decision is CaseAnswer.ACCEPT)
            for one in found
        )
        return next((one for one in words if one), "")


def _views(connection: Connection, where: ColumnElement[bool]) -> tuple[DisputeView, ...]:
    rows = connection.execute(
        select(*_DISPUTES.c).where(where).order_by(_DISPUTES.c.heard_at, _DISPUTES.c.id)
    ).mappings()
    found = list(rows)
    if not found:
        return ()
    events: defaultdict[str, list[DisputeEventView]] = defaultdict(list)
    told = select(_EVENTS).where(_EVENTS.c.dispute.in_([row["id"] for row in found]))
    for row in connection.execute(told.order_by(_EVENTS.c.id)).mappings():
        events[row["dispute"]].append(_event(row))
    return tuple(_view(connection, row, tuple(events[row["id"]])) for row in found)


def _view(
    connection: Connection, row: RowMapping, events: tuple[DisputeEventView, ...]
) -> DisputeView:
    return DisputeView(
        id=row["id"],
        order_id=row["order_id"],
        payment=row["payment"],
        state=DisputeState(row["state"]),
        money=_money(row["amount"], row["currency"]),
        reason=row["reason"],
        opened_at=row["opened_at"],
        due_by=row["due_by"],
        answer_by=row["answer_by"],
        decision=decision_about(connection, row),
        submissions=row["submissions"],
        refused=row["refused"],
        events=events,
    )


def _event(row: RowMapping) -> DisputeEventView:
    return DisputeEventView(
        kind=DisputeEventKind(row["kind"]),
        at=row["at"],
        state=None if row["state"] is None else DisputeState(row["state"]),
        money=_money(row["amount"], row["currency"]),
        fee=_money(row["fee"], row["currency"]),
        detail=row["detail"],
    )


def _money(amount: int | None, currency: str | None) -> Money | None:
    return None if amount is None or not currency else Money(amount=amount, currency=currency)
