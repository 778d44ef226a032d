"""A report as tables: what stands in which column, on a terminal and in a spreadsheet."""

from enum import StrEnum

from domain.model import Model
from domain.reports import (
    OrderReport,
    PathFigures,
    PerfectOrders,
    Share,
    Spread,
    StepMistakes,
    StepTimes,
)

Cell = str | int | float | None
"""None is what nobody measured: an empty cell, and never a nought."""


class ReportTable(StrEnum):
    """The tables of a report."""

    TIMES = "times"
    MISTAKES = "mistakes"
    PATH = "path"
    PERFECT = "perfect"
    FLAWS = "flaws"


class Table(Model):
    """A table's columns, and its rows in their order. Times are in seconds, shares in percent."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


SCOPE = ("shop", "from", "to", "time_zone", "channel", "warehouse", "carrier")
"""What a row that travels alone says first: which orders it is about. Empty is all."""


def scope_of(report: OrderReport) -> tuple[Cell, ...]:
    """The cells under `SCOPE`."""
    scope = report.scope
    return (
        scope.shop,
        scope.since.isoformat(),
        scope.until.isoformat(),
        scope.time_zone,
        scope.channel,
        scope.warehouse,
        scope.carrier,
    )


def table_of(report: OrderReport, which: ReportTable) -> Table:
    """One of a report's tables."""
    return _TABLES[which](report)


def _times(report: OrderReport) -> Table:
    def row(one: StepTimes) -> tuple[Cell, ...]:
        spreads = (*_spread(one.duration), *_spread(one.waiting))
        return (int(one.step), one.name, one.measured, *spreads)

    return Table(
        title="How long the steps took",
        columns=(
            "step",
            "name",
            "measured",
            "duration_n",
            "duration_p50_s",
            "duration_p90_s",
            "waiting_n",
            "waiting_p50_s",
            "waiting_p90_s",
        ),
        rows=tuple(row(one) for one in report.times),
    )


def _mistakes(report: OrderReport) -> Table:
    def row(one: StepMistakes) -> tuple[Cell, ...]:
        tries = (one.tries, one.again, one.failed, one.refused, one.declined)
        return (int(one.step), one.name, *tries, one.short, one.cases, *_share(one.with_mistakes))

    return Table(
        title="What went wrong at the steps",
        columns=(
            "step",
            "name",
            "tries",
            "again",
            "failed",
            "refused",
            "declined",
            "short",
            "cases",
            "orders_with_mistakes",
            "of_orders",
            "percent",
        ),
        rows=tuple(row(one) for one in report.mistakes),
    )


def _path(report: OrderReport) -> Table:
    def row(one: PathFigures) -> tuple[Cell, ...]:
        added = (one.added, *_share(one.added_in))
        return (int(one.step), one.operation, *_share(one.skipped), *added)

    return Table(
        title="What was skipped and what was added, of orders that have ended and have facts",
        columns=(
            "step",
            "operation",
            "skipped",
            "of_expected",
            "skipped_percent",
            "added",
            "added_in_orders",
            "of_ended_orders",
            "added_in_percent",
        ),
        rows=tuple(row(one) for one in report.path),
    )


def _perfect(report: OrderReport) -> Table:
    def row(one: PerfectOrders) -> tuple[Cell, ...]:
        parts = (one.on_time, one.complete, one.undamaged, one.right_documents)
        return (
            one.by.value,
            one.value,
            one.orders,
            one.under_way,
            one.unshipped,
            one.unpromised,
            one.perfect.of,
            one.perfect.count,
            one.perfect.percent,
            *(cell for part in parts for cell in (part.count, part.percent)),
        )

    return Table(
        title="Perfect orders, of those that are judged",
        columns=(
            "by",
            "value",
            "orders",
            "under_way",
            "unshipped",
            "unpromised",
            "judged",
            "perfect",
            "perfect_percent",
            "on_time",
            "on_time_percent",
            "complete",
            "complete_percent",
            "undamaged",
            "undamaged_percent",
            "right_documents",
            "right_documents_percent",
        ),
        rows=tuple(row(one) for one in (report.perfect, *report.groups)),
    )


def _flaws(report: OrderReport) -> Table:
    rows = tuple(
        (group.by.value, group.value, one.part.value, one.flaw.value, *_share(one.orders))
        for group in (report.perfect, *report.groups)
        for one in group.flaws
    )
    return Table(
        title="Why orders were not perfect",
        columns=("by", "value", "part", "flaw", "orders", "of_judged", "percent"),
        rows=rows,
    )


def _spread(spread: Spread) -> tuple[Cell, ...]:
    return (spread.n, spread.p50, spread.p90)


def _share(share: Share) -> tuple[Cell, ...]:
    return (share.count, share.of, share.percent)


_TABLES = {
    ReportTable.TIMES: _times,
    ReportTable.MISTAKES: _mistakes,
    ReportTable.PATH: _path,
    ReportTable.PERFECT: _perfect,
    ReportTable.FLAWS: _flaws,
}
