"""What was left where nobody looks: read-only questions for the loops, answered as findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from backoffice.database import Database
from backoffice.patience import Patience
from backoffice.questions import QUESTIONS, Problem
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from domain.cases import Case, CaseKind

_CASES = table(CaseRow)


_KINDS = {
    Problem.NOT_STARTED: CaseKind.NOT_STARTED,
    Problem.ORPHAN: CaseKind.ORPHAN,
    Problem.CALLBACK: CaseKind.UNDELIVERABLE_CALLBACK,
}


@dataclass(frozen=True)
class Finding:
    """One thing that needs a person. ``subject`` is what it is about within the order."""

    problem: Problem
    order_id: str
    subject: str
    reason: str
    since: datetime

    @property
    def case_id(self) -> str:
        """The same finding always makes the same case."""
        return f"{self.order_id}:{self.problem.value}:{self.subject}"[:100]

    def case(self) -> Case:
        """The case that a person gets."""
        return Case(
            id=self.case_id,
            order=self.order_id,
            kind=_KINDS.get(self.problem, CaseKind.STUCK),
            reason=self.reason,
            opened_at=datetime.now(UTC),
        )


class Sweeps:
    """Looks through the records for what no workflow will ever report."""

    def __init__(self, database: Database, patience: Patience | None = None) -> None:
        """``patience`` says how old things may get before they count."""
        self._database = database
        self._patience = patience or Patience()

    def findings(self, limit: int = 500) -> tuple[Finding, ...]:
        """Everything that was found and has no case yet, at most ``limit`` of each problem."""
        with self._database.transaction() as connection:
            found = list(self._look(connection, limit))
            known = set(
                connection.scalars(
                    select(_CASES.c.id).where(_CASES.c.id.in_([one.case_id for one in found]))
                )
            )
        return tuple(one for one in found if one.case_id not in known)

    def _look(self, connection: Connection, limit: int) -> Iterator[Finding]:
        for problem, question in QUESTIONS.items():
            statement = question(self._patience).limit(limit)
            for order, subject, reason, since in connection.execute(statement):
                yield Finding(problem, order or "unknown", subject, reason, since)
