"""Cases and answers as orders and sweeps hand them in, inside somebody's transaction."""

from sqlalchemy import Connection, Update, update
from sqlalchemy.dialects.postgresql import insert

from backoffice.tables.base import table
from backoffice.tables.cases import CaseAnswerRow, CaseRow
from domain.cases import Answer, Case

_NEW_CASES = insert(table(CaseRow)).on_conflict_do_nothing()
_NEW_ANSWERS = insert(table(CaseAnswerRow)).on_conflict_do_nothing()


def write_cases(
    connection: Connection, shop: str | None, cases: tuple[Case, ...], answers: tuple[Answer, ...]
) -> None:
    """Open cases and close those that are answered; an answer may come before its case."""
    if cases:
        connection.execute(
            _NEW_CASES,
            [
                {
                    "id": one.id,
                    "shop": shop,
                    "order_id": one.order,
                    "kind": one.kind.value,
                    "shipment": one.shipment,
                    "reason": one.reason,
                    "opened_at": one.opened_at,
                    "answer_by": one.answer_by,
                    "answers": [answer.value for answer in one.answers],
                }
                for one in cases
            ],
        )
    if answers:
        connection.execute(
            _NEW_ANSWERS,
            [
                {
                    "case_id": one.case,
                    "answer": one.answer.value,
                    "who": one.who,
                    "why": one.why,
                    "at": one.at,
                }
                for one in answers
            ],
        )
    touched = {one.id for one in cases} | {one.case for one in answers}
    if touched:
        connection.execute(_close(touched))


def _close(cases: set[str]) -> Update:
    case, answer = table(CaseRow), table(CaseAnswerRow)
    return (
        update(case)
        .where(
            case.c.id.in_(sorted(cases)),
            case.c.closed_at.is_(None),
            answer.c.case_id == case.c.id,
        )
        .values(closed_at=answer.c.at)
    )
