"""The accountant's report: captures, refunds, fees, disputes, tax, and the providers' payouts.

It is read from the records alone: workers read the providers' accounts.
"""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response

from api.access import AdminKey, OfficeKey, Wired
from api.accounts_csv import MEDIA_TYPE, table_of
from api.fields import join
from api.problems import FieldProblem, invalid
from api.wiring import Wiring
from domain.accounts import Accounts, Period
from domain.calendar import TimeZone

router = APIRouter(prefix="/reports", tags=["reports"])

MOST_MOVEMENTS = 200_000
_ALSO_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}

ZoneName = Annotated[
    TimeZone,
    Query(
        max_length=60, description="whose midnights bound the days; invoices are numbered in UTC"
    ),
]


def period_of(
    first: Annotated[date, Query(alias="from", description="the first day")],
    to: Annotated[date, Query(description="the first day that does not count any more")],
    time_zone: ZoneName = "UTC",
) -> Period:
    """A dependency: the days that a report is about.

    Raises:
        ProblemError: 422.
    """
    period = Period(first=first, to=to, time_zone=time_zone)
    problems = tuple(
        FieldProblem(field=join(("query", field)), message=message)
        for field, message in period.problems()
    )
    if problems:
        raise invalid(problems, "this is no period that can be reported")
    return period


def wants_csv(
    form: Annotated[
        Literal["json", "csv"] | None,
        Query(
            alias="format", description="`csv`: a table of the movements; else what `Accept` says"
        ),
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> bool:
    """A dependency: whether the caller wants a table."""
    return form == "csv" or (form is None and MEDIA_TYPE in accept.lower())


AskedPeriod = Annotated[Period, Depends(period_of)]
AsCsv = Annotated[bool, Depends(wants_csv)]


@router.get(
    "/accounts",
    summary="What was taken, given back, kept and paid out",
    response_model=Accounts,
    responses=_ALSO_CSV,
)
def accounts(
    wiring: Wired, key: OfficeKey, period: AskedPeriod, as_csv: AsCsv
) -> Accounts | Response:
    """The shop's accounts over a period: our books, tax by rate and country, each provider's
    account, payouts with their movements, and what does not agree.

    As CSV: every movement of the period. Of the provider's account a shop that is alone on the
    installation sees all, one of several what belongs to its orders.
    """
    return _report(wiring, period, key.shop, as_csv=as_csv)


@router.get(
    "/accounts/all",
    summary="The same of all shops together",
    response_model=Accounts,
    responses=_ALSO_CSV,
)
def accounts_of_all(
    wiring: Wired, _key: AdminKey, period: AskedPeriod, as_csv: AsCsv
) -> Accounts | Response:
    """The providers' accounts are the installation's: here they are whole, with what is nobody's,
    and tie with what the providers themselves say."""
    return _report(wiring, period, None, as_csv=as_csv)


def _report(
    wiring: Wiring, period: Period, shop: str | None, *, as_csv: bool
) -> Accounts | Response:
    book = wiring.books.accounts
    found = book.count(period)
    if found > MOST_MOVEMENTS:
        words = f"holds {found} movements, more than {MOST_MOVEMENTS}: ask for a shorter period"
        raise invalid((FieldProblem(field="query.to", message=words),), "the period is too long")
    if not as_csv:
        return book.report(period, shop)
    name = f"movements-{period.first}-{period.to}.csv"
    return Response(
        table_of(book.movements(period, shop), period),
        media_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
