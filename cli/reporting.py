"""`ordersaga report`: how orders went, as tables on a terminal or as CSV for a spreadsheet."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter, ValidationError
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from api.csv_files import write_table
from backoffice.database import Database
from backoffice.reports import ReportBook, TooMuchToReport
from backoffice.shops import ShopBook
from backoffice.warehouses import WarehouseBook
from cli.leaving import leave
from cli.records import records, settings_of_records
from domain.calendar import TimeZone
from domain.report_scope import ReportScope, days_of
from domain.report_tables import SCOPE, Cell, ReportTable, Table, scope_of, table_of
from domain.reports import GroupBy, OrderReport, Part

app = typer.Typer()

_DAY = ["%Y-%m-%d"]
_MINUTE = 60.0
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_HAPPENED = {ReportTable.TIMES: (3,), ReportTable.MISTAKES: (2, 8)}
"""Where a row of these tables has something to say: measured times; tries and cases."""
_WIDE = 400
"""A table's row stays one line, wherever it goes: a terminal wraps it for the eye alone."""


@app.command()
def report(
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=_DAY, help="the first day; without, 30 days before --to"),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=_DAY, help="the day after the last; without, tomorrow"),
    ] = None,
    time_zone: Annotated[str, typer.Option(help="where days begin at midnight")] = "UTC",
    shop: Annotated[str, typer.Option(help="only this one; without, every shop")] = "",
    channel: Annotated[str, typer.Option(help="only orders of this channel")] = "",
    warehouse: Annotated[str, typer.Option(help="only orders of which it has a shipment")] = "",
    carrier: Annotated[str, typer.Option(help="likewise, as its labels have it")] = "",
    csv: Annotated[bool, typer.Option("--csv", help="one table as CSV")] = False,
    table: Annotated[
        ReportTable | None, typer.Option(help="only this one; a CSV is `times` without")
    ] = None,
) -> None:
    """Say how the orders of a period went: step times, mistakes, detours, perfect orders."""
    # Where standard output is a table, what is said beside it goes elsewhere.
    aside = Console(soft_wrap=True, highlight=False, stderr=csv)
    try:
        zone = TypeAdapter[str](TimeZone).validate_python(time_zone)
        today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
        since_day, until_day = days_of(_day(since), _day(until), today)
        asked = ReportScope(
            shop=shop or "any",
            since=since_day,
            until=until_day,
            time_zone=zone,
            channel=channel or None,
            warehouse=warehouse or None,
            carrier=carrier or None,
        )
    except ValidationError as wrong:
        raise typer.BadParameter(_in_words(wrong)) from wrong
    with records(settings_of_records(aside.print), aside.print) as database:
        found = _reports(database, asked, shop, aside)
    if csv:
        _write_csv(found, table or ReportTable.TIMES)
    else:
        _show(found, table, Console(soft_wrap=True, highlight=False, width=_WIDE))
    leave(0)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _in_words(wrong: ValidationError) -> str:
    return "; ".join(
        ": ".join([*(str(part) for part in one["loc"]), one["msg"].removeprefix("Value error, ")])
        for one in wrong.errors(include_url=False, include_input=False)
    )


def _reports(
    database: Database, asked: ReportScope, shop: str, aside: Console
) -> list[OrderReport]:
    """One of each shop; the command ends where there is no such shop or warehouse."""
    every = ShopBook(database).shops()
    if shop and shop not in every:
        aside.print(f"There is no shop {shop}; there is {', '.join(every) or 'none'}", markup=False)
        leave(1)
    shops = [shop] if shop else list(every)
    if asked.warehouse is not None:
        warehouses = WarehouseBook(database)
        shops = [
            one
            for one in shops
            if any(asked.warehouse == known.code for known in warehouses.all_of(one))
        ]
        if not shops:
            aside.print(f"There is no warehouse {asked.warehouse}", markup=False)
            leave(1)
    book = ReportBook(database)
    try:
        return [book.orders(asked.model_copy(update={"shop": one})) for one in shops]
    except TooMuchToReport:
        aside.print("These are too many orders to add up at once: ask for a shorter period")
        leave(1)
    raise AssertionError("leave returns to nobody")


def _write_csv(found: Sequence[OrderReport], which: ReportTable) -> None:
    columns: tuple[str, ...] = ()
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        table = table_of(one, which)
        columns = (*SCOPE, *table.columns)
        rows += [(*scope_of(one), *row) for row in table.rows]
    sys.stdout.write(write_table(columns, rows))


def _show(found: Sequence[OrderReport], which: ReportTable | None, console: Console) -> None:
    for one in found:
        console.print(_heading(one), markup=False)
        for each in ReportTable if which is None else (which,):
            console.print(_grid(_shown(table_of(one, each), each, whole=which is None)))
    if not found:
        console.print("There is no shop yet")


def _heading(one: OrderReport) -> str:
    """Which orders, of when, and how many of them nothing is known about."""
    scope, orders = one.scope, one.orders
    only = [
        f"{name} {value}"
        for name, value in (
            ("channel", scope.channel),
            ("warehouse", scope.warehouse),
            ("carrier", scope.carrier),
        )
        if value is not None
    ]
    return (
        f"\n{scope.shop}: {orders.accepted} orders accepted from {scope.since} to before "
        f"{scope.until} ({scope.time_zone}){', only ' if only else ''}{', '.join(only)}; "
        f"{orders.ended.count} have ended, {orders.without_facts.count} are without any step fact"
    )


def _shown(table: Table, which: ReportTable, *, whole: bool) -> Table:
    """As it fits a terminal: of a perfect order's parts the percentages alone. Among all tables,
    only rows in which something happened, and the flaws of all orders together."""
    rows = table.rows
    if whole and which in _HAPPENED:
        rows = tuple(row for row in rows if any(row[place] for place in _HAPPENED[which]))
    if whole and which is ReportTable.FLAWS:
        rows = tuple(row for row in rows if row[0] == GroupBy.ALL.value)
    parts = [one.value for one in Part] if which is ReportTable.PERFECT else []
    kept = [place for place, name in enumerate(table.columns) if name not in parts]
    return Table(
        title=table.title,
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in rows),
    )


def _grid(table: Table) -> Grid:
    grid = Grid(title=table.title, title_justify="left", box=box.SIMPLE)
    for place, name in enumerate(table.columns):
        is_text = any(isinstance(row[place], str) for row in table.rows)
        words = name.removesuffix("_s").replace("percent", "%").replace("_", " ")
        grid.add_column(words, justify="left" if is_text else "right", no_wrap=True)
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        grid.add_row(*(_cell(cell, is_time=name.endswith("_s")) for name, cell in cells))
    return grid


def _cell(cell: Cell, *, is_time: bool) -> str:
    if cell is None:
        return "-"
    if is_time and isinstance(cell, float):
        return in_words(cell)
    return escape(f"{cell:.2f}" if isinstance(cell, float) else str(cell))


def in_words(seconds: float) -> str:
    """A time as people say it, in its two largest units."""
    if seconds < _MINUTE:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    for (unit, length), (part, below) in pairwise(_UNITS):
        if whole >= length:
            return f"{whole // length} {unit} {whole % length // below} {part}"
    raise AssertionError("a minute and more is some of the units")
