"""`ordersaga report`: the same figures on a terminal and in a spreadsheet."""

import csv
import io
import re
from datetime import timedelta

import pytest

from backoffice.database import Database
from backoffice.reports import ReportBook
from bench.synthetic.orders import DAYS, FIRST_DAY, many_orders, open_shop
from cli.reporting import in_words
from domain.report_scope import ReportScope
from domain.report_tables import ReportTable, table_of
from tests.cli.operator import Operator

SINCE, UNTIL = FIRST_DAY.date(), (FIRST_DAY + timedelta(days=DAYS)).date()
DAYS_ASKED = ("--from", SINCE.isoformat(), "--to", UNTIL.isoformat())


@pytest.fixture
def address(database_url: str) -> str:
    """Records of two shops."""
    for shop, seed in (("oak", 1), ("tea", 2)):
        open_shop(database_url, shop)
        many_orders(shop, 60, seed).write(database_url)
    return database_url


def run(operator: Operator, address: str, *options: str) -> tuple[int | str | None, str]:
    return operator.run("report", *options, ORDERSAGA_DATABASE_URL=address, COLUMNS="60")


def test_every_shop_s_tables_are_shown_with_their_period_and_its_zone(
    operator: Operator, address: str
) -> None:
    status, said = run(operator, address, *DAYS_ASKED, "--time-zone", "Europe/Berlin")
    assert status == 0
    for shop in ("oak", "tea"):
        period = f"from {SINCE} to before {UNTIL} \\(Europe/Berlin\\); "
        assert re.search(f"{shop}: (60|5\\d) orders accepted {period}\\d+ have ended", said)
    for title in ("How long the steps took", "What went wrong", "Perfect orders, of those"):
        assert said.count(title) == 2
    (row, _) = [line for line in said.splitlines() if " buy_labels " in line]
    assert len(row.split()) == 9, "a row is a line, however narrow the terminal is"


def test_a_csv_holds_what_the_database_says(operator: Operator, address: str) -> None:
    filters = ("--shop", "tea", "--channel", "web", "--warehouse", "lyon", "--carrier", "ups")
    database = Database(address)
    scope = {"shop": "tea", "since": SINCE, "until": UNTIL, "channel": "web"}
    found = ReportBook(database).orders(
        ReportScope.model_validate(scope | {"warehouse": "lyon", "carrier": "ups"})
    )
    database.close()
    for which in ReportTable:
        table = ("--table", which.value)
        status, said = run(operator, address, *DAYS_ASKED, *filters, "--csv", *table)
        assert status == 0
        header, *rows = csv.reader(io.StringIO(said, newline=""))
        expected = table_of(found, which)
        assert header[7:] == list(expected.columns)
        assert {tuple(row[:7]) for row in rows} == {
            ("tea", SINCE.isoformat(), UNTIL.isoformat(), "UTC", "web", "lyon", "ups")
        }
        assert [row[7:] for row in rows] == [
            ["" if cell is None else _spelt(cell) for cell in row] for row in expected.rows
        ]


def _spelt(cell: str | int | float) -> str:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+" and cell else str(cell)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--from", "2026-03-02", "--to", "2026-03-01"), "a report of one day ends on the next"),
        (("--from", "lately"), "does not match the format"),
        (("--time-zone", "Mars/Olympus"), "Mars/Olympus is not an IANA time zone"),
        (("--warehouse", "No Such Place"), "warehouse: String should match pattern"),
        (("--table", "everything"), "'everything' is not one of"),
    ],
)
def test_what_cannot_be_reported_is_said_before_the_records_are_opened(
    operator: Operator, options: tuple[str, ...], words: str
) -> None:
    status, said = operator.run("report", *options, COLUMNS="200")
    assert status == 2
    assert words in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--shop", "elm"), "There is no shop elm; there is oak, tea"),
        (("--warehouse", "paris"), "There is no warehouse paris"),
        (("--shop", "elm", "--csv"), "There is no shop elm; there is oak, tea"),
    ],
)
def test_a_misspelt_shop_or_warehouse_is_no_empty_report(
    operator: Operator, address: str, options: tuple[str, ...], words: str
) -> None:
    assert run(operator, address, *options) == (1, f"{words}\n")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0.00 s"),
        (59.994, "59.99 s"),
        (61.4, "1 min 1 s"),
        (3599.7, "1 h 0 min"),
        (90_000.0, "1 d 1 h"),
    ],
)
def test_a_time_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
