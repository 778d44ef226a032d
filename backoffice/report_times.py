"""How long each step took: its own time, and the time in which it waited."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FunctionElement,
    FunctionFilter,
    Interval,
    RowMapping,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from backoffice.report_subjects import Subjects
from domain.expected_path import PATH, is_of_shipment
from domain.journal import FactOutcome
from domain.reports import Spread, StepTimes
from domain.status import Step

_ON_THE_WAY = [name for one in PATH for name in one.operations]
_CLOSING = [name for one in PATH if one.closes for name in one.operations]
_STEPS = sorted({int(one.step) for one in PATH})
_FRACTIONS = (0.5, 0.9)
_NOTHING = literal(timedelta(0), Interval())


def times_of_steps(connection: Connection, about: Subjects) -> tuple[StepTimes, ...]:
    """Every step, in order; those that nobody completed with nothing measured."""
    waited = _waited(about, _spans(about))
    percentiles = {
        f"{column.key}_{fraction}": func.percentile_disc(fraction).within_group(column)
        for column in (waited.c.took, waited.c.waited)
        for fraction in _FRACTIONS
    }
    rows = connection.execute(
        select(
            waited.c.step,
            func.count().label("n"),
            *(one.label(name) for name, one in percentiles.items()),
        ).group_by(waited.c.step)
    ).mappings()
    found = {row["step"]: row for row in rows}
    return tuple(_times(step, found.get(int(step))) for step in Step)


def _times(step: Step, row: RowMapping | None) -> StepTimes:
    return StepTimes(
        step=step,
        name=step.name.lower(),
        measured="shipment" if is_of_shipment(step) else "order",
        duration=_spread(row, "took"),
        waiting=_spread(row, "waited"),
    )


def _spread(row: RowMapping | None, what: str) -> Spread:
    if row is None:
        return Spread()
    p50, p90 = (row[f"{what}_{fraction}"].total_seconds() for fraction in _FRACTIONS)
    return Spread(n=row["n"], p50=p50, p90=p90)


def _spans(about: Subjects) -> CTE:
    """Each completed step of each order or shipment: when it began and ended, how long was tried.

    Of a step on the expected way what else is done under its number counts for nothing here. Most
    steps end with what closes them; only of the others tries that came later are left out.
    """
    facts = about.facts().cte("facts")
    beside = facts.c.step.not_in(_STEPS)
    on_the_way = or_(facts.c.operation.in_(_ON_THE_WAY), beside)
    closes = and_(
        facts.c.outcome == FactOutcome.DONE.value, or_(facts.c.operation.in_(_CLOSING), beside)
    )
    whose = (facts.c.place, facts.c.unit, facts.c.of_order, facts.c.step)
    began = func.min(facts.c.started_at).label("began")
    took = func.sum(facts.c.ended_at - facts.c.started_at).label("took")
    ended = func.min(facts.c.ended_at).filter(closes)
    last = func.max(facts.c.ended_at).label("last")
    closed = (
        select(*whose, began, ended.label("ended"), took, last)
        .where(on_the_way)
        .group_by(*whose)
        .having(ended.is_not(None))
        .cte("closed")
    )
    columns = (closed.c.place, closed.c.unit, closed.c.of_order, closed.c.step)
    plain = select(*columns, closed.c.began, closed.c.ended, closed.c.took).where(
        closed.c.last == closed.c.ended
    )
    same = and_(closed.c.unit == facts.c.unit, closed.c.step == facts.c.step)
    went_on = (
        select(*columns, began, closed.c.ended, took)
        .join(facts, same)
        .where(closed.c.last > closed.c.ended, facts.c.ended_at <= closed.c.ended, on_the_way)
        .group_by(*columns, closed.c.ended)
    )
    return union_all(plain, went_on).cte("spans")


def _waited(about: Subjects, spans: CTE) -> CTE:
    """What came before counts as its end: of the same shipment, and of the order as a whole.

    A shipment does not wait for another one.
    """
    newest = func.max(spans.c.ended)
    anything = _before(spans, newest, spans.c.place)
    of_the_order = _before(spans, newest.filter(spans.c.of_order), spans.c.place)
    of_the_unit = _before(spans, newest, spans.c.place, spans.c.unit)
    placed = select(
        spans,
        anything.label("anything"),
        of_the_order.label("of_the_order"),
        of_the_unit.label("of_the_unit"),
    ).cte("placed")
    before = case(
        (placed.c.of_order, placed.c.anything),
        else_=func.greatest(placed.c.of_the_order, placed.c.of_the_unit),
    )
    queued = placed.c.began - func.coalesce(before, about.orders.c.accepted_at)
    paused = placed.c.ended - placed.c.began - placed.c.took
    return (
        select(
            placed.c.step,
            placed.c.took,
            (func.greatest(queued, _NOTHING) + func.greatest(paused, _NOTHING)).label("waited"),
        )
        .join(about.orders, about.orders.c.place == placed.c.place)
        .cte("waited")
    )


def _before(
    spans: CTE,
    newest: FunctionElement[datetime] | FunctionFilter[datetime],
    *whose: ColumnElement[Any],
) -> ColumnElement[datetime]:
    """Of the steps that began before this one."""
    return newest.over(
        partition_by=whose,
        order_by=(spans.c.began, spans.c.step, spans.c.unit),
        rows=(None, -1),
    )
