"""How long each step takes, and how often it goes wrong: from recorded facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, case, func, select

from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow, StepFactRow
from domain.journal import FactOutcome
from domain.status import Step

_FACTS, _ORDERS = table(StepFactRow), table(OrderRow)


@dataclass(frozen=True)
class StepSummary:
    """One operation of one step: tries by outcome, and how long a try took.

    ``again`` counts tries that were not the first; durations are of all tries.
    """

    step: Step
    operation: str
    tries: int
    done: int
    declined: int
    mistakes: int
    failed: int
    again: int
    median: timedelta
    p95: timedelta
    longest: timedelta


class StepFacts:
    """Facts of all orders of a shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def summary(self, shop: str, since: datetime) -> tuple[StepSummary, ...]:
        """Every operation that was begun since then, in order of the steps."""
        took = _FACTS.c.ended_at - _FACTS.c.started_at
        columns = {
            "step": _FACTS.c.step,
            "operation": _FACTS.c.operation,
            "tries": func.count(),
            "done": _count(_FACTS.c.outcome == FactOutcome.DONE.value),
            "declined": _count(_FACTS.c.outcome == FactOutcome.DECLINED.value),
            "mistakes": _count(_FACTS.c.outcome == FactOutcome.MISTAKE.value),
            "failed": _count(_FACTS.c.outcome == FactOutcome.FAILED.value),
            "again": _count(_FACTS.c.attempt > 1),
            "median": func.percentile_cont(0.5).within_group(took),
            "p95": func.percentile_cont(0.95).within_group(took),
            "longest": func.max(took),
        }
        statement = (
            select(*(column.label(name) for name, column in columns.items()))
            .join(_ORDERS, _ORDERS.c.id == _FACTS.c.order_id)
            .where(_ORDERS.c.shop == shop, _FACTS.c.started_at >= since)
            .group_by(_FACTS.c.step, _FACTS.c.operation)
            .order_by(_FACTS.c.step, _FACTS.c.operation)
        )
        with self._database.reading() as connection:
            return tuple(_summary(row) for row in connection.execute(statement).mappings())


def _summary(row: RowMapping) -> StepSummary:
    return StepSummary(
        step=Step(row["step"]),
        operation=row["operation"],
        tries=row["tries"],
        done=row["done"],
        declined=row["declined"],
        mistakes=row["mistakes"],
        failed=row["failed"],
        again=row["again"],
        median=row["median"],
        p95=row["p95"],
        longest=row["longest"],
    )


def _count(where: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((where, 1)))
