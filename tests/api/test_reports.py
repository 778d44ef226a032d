"""Reports of operations over HTTP: whose orders, of which days, as JSON and as tables."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from api.csv_files import write_table
from backoffice.database import Database
from backoffice.reports import ReportBook
from bench.synthetic.rows import libpq
from domain.journal import FactOutcome, Journal, StepFact
from domain.record import Commit
from domain.report_tables import SCOPE, ReportTable
from domain.status import Step
from tests.api.desk import Desk, order

PATH = "/reports/orders"
NOW = datetime.now(UTC)


async def report(
    desk: Desk, key: str = "shop", accept: str | None = None, **params: str
) -> httpx.Response:
    headers = {} if accept is None else {"Accept": accept}
    return await desk.call("GET", PATH, key=key, params=params, headers=headers)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def note(desk: Desk, placed: str, outcome: FactOutcome = FactOutcome.DONE) -> None:
    """Two hours were needed to pick it."""
    fact = StepFact(
        key=f"{placed}-s1:picked",
        step=Step.PICKING,
        operation="picked",
        shipment=f"{placed}-s1",
        started_at=NOW,
        ended_at=NOW + timedelta(hours=2),
        outcome=outcome,
    )
    desk.books.records.commit(Commit(placed, Journal(facts=(fact,))))


async def test_a_report_says_what_it_is_about_and_how_many_of_what(desk: Desk) -> None:
    note(desk, await desk.place())
    await desk.place(order("1002"))
    answer = await report(desk)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["scope"]["shop"] == desk.shop
    assert found["scope"]["time_zone"] == "UTC"
    assert found["begins"] == f"{found['scope']['from']}T00:00:00Z"
    assert found["orders"]["accepted"] == 2
    assert found["orders"]["without_facts"] == {"count": 1, "of": 2, "percent": 50.0}
    (picking,) = (one for one in found["times"] if one["name"] == "picking")
    assert picking["duration"] == {"n": 1, "p50": 7200.0, "p90": 7200.0}
    assert found["perfect"]["under_way"] == 2
    assert found["perfect"]["perfect"] == {"count": 0, "of": 0, "percent": None}


async def test_a_key_sees_its_own_shop_s_orders_and_no_others(desk: Desk) -> None:
    await desk.place()
    found = (await report(desk, key="other")).json()
    assert found["scope"]["shop"] == desk.other_shop
    assert found["orders"]["accepted"] == 0
    assert (await report(desk, key="support")).json()["orders"]["accepted"] == 1


async def test_each_filter_narrows_it_and_they_add_up(desk: Desk) -> None:
    placed = await desk.place()
    desk.hand_off(placed)
    desk.buy_label(placed, "TRACK-1")
    await desk.place(order("1002", channel="phone"))

    async def accepted(**params: str) -> int:
        return (await report(desk, **params)).json()["orders"]["accepted"]

    assert await accepted(channel="phone") == 1
    assert await accepted(warehouse="main") == 1
    assert await accepted(warehouse="main", carrier="dhl") == 1
    assert await accepted(warehouse="main", carrier="ups") == 0
    assert await accepted(channel="phone", carrier="dhl") == 0


@pytest.mark.parametrize(
    ("params", "accept"),
    [
        ({"format": "csv"}, None),
        ({}, "text/csv"),
        ({}, "application/json;q=0.2, text/csv;q=0.9"),
        ({"format": "csv"}, "application/json"),
    ],
)
async def test_a_table_is_had_by_format_or_by_accept(
    desk: Desk, params: Mapping[str, str], accept: str | None
) -> None:
    note(desk, await desk.place())
    answer = await report(desk, accept=accept, **params)
    (picking,) = (one for one in rows_of(answer) if one["name"] == "picking")
    assert (picking["shop"], picking["time_zone"]) == (desk.shop, "UTC")
    assert (picking["duration_n"], picking["duration_p90_s"]) == ("1", "7200.0")
    assert answer.headers["content-disposition"].startswith('attachment; filename="orders-times-')
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/csv;q=0, */*", "text/html"])
async def test_whoever_does_not_ask_for_a_table_gets_json(desk: Desk, accept: str) -> None:
    answer = await report(desk, accept=accept)
    assert answer.headers["content-type"] == "application/json"
    answer = await report(desk, accept="text/csv", format="json")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("table", list(ReportTable))
async def test_every_table_says_in_each_row_which_orders_it_is_about(
    desk: Desk, table: ReportTable
) -> None:
    note(desk, await desk.place())
    rows = rows_of(await report(desk, format="csv", table=table.value, channel="web"))
    assert rows
    assert all(tuple(row)[: len(SCOPE)] == SCOPE for row in rows)
    assert {(row["shop"], row["channel"], row["carrier"]) for row in rows} == {
        (desk.shop, "web", "")
    }


async def test_a_channel_s_name_is_no_formula_in_a_spreadsheet(desk: Desk) -> None:
    await desk.place(order(channel="+49-desk"))
    rows = rows_of(await report(desk, format="csv", table="perfect"))
    assert [row["value"] for row in rows if row["by"] == "channel"] == ["'+49-desk"]
    assert (await report(desk)).json()["groups"][0]["value"] == "+49-desk"


def test_text_that_begins_as_formulas_do_is_text_in_a_spreadsheet() -> None:
    formulas = ("=1+1", "+49", "-x", "@sum", "\tx", "\r=1", "\n=1")
    written = write_table(("a", "b"), [(one, -1.5) for one in formulas] + [("x=1", None)])
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert rows[1:-1] == [[f"'{one}", "-1.5"] for one in formulas], "numbers stay numbers"
    assert rows[-1] == ["x=1", ""]
    assert written.startswith("a,b\r\n")


@pytest.mark.parametrize(
    ("params", "field", "words"),
    [
        ({"from": "2026-03-02", "to": "2026-03-02"}, "to", "2026-03-02 is not after 2026-03-02"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "a report of one day ends on the next"),
        ({"from": "2024-01-01", "to": "2026-01-01"}, "to", "more than 366 days"),
        ({"from": "1815-06-18"}, "from", "lie between 2000-01-01 and 2200-01-01"),
        ({"from": "yesterday"}, "from", "must be a day as 2026-03-31 is"),
        ({"from": "1700000000"}, "from", "must be a day as 2026-03-31 is"),
        ({"to": "2026-02-30"}, "to", "day value is outside expected range"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "is not an IANA time zone"),
        ({"since": "2026-03-01"}, "since", "is not known; this address takes carrier, channel"),
        ({"table": "perfect"}, "table", "is for CSV alone"),
        ({"format": "pdf"}, "format", "csv"),
    ],
)
async def test_what_cannot_be_reported_is_answered_in_words(
    desk: Desk, params: dict[str, str], field: str, words: str
) -> None:
    answer = await report(desk, **params)
    assert answer.status_code == 422, answer.text
    problems = answer.json()["problems"]
    assert [one["field"] for one in problems] == [f"query.{field}"], problems
    assert words in problems[0]["message"]


async def test_a_warehouse_that_the_shop_has_not_is_no_empty_report(desk: Desk) -> None:
    answer = await report(desk, warehouse="lyon")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such warehouse")


async def test_a_report_of_too_many_orders_asks_for_a_shorter_period(
    desk: Desk, database_url: str
) -> None:
    hurried = Database(database_url, statement_timeout=timedelta(milliseconds=300))
    books = replace(desk.books, reports=ReportBook(hurried))
    desk.app.state.wiring = desk.rewired(books=books)
    with psycopg.connect(libpq(database_url)) as somebody:
        somebody.execute("LOCK TABLE step_facts IN ACCESS EXCLUSIVE MODE")
        answer = await report(desk)
    assert answer.status_code == 503
    assert answer.json()["detail"].endswith("ask for a shorter period")
    hurried.close()
