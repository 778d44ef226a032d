"""What needs a person: one list of cases, and what was answered."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, tuple_

from backoffice.case_entries import write_cases
from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from backoffice.tables.base import table
from backoffice.tables.cases import CaseAnswerRow, CaseRow
from backoffice.tables.orders import OrderRow
from domain.cases import Answer, Case, CaseAnswer, CaseKind

_CASES, _ANSWERS, _ORDERS = table(CaseRow), table(CaseAnswerRow), table(OrderRow)


@dataclass(frozen=True)
class CaseOnRecord:
    """A case with its answer, if it has one. An orphan's order is unknown, and has no shop."""

    case: Case
    shop: str | None
    answer: Answer | None


class CaseBook:
    """Cases of all orders, as workflows and sweeps opened them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_cases(
        self,
        shop: str | None,
        *,
        kind: CaseKind | None = None,
        order: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> tuple[CaseOnRecord, ...]:
        """Unanswered cases of a shop, oldest first, from the one that follows case ``after``.

        Without a shop: those of all shops, orphans among them.
        """
        where: list[ColumnElement[bool]] = [_CASES.c.closed_at.is_(None)]
        if shop is not None:
            where.append(_CASES.c.shop == shop)
        if kind is not None:
            where.append(_CASES.c.kind == kind.value)
        if order is not None:
            where.append(_CASES.c.order_id == order)
        if after is not None:
            last = (
                select(_CASES.c.opened_at, _CASES.c.id)
                .where(_CASES.c.id == after)
                .correlate(None)
                .scalar_subquery()
            )
            where.append(tuple_(_CASES.c.opened_at, _CASES.c.id) > last)
        statement = (
            cases_statement().where(*where).order_by(_CASES.c.opened_at, _CASES.c.id).limit(limit)
        )
        with self._database.reading() as connection:
            return tuple(case_of(row) for row in connection.execute(statement).mappings())

    def cases_of(self, order: str) -> tuple[CaseOnRecord, ...]:
        """All cases of an order, open and closed, oldest first."""
        statement = cases_statement().where(_CASES.c.order_id == order).order_by(_CASES.c.opened_at)
        with self._database.reading() as connection:
            return tuple(case_of(row) for row in connection.execute(statement).mappings())

    def case(self, case_id: str, shop: str | None = None) -> CaseOnRecord | None:
        """One case, of this shop if one is given."""
        statement = cases_statement().where(_CASES.c.id == case_id)
        if shop is not None:
            statement = statement.where(_CASES.c.shop == shop)
        with self._database.reading() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return None if row is None else case_of(row)

    def open(self, case: Case) -> None:
        """Open a case that no workflow opens; opening it again changes nothing."""
        with self._database.transaction() as connection:
            shop = connection.scalars(
                select(_ORDERS.c.shop).where(_ORDERS.c.id == case.order)
            ).one_or_none()
            write_cases(connection, shop, (case,), ())

    def settle(self, order: str, prefix: str, why: str) -> None:
        """Close an order's open cases whose ids begin so, because events have answered them."""
        which = select(_CASES.c.id).where(
            _CASES.c.order_id == order,
            _CASES.c.closed_at.is_(None),
            func.starts_with(_CASES.c.id, prefix),
        )
        with self._database.transaction() as connection:
            answers = tuple(
                Answer(
                    case=case,
                    answer=CaseAnswer.CLOSE,
                    who="ordersaga",
                    why=why,
                    at=datetime.now(UTC),
                )
                for case in connection.scalars(which)
            )
            write_cases(connection, None, (), answers)

    def close(self, answer: Answer) -> Answer:
        """Answer a case whose order takes no answers itself; answers the answer that holds.

        Raises:
            NotOnRecord: there is no such case.
        """
        with self._database.transaction() as connection:
            write_cases(connection, None, (), (answer,))
            row = (
                connection.execute(cases_statement().where(_CASES.c.id == answer.case))
                .mappings()
                .one_or_none()
            )
            found = None if row is None else case_of(row).answer
            if found is None:
                raise NotOnRecord("case", answer.case)
            return found


def cases_statement() -> Select[*tuple[object, ...]]:
    """Every case with the answer to it; `case_of` reads its rows."""
    return select(
        *_CASES.c,
        _ANSWERS.c.answer,
        _ANSWERS.c.who,
        _ANSWERS.c.why,
        _ANSWERS.c.at,
    ).outerjoin(_ANSWERS, _ANSWERS.c.case_id == _CASES.c.id)


def case_of(row: RowMapping) -> CaseOnRecord:
    """A case as it was written, with its answer."""
    case = Case(
        id=row["id"],
        order=row["order_id"],
        kind=CaseKind(row["kind"]),
        shipment=row["shipment"],
        reason=row["reason"],
        opened_at=row["opened_at"],
        answer_by=row["answer_by"],
        answers=tuple(CaseAnswer(one) for one in row["answers"]),
    )
    answer = None
    if row["answer"] is not None:
        answer = Answer(
            case=case.id,
            answer=CaseAnswer(row["answer"]),
            who=row["who"],
            why=row["why"],
            at=row["at"],
        )
    return CaseOnRecord(case=case, shop=row["shop"], answer=answer)
