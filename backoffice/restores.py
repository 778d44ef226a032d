"""What is on record about an order, for comparing it with what its workflow remembers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.cases import CaseAnswerRow, CaseRow
from backoffice.tables.orders import (
    DeliveryPromiseRow,
    OrderRow,
    StepFactRow,
    TransitionRow,
)
from backoffice.tables.papers import DocumentRow, PrintJobRow, PrintState
from domain.journal import FactOutcome
from domain.status import OrderStatus

_ORDERS, _TRANSITIONS, _FACTS = table(OrderRow), table(TransitionRow), table(StepFactRow)
_PROMISES = table(DeliveryPromiseRow)
_CASES, _ANSWERS = table(CaseRow), table(CaseAnswerRow)
_DOCUMENTS, _JOBS = table(DocumentRow), table(PrintJobRow)


@dataclass(frozen=True)
class Progress:
    """How far an order is on record: its changes of status, the calls that got through, the cases
    that are open, or closed by an answer, and the days that the customer was told."""

    status: OrderStatus
    numbers: frozenset[int]
    done: frozenset[str]
    cases: frozenset[str]
    promises: frozenset[int] = frozenset()


class RestoreBook:
    """Reads how far records are, and writes what only a restore may write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def progress(self, order_id: str) -> Progress | None:
        """How far an order is on record; None where it is not."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(_ORDERS.c.status).where(_ORDERS.c.id == order_id)
            ).one_or_none()
            if row is None:
                return None
            numbers = connection.scalars(
                select(_TRANSITIONS.c.number).where(_TRANSITIONS.c.order_id == order_id)
            ).all()
            done = connection.scalars(
                select(_FACTS.c.key).where(
                    _FACTS.c.order_id == order_id, _FACTS.c.outcome != FactOutcome.FAILED.value
                )
            ).all()
            cases = connection.scalars(select(_CASES.c.id).where(_CASES.c.order_id == order_id))
            promises = connection.scalars(
                select(_PROMISES.c.number).where(_PROMISES.c.order_id == order_id)
            )
            return Progress(
                OrderStatus(row.status),
                frozenset(numbers),
                frozenset(done),
                frozenset(cases),
                frozenset(promises),
            )

    def orders_since(self, moment: datetime) -> tuple[str, ...]:
        """Orders that were started and are open, or have ended since then; oldest first."""
        with self._database.reading() as connection:
            return tuple(
                connection.scalars(
                    select(_ORDERS.c.id)
                    .where(
                        _ORDERS.c.started_at.is_not(None),
                        or_(_ORDERS.c.ended_at.is_(None), _ORDERS.c.ended_at >= moment),
                    )
                    .order_by(_ORDERS.c.accepted_at)
                )
            )

    def printed(self, order_id: str) -> None:
        """An order's documents were printed before the restore: they do not print again."""
        keys = select(_DOCUMENTS.c.key).where(_DOCUMENTS.c.order_id == order_id)
        with self._database.transaction() as connection:
            connection.execute(
                update(_JOBS)
                .where(_JOBS.c.document.in_(keys), _JOBS.c.state == PrintState.WAITING.value)
                .values(state=PrintState.PRINTED.value, reason="printed before a restore")
            )

    def ask_again(self, order_id: str, heard: Collection[str]) -> tuple[str, ...]:
        """Open those of an order's cases again that people answered and its workflow has not
        heard of; which they are."""
        own = func.starts_with(_ANSWERS.c.case_id, f"{order_id}-c")
        with self._database.transaction() as connection:
            unheard = tuple(
                connection.scalars(
                    delete(_ANSWERS)
                    .where(own, _ANSWERS.c.who != "ordersaga", _ANSWERS.c.case_id.not_in(heard))
                    .returning(_ANSWERS.c.case_id)
                )
            )
            connection.execute(
                update(_CASES).where(_CASES.c.id.in_(unheard)).values(closed_at=None)
            )
            return unheard
