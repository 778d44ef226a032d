"""What went wrong at each step: facts, cases, and pieces that were missing."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from backoffice.report_subjects import Subjects, counts_of
from backoffice.tables.base import table
from backoffice.tables.cases import CaseRow
from backoffice.tables.stock import StockEntryRow
from domain.expected_path import CASES_OF_STEPS
from domain.journal import FactOutcome
from domain.reports import Share, StepMistakes
from domain.status import Step
from domain.stock import StockKind

_CASES, _ENTRIES = table(CaseRow), table(StockEntryRow)
_COUNTED = ("tries", "again", "failed", "refused", "declined", "short", "cases")
_WRONG = ("failed", "refused", "short", "cases")


def mistakes_of_steps(connection: Connection, about: Subjects) -> tuple[StepMistakes, ...]:
    """Every step, in order; an order counts once for each step, however often it went wrong."""
    parts = union_all(_of_facts(about), _of_cases(about), _of_missing(about)).subquery("parts")
    whole = (
        select(
            parts.c.place,
            parts.c.step,
            *(cast(func.sum(parts.c[name]), Integer).label(name) for name in _COUNTED),
        )
        .group_by(parts.c.place, parts.c.step)
        .cte("whole")
    )
    wrong = func.count().filter(or_(*(whole.c[name] > 0 for name in _WRONG)))
    sums = (func.sum(whole.c[name]).label(name) for name in _COUNTED)
    rows = connection.execute(
        select(whole.c.step, func.count().label("orders"), wrong.label("wrong"), *sums).group_by(
            whole.c.step
        )
    ).mappings()
    found = {row["step"]: counts_of(row) for row in rows}
    return tuple(_mistakes(step, found.get(int(step), {})) for step in Step)


def _mistakes(step: Step, row: Mapping[str, int]) -> StepMistakes:
    return StepMistakes(
        step=step,
        name=step.name.lower(),
        with_mistakes=Share(count=row.get("wrong", 0), of=row.get("orders", 0)),
        **{name: int(row.get(name, 0)) for name in _COUNTED},
    )


def _of_facts(about: Subjects) -> Select[*tuple[Any, ...]]:
    facts = about.facts().subquery("facts")

    def is_(outcome: FactOutcome) -> ColumnElement[int]:
        return cast(facts.c.outcome == outcome.value, Integer)

    return _part(
        facts.c.place,
        facts.c.step,
        tries=literal(1, Integer),
        again=cast(facts.c.attempt > 1, Integer),
        failed=is_(FactOutcome.FAILED),
        refused=is_(FactOutcome.MISTAKE),
        declined=is_(FactOutcome.DECLINED),
    )


def _of_cases(about: Subjects) -> Select[*tuple[Any, ...]]:
    steps = {kind.value: int(step) for kind, step in CASES_OF_STEPS.items()}
    step = case(steps, value=_CASES.c.kind)
    return (
        _part(about.orders.c.place, step, cases=literal(1, Integer))
        .join(_CASES, _CASES.c.order_id == about.orders.c.id)
        .where(_CASES.c.kind.in_(sorted(steps)), about.counts(_CASES.c.shipment))
    )


def _of_missing(about: Subjects) -> Select[*tuple[Any, ...]]:
    """Each shipment once, however many pieces it lacked."""
    lacking = (
        select(about.orders.c.place, _ENTRIES.c.shipment)
        .join(_ENTRIES, _ENTRIES.c.order_id == about.orders.c.id)
        .where(_ENTRIES.c.kind == StockKind.WRITE_OFF.value, about.counts(_ENTRIES.c.shipment))
        .distinct()
        .subquery("lacking")
    )
    picking = literal(int(Step.PICKING), Integer)
    return _part(lacking.c.place, picking, short=literal(1, Integer))


def _part(
    place: ColumnElement[int], step: ColumnElement[int], **counts: ColumnElement[int]
) -> Select[*tuple[Any, ...]]:
    """What one row counts for, at a step of an order; what it does not count is zero."""
    columns = (counts.get(name, literal(0, Integer)).label(name) for name in _COUNTED)
    return select(place.label("place"), step.label("step"), *columns)
