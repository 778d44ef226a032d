"""Reports of operations for a shop's own people: as JSON, or a table of it as CSV."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BeforeValidator, ValidationError

from api.access import OfficeKey, Wired
from api.csv_files import write_table
from api.fields import problems_of
from api.problems import FieldProblem, ProblemError, invalid
from api.warehouses import known_warehouse
from backoffice.reports import TooMuchToReport
from domain.calendar import TimeZone
from domain.model import Code, Text
from domain.report_scope import ReportScope, days_of
from domain.report_tables import SCOPE, ReportTable, scope_of, table_of
from domain.reports import OrderReport
from domain.routing import WarehouseCode

router = APIRouter(tags=["reports"])

_CSV, _JSON = "text/csv", "application/json"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _written_out(day: object) -> object:
    """Digits alone are no day, whatever seconds since 1970 they may be."""
    if isinstance(day, str) and not _DAY.fullmatch(day):
        raise ValueError("must be a day as 2026-03-31 is")
    return day


Day = Annotated[date, BeforeValidator(_written_out)]


class ReportFormat(StrEnum):
    """The form of a report."""

    JSON = "json"
    CSV = "csv"


class Asked:
    """A dependency: which orders a report is asked about, by the query."""

    def __init__(
        self,
        since: Annotated[
            Day | None,
            Query(alias="from", description="the first day; without, 30 days before `to`"),
        ] = None,
        until: Annotated[
            Day | None,
            Query(alias="to", description="the day after the last one; without, tomorrow"),
        ] = None,
        time_zone: Annotated[
            TimeZone, Query(max_length=64, description="where days begin at midnight")
        ] = "UTC",
        channel: Annotated[Code | None, Query(description="only orders of this channel")] = None,
        warehouse: Annotated[
            WarehouseCode | None, Query(description="only orders of which it has a shipment")
        ] = None,
        carrier: Annotated[
            Text | None, Query(description="only orders of which it has a shipment, as on labels")
        ] = None,
    ) -> None:
        today = datetime.now(UTC).astimezone(ZoneInfo(time_zone)).date()
        self._days = days_of(since, until, today)
        self._time_zone = time_zone
        self._channel, self.warehouse, self._carrier = channel, warehouse, carrier

    def scope(self, shop: str) -> ReportScope:
        """Of one shop. Raises ProblemError: 422 for days that are no period."""
        since, until = self._days
        try:
            return ReportScope(
                shop=shop,
                since=since,
                until=until,
                time_zone=self._time_zone,
                channel=self._channel,
                warehouse=self.warehouse,
                carrier=self._carrier,
            )
        except ValidationError as error:
            found = tuple(
                FieldProblem(field=f"query.{one.field}", message=one.message)
                for one in problems_of(error, {})
            )
            raise invalid(found, "there is no report of such a period") from error


@router.get(
    "/reports/orders",
    summary="How orders went",
    response_model=OrderReport,
    responses={200: {"content": {_CSV: {"schema": {"type": "string"}}}}},
)
def orders(
    wiring: Wired,
    key: OfficeKey,
    request: Request,
    response: Response,
    asked: Annotated[Asked, Depends()],
    form: Annotated[
        ReportFormat | None, Query(alias="format", description="else as `Accept` says")
    ] = None,
    table: Annotated[
        ReportTable | None, Query(description="which table a CSV is; without, `times`")
    ] = None,
) -> OrderReport | Response:
    """Of the shop's orders that were accepted from the day `from` up to, and not on, `to`: how long
    each step took and waited, what went wrong, which steps were skipped or added, and how many
    orders were perfect, by channel, warehouse, carrier and month.

    The answer is JSON, or one table of it as CSV: by `format`, else by `Accept`.
    """
    response.headers["Vary"] = "Accept"
    scope = asked.scope(key.shop)
    if asked.warehouse is not None:
        known_warehouse(wiring, key.shop, asked.warehouse)
    as_csv = form is ReportFormat.CSV or (
        form is None and prefers_csv(request.headers.get("accept", ""))
    )
    if table is not None and not as_csv:
        message = "is for CSV alone: ask for format=csv, or leave it out for all of them as JSON"
        raise invalid((FieldProblem(field="query.table", message=message),))
    try:
        report = wiring.books.reports.orders(scope)
    except TooMuchToReport as error:
        words = "these are too many orders to add up at once: ask for a shorter period"
        raise ProblemError(503, words) from error
    return _as_csv(report, table or ReportTable.TIMES) if as_csv else report


def _as_csv(report: OrderReport, which: ReportTable) -> Response:
    table, scope = table_of(report, which), scope_of(report)
    name = f"orders-{which.value}-{report.scope.since}-{report.scope.until}.csv"
    return Response(
        write_table((*SCOPE, *table.columns), ((*scope, *row) for row in table.rows)),
        media_type=_CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"},
    )


def prefers_csv(accept: str) -> bool:
    """Whether an Accept header wants CSV more than JSON, which serves whoever takes anything."""
    quality = {_CSV: 0.0, _JSON: 0.0}
    for one in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in one.split(";"))
        if kind in quality:
            quality[kind] = max(quality[kind], _quality(parameters))
    return quality[_CSV] > quality[_JSON]


def _quality(parameters: list[str]) -> float:
    for one in parameters:
        name, _, value = one.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
