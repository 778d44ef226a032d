"""What a report is about, and what its figures mean."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.cases import CaseKind
from domain.expected_path import (
    CASES_OF_NO_STEP,
    CASES_OF_STEPS,
    FORWARD,
    HELD_TERMS,
    PATH,
    is_of_shipment,
)
from domain.payment import PaymentTerms, held_at
from domain.report_scope import ReportScope, days_of
from domain.report_tables import ReportTable, table_of
from domain.reports import (
    PART_OF,
    Flaw,
    GroupBy,
    OrderCounts,
    OrderReport,
    PerfectOrders,
    Share,
    Spread,
    StepTimes,
)
from domain.status import Step

MARCH = {"shop": "demo", "since": date(2026, 3, 1), "until": date(2026, 4, 1)}


def scope(**changes: object) -> ReportScope:
    return ReportScope.model_validate(MARCH | changes)


def test_a_period_begins_at_midnight_where_its_zone_says_and_ends_before_its_last_day() -> None:
    berlin = scope(time_zone="Europe/Berlin")
    assert berlin.begins == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert berlin.ends == datetime(2026, 3, 31, 22, tzinfo=UTC), "summer time has begun"
    assert scope().begins == datetime(2026, 3, 1, tzinfo=UTC)


def test_the_months_of_a_period_are_cut_to_it_and_leave_nothing_out() -> None:
    months = list(scope(since=date(2025, 12, 15), until=date(2026, 2, 1)).months())
    assert [name for name, _, _ in months] == ["2025-12", "2026-01"]
    assert months[0][1] == datetime(2025, 12, 15, tzinfo=UTC)
    assert months[0][2] == months[1][1] == datetime(2026, 1, 1, tzinfo=UTC)
    assert months[1][2] == datetime(2026, 2, 1, tzinfo=UTC)


@given(st.dates(date(2000, 1, 1), date(2190, 1, 1)), st.integers(1, 366))
def test_months_join_end_to_end_from_the_first_day_to_the_last(first: date, days: int) -> None:
    asked = scope(since=first, until=first + timedelta(days=days), time_zone="Europe/Berlin")
    months = list(asked.months())
    assert (months[0][1], months[-1][2]) == (asked.begins, asked.ends)
    assert all(one[2] == other[1] for one, other in pairwise(months))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"until": date(2026, 3, 1)}, "to: 2026-03-01 is not after 2026-03-01"),
        ({"until": date(2026, 2, 1)}, "a report of one day ends on the next"),
        ({"until": date(2027, 3, 3)}, "more than 366 days: ask for a part of it"),
        ({"since": date(1999, 12, 31), "until": date(2000, 1, 2)}, "lie between 2000-01-01"),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus is not an IANA time zone"),
    ],
)
def test_what_is_no_period_is_refused_in_words(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        scope(**changes)


def test_without_days_a_report_is_about_the_last_thirty_and_today_among_them() -> None:
    today = date(2026, 3, 31)
    assert days_of(None, None, today) == (date(2026, 3, 2), date(2026, 4, 1))
    assert days_of(date(2026, 3, 30), None, today) == (date(2026, 3, 30), date(2026, 4, 1))
    assert days_of(None, date(2026, 3, 31), today) == (date(2026, 3, 1), date(2026, 3, 31))
    assert days_of(None, date.min, today) == (date.min, date.min), "there is no earlier day"


@pytest.mark.parametrize(
    ("count", "of", "percent"),
    [(1, 3, 33.33), (2, 3, 66.67), (1, 8, 12.5), (1, 1600, 0.06), (1, 800, 0.13), (0, 7, 0.0)],
)
def test_a_share_has_two_decimals_and_halves_go_up(count: int, of: int, percent: float) -> None:
    assert Share(count=count, of=of).percent == percent


def test_a_share_of_nothing_is_no_nought() -> None:
    assert Share(count=0, of=0).percent is None


def test_every_kind_of_case_is_of_a_step_or_known_to_be_of_none() -> None:
    assert set(CASES_OF_STEPS) | CASES_OF_NO_STEP == set(CaseKind)
    assert not CASES_OF_STEPS.keys() & CASES_OF_NO_STEP


def test_every_operation_of_the_expected_way_is_behind_a_status_that_can_be_reached() -> None:
    assert {one.by for one in PATH} <= set(FORWARD)
    steps = [one.step for one in PATH]
    assert steps == sorted(steps)
    not_planned = {Step.RESTOCK_ALERT, Step.COMPLAINT, Step.SOLUTION, Step.RETURN, Step.REPLACEMENT}
    assert set(Step) - set(steps) == not_planned
    closing = [one.step for one in PATH if one.closes]
    assert len(closing) == len(set(closing)) == len(set(steps)), "each step is done with one"
    assert not is_of_shipment(Step.REVIEW)
    assert is_of_shipment(Step.PICKING)


def test_money_is_to_be_captured_under_just_those_terms_that_hold_it() -> None:
    examples = (
        {"terms": "authorize", "payment_method": "pm_1"},
        {"terms": "payment_intent", "payment_intent": "pi_1"},
        {"terms": "prepaid", "reference": "MP-1"},
        {"terms": "nothing_due"},
        {"terms": "transfer"},
    )
    read = TypeAdapter[PaymentTerms](PaymentTerms).validate_python
    terms = [read(one) for one in examples]
    assert {one.terms for one in terms if held_at(one) is not None} == set(HELD_TERMS)


def test_every_flaw_belongs_to_a_part() -> None:
    assert set(PART_OF) == set(Flaw)


def test_what_nobody_measured_is_an_empty_cell() -> None:
    none = Share(count=0, of=0)
    parts = dict.fromkeys(("perfect", "on_time", "complete", "undamaged", "right_documents"), none)
    report = OrderReport(
        scope=scope(),
        begins=scope().begins,
        ends=scope().ends,
        orders=OrderCounts(accepted=0, ended=none, without_facts=none),
        times=(
            StepTimes(
                step=Step.PICKING,
                name="picking",
                measured="shipment",
                duration=Spread(n=2, p50=1.5, p90=3.0),
                waiting=Spread(),
            ),
        ),
        mistakes=(),
        path=(),
        perfect=PerfectOrders(by=GroupBy.ALL, value="", flaws=(), **parts),
        groups=(),
    )
    (row,) = table_of(report, ReportTable.TIMES).rows
    assert row == (6, "picking", "shipment", 2, 1.5, 3.0, 0, None, None)
    (whole,) = table_of(report, ReportTable.PERFECT).rows
    assert whole[6:9] == (0, 0, None)
    for which in ReportTable:
        table = table_of(report, which)
        assert all(len(one) == len(table.columns) for one in table.rows)
