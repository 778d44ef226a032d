"""Complaints on record: as they were made, what was offered, and what the customer said."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Text, cast, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.database import Database
from backoffice.replacement_views import replaced_by
from backoffice.tables.base import table
from backoffice.tables.complaints import ComplaintRow, ComplaintWordRow
from backoffice.tables.orders import OrderRow
from backoffice.tables.shops import ShopRow
from backoffice.views import ReplacementView
from domain.address import Seller
from domain.complaints import (
    ComplainedBy,
    Complaint,
    ComplaintOnRecord,
    ComplaintReason,
    ComplaintRequest,
    ComplaintState,
    ComplaintWord,
    Solution,
)
from domain.order import Order
from domain.refunds import RefundedLine

_COMPLAINTS, _WORDS = table(ComplaintRow), table(ComplaintWordRow)
_ORDERS, _SHOPS = table(OrderRow), table(ShopRow)
_NEW_COMPLAINTS = insert(_COMPLAINTS).on_conflict_do_nothing()
_NEW_WORDS = insert(_WORDS).on_conflict_do_nothing()


@dataclass(frozen=True)
class CustomersPage:
    """What the page of an order's customer shows: the order, who sells, its complaints, and what
    was sent once more for them."""

    order_id: str
    order: Order
    seller: Seller
    ended: bool
    complaints: tuple[ComplaintOnRecord, ...]
    replacements: tuple[ReplacementView, ...] = ()


def write_complaints(
    connection: Connection,
    order: str,
    complaints: Sequence[Complaint],
    words: Sequence[ComplaintWord],
) -> None:
    """Write what was complained about, and what happened since; what is on record stays."""
    if complaints:
        connection.execute(_NEW_COMPLAINTS, [_complaint(order, one) for one in complaints])
    if words:
        connection.execute(_NEW_WORDS, [_word(order, one) for one in words])


def complaints_of(connection: Connection, order: str) -> tuple[ComplaintOnRecord, ...]:
    """An order's complaints, the first one first, each with all that happened to it."""
    said: defaultdict[int, list[ComplaintWord]] = defaultdict(list)
    found = select(_WORDS).where(_WORDS.c.order_id == order)
    for row in connection.execute(found.order_by(_WORDS.c.complaint, _WORDS.c.number)).mappings():
        said[row["complaint"]].append(_as_word(row))
    mine = select(_COMPLAINTS).where(_COMPLAINTS.c.order_id == order)
    rows = connection.execute(mine.order_by(_COMPLAINTS.c.number)).mappings()
    return tuple(
        ComplaintOnRecord(complaint=_as_complaint(row), words=tuple(said[row["number"]]))
        for row in rows
    )


class ComplaintBook:
    """Complaints by order, and by the secret of its customer's page."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, order: str) -> tuple[ComplaintOnRecord, ...]:
        """An order's complaints, the first one first."""
        with self._database.reading() as connection:
            return complaints_of(connection, order)

    def by_page(self, secret: str) -> CustomersPage | None:
        """The order whose customer's page this is; None where there is none, or it was erased."""
        with self._database.reading() as connection:
            row = (
                connection.execute(
                    select(
                        _ORDERS.c.id,
                        _ORDERS.c.ended_at,
                        cast(_ORDERS.c.body, Text).label("body"),
                        cast(_SHOPS.c.seller, Text).label("seller"),
                    )
                    .join(_SHOPS, _SHOPS.c.id == _ORDERS.c.shop)
                    .where(_ORDERS.c.page == secret, _ORDERS.c.erased_at.is_(None))
                )
                .mappings()
                .one_or_none()
            )
            if row is None:
                return None
            return CustomersPage(
                order_id=row["id"],
                order=Order.model_validate_json(row["body"]),
                seller=Seller.model_validate_json(row["seller"]),
                ended=row["ended_at"] is not None,
                complaints=complaints_of(connection, row["id"]),
                replacements=replaced_by(connection, row["id"]),
            )


def _complaint(order: str, one: Complaint) -> dict[str, object]:
    request = one.request
    return {
        "order_id": order,
        "number": one.number,
        "key": request.key,
        "reason": request.reason.value,
        "by": request.by.value,
        "lines": [line.model_dump(mode="json") for line in request.lines],
        "words": request.words,
        "who": request.who,
        "at": one.at,
    }


def _word(order: str, one: ComplaintWord) -> dict[str, object]:
    return {
        "order_id": order,
        "complaint": one.complaint,
        "number": one.number,
        "state": one.state.value,
        "who": one.who,
        "words": one.words,
        "solution": None if one.solution is None else one.solution.model_dump(mode="json"),
        "at": one.at,
    }


def _as_complaint(row: RowMapping) -> Complaint:
    return Complaint(
        number=row["number"],
        request=ComplaintRequest(
            key=row["key"],
            reason=ComplaintReason(row["reason"]),
            by=ComplainedBy(row["by"]),
            lines=tuple(RefundedLine.model_validate(one) for one in row["lines"]),
            words=row["words"],
            who=row["who"],
        ),
        at=row["at"],
    )


def _as_word(row: RowMapping) -> ComplaintWord:
    solution = row["solution"]
    return ComplaintWord(
        complaint=row["complaint"],
        number=row["number"],
        state=ComplaintState(row["state"]),
        who=row["who"],
        words=row["words"],
        solution=None if solution is None else Solution.model_validate(solution),
        at=row["at"],
    )
