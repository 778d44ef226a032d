"""The accountant's report, on a terminal or as a table for a spreadsheet."""

import sys
from datetime import date, datetime
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from api.accounts_csv import table_of
from backoffice.accounts import AccountsBook
from backoffice.database import Database
from backoffice.shops import ShopBook
from cli.account_tables import tables
from cli.console import console as make_console
from cli.leaving import leave
from cli.records import records, settings_of_records
from domain.accounts import Accounts, Period

_DAY = ["%Y-%m-%d"]
_WIDEST = 1000


def accounts(
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="the first day")],
    to: Annotated[datetime, typer.Option("--to", formats=_DAY, help="the first day not counted")],
    time_zone: Annotated[str, typer.Option(help="whose midnights bound the days")] = "UTC",
    shop: Annotated[str, typer.Option(help="one shop's; without, all shops together")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="every movement, as a table")] = False,
) -> None:
    """Captures, refunds, fees, disputes and tax, matched with the providers' payouts."""
    console = make_console()
    period = _period(first.date(), to.date(), time_zone)
    settings = settings_of_records(_aside if as_csv else console.print)
    with records(settings, _aside if as_csv else console.print) as database:
        _known(database, shop)
        book = AccountsBook(database)
        if as_csv:
            sys.stdout.write(table_of(book.movements(period, shop or None), period))
            sys.stdout.flush()
            leave(0)
        report = book.report(period, shop or None)
    show(console, report)
    leave(0 if report.ties else 1)


def _whole(console: Console, table: Table) -> None:
    """A table as wide as it is: names are copied from it, and must not be cut."""
    anything = console.options.update(max_width=_WIDEST)
    table.width = Measurement.get(console, anything, table).maximum
    console.print(table, crop=False)


def _aside(words: object) -> None:
    """What is said beside a table must not stand in it."""
    print(words, file=sys.stderr)


def _period(first: date, to: date, time_zone: str) -> Period:
    try:
        period = Period(first=first, to=to, time_zone=time_zone)
    except ValueError as error:
        raise typer.BadParameter(f"{time_zone} is not an IANA time zone") from error
    for field, words in period.problems():
        raise typer.BadParameter(f"--{field} {words}")
    return period


def _known(database: Database, shop: str) -> None:
    there = ShopBook(database).shops()
    if shop and shop not in there:
        raise typer.BadParameter(f"there is no shop {shop}, only {', '.join(there) or 'none'}")


def show(console: Console, report: Accounts) -> None:
    """The report for people: every sum with its currency."""
    period = report.period
    whose = report.shop or "all shops"
    console.print(f"Accounts of {whose}, {period.first} to {period.to} ({period.time_zone})")
    for name, moment in sorted(report.read_to.items()):
        console.print(f"{name}: on record up to {moment:%Y-%m-%d %H:%M:%S} UTC", markup=False)
    for title, columns, rows in tables(report):
        table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD)
        for row in rows:
            table.add_row(*row)
        if rows:
            _whole(console, table)
        else:
            console.print(f"{title}: none")
    console.print(f"{report.matched} payment(s) and refund(s) agree with the provider")
    console.print("Everything ties" if report.ties else "[red]It does not tie: see above[/]")
