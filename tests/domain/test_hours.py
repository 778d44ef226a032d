"""Deadlines in working time, against a second computation that counts minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.calendar import WorkingCalendar
from domain.clocks import UTC_CLOCK, Hands, ZoneClock, zone_in
from domain.hours import Opening, Weekday, WorkingHours, deadline
from domain.policy import Policy, problems_of_calendars

MINUTE = timedelta(minutes=1)
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",  # half an hour
    "Africa/Casablanca",  # four times a year
    "Asia/Kathmandu",
    "Asia/Beirut",  # at midnight
    "UTC",
)
CLOCKS = tuple(ZoneClock.of(name, ZoneInfo(name), BEGIN, END) for name in ZONES)
CLOCK: dict[str, ZoneClock] = dict(zip(ZONES, CLOCKS, strict=True))


@st.composite
def openings(draw: st.DrawFn) -> Opening:
    opens = draw(st.integers(0, 24 * 60 - 1))
    closes = draw(st.integers(opens + 1, 24 * 60))
    return Opening(opens=wall(opens), closes=wall(closes % (24 * 60)))


def wall(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def around(day: date, hours: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(hours=hours)


NIGHTS = (date(2026, 3, 28), date(2026, 10, 24), date(2026, 3, 7), date(2026, 11, 1))
"""Days around which the hands are moved somewhere."""
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001
    st.builds(around, st.sampled_from(NIGHTS), st.integers(-24, 60)),
).map(lambda at: at.replace(second=0, microsecond=0, tzinfo=UTC))


def minute_by_minute(hours: WorkingHours, since: datetime, minutes: int) -> datetime:
    """Look at the clock on the wall once a minute, and count when the doors are open."""
    zone, at = ZoneInfo(hours.time_zone), since
    week = {place: hours.week[day] for place, day in enumerate(Weekday) if day in hours.week}
    while minutes:
        shown = at.astimezone(zone)
        opening = week.get(shown.weekday())
        if opening is not None and shown.date() not in hours.holidays:
            now = shown.hour * 60 + shown.minute
            closes = opening.closes.hour * 60 + opening.closes.minute or 24 * 60
            minutes -= opening.opens.hour * 60 + opening.opens.minute <= now < closes
        at += MINUTE
    return at


@given(
    st.sampled_from(ZONES),
    st.dictionaries(st.sampled_from(list(Weekday)), openings(), min_size=1),
    MOMENTS,
    st.integers(1, 900),
    st.sets(st.integers(0, 9), max_size=3),
)
@example(
    "Europe/Berlin",
    {Weekday.SUNDAY: Opening(opens=time(1, 30), closes=time(4))},
    datetime(2026, 10, 23, 12, tzinfo=UTC),
    200,  # the hour from two to three is worked twice
    set(),
)
@example(
    "Europe/Berlin",
    {Weekday.SUNDAY: Opening(opens=time(2, 30), closes=time(4))},
    datetime(2026, 3, 28, 12, tzinfo=UTC),
    60,  # half past two does not come: they begin at three
    set(),
)
def test_a_deadline_ends_when_the_minutes_that_people_work_have_passed(
    zone: str, week: dict[Weekday, Opening], since: datetime, minutes: int, free: set[int]
) -> None:
    most = min(minutes, sum(one.until - one.since for one in week.values()) // 30)
    holidays = tuple(since.date() + timedelta(days=n) for n in sorted(free))
    hours = WorkingHours(time_zone=zone, week=week, holidays=holidays)
    ends = deadline(hours, CLOCKS, since, most * MINUTE)
    assert ends == minute_by_minute(hours, since, most)


@given(st.sampled_from(ZONES), MOMENTS, st.integers(0, 86_399))
def test_a_clock_that_was_written_down_shows_what_the_zone_does(
    zone: str, at: datetime, seconds: int
) -> None:
    moment = at + timedelta(seconds=seconds)
    there, real = moment.astimezone(Hands(CLOCK[zone])), moment.astimezone(ZoneInfo(zone))
    assert (there.replace(tzinfo=None), there.fold) == (real.replace(tzinfo=None), real.fold)
    for fold in (0, 1):
        local = moment.replace(tzinfo=None, fold=fold)
        shown = local.replace(tzinfo=Hands(CLOCK[zone])).astimezone(UTC)
        assert shown == local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


OFFICE = Opening(opens=time(8), closes=time(17))
WEEK = {day: OFFICE for day in Weekday if day not in (Weekday.SATURDAY, Weekday.SUNDAY)}
BERLIN = WorkingHours(time_zone="Europe/Berlin", week=WEEK, holidays=(date(2026, 5, 1),))


def at(day: int, hour: int, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def test_eight_hours_given_on_friday_afternoon_end_on_monday() -> None:
    # The Sunday between is the one on which the hands are moved.
    assert deadline(BERLIN, CLOCKS, at(27, 16), timedelta(hours=8)) == at(30, 15)


def test_a_holiday_is_not_worked() -> None:
    thursday = at(30, 16, month=4)
    assert deadline(BERLIN, CLOCKS, thursday, timedelta(hours=2)) == at(4, 9, month=5)


def test_what_ends_with_the_day_ends_when_it_closes() -> None:
    assert deadline(BERLIN, CLOCKS, at(27, 16), timedelta(hours=1)) == at(27, 17)


def test_without_hours_a_deadline_runs_on_the_clock() -> None:
    assert deadline(None, (), at(27, 16), timedelta(hours=8)) == at(28, 0)


def test_an_order_s_own_clocks_count_whatever_is_learnt_later() -> None:
    """A country that gives summer time up changes no deadline of an order on its way."""
    never = ZoneClock(time_zone="Europe/Berlin", offsets=((0, 3600),))
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert deadline(BERLIN, (never,), summer, timedelta(hours=5)) == datetime(
        2026, 7, 2, 8, tzinfo=UTC
    )
    assert summer.astimezone(zone_in((never,), "Europe/Berlin")).hour == 13
    assert zone_in((), "UTC").utcoffset(summer) == timedelta(0)
    with pytest.raises(LookupError):
        deadline(BERLIN, (UTC_CLOCK,), summer, timedelta(hours=5))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({"week": {}}, "at least 1 item"),
        ({"week": {"monday": {"opens": "17:00", "closes": "08:00"}}}, "before it opens"),
        ({"week": {"monday": {"opens": "08:00:30", "closes": "17:00"}}}, "whole minute"),
        ({"week": {"monday": {"opens": "08:00Z", "closes": "17:00Z"}}}, "leave the offset out"),
        ({"week": WEEK, "time_zone": "Mars/Olympus"}, "not an IANA time zone"),
        ({"week": WEEK, "holidays": ["2026-12-25", "2026-12-25"]}, "2026-12-25"),
    ],
)
def test_hours_that_cannot_be_are_refused(hours: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        WorkingHours.model_validate(hours)


def test_a_deadline_that_would_take_years_is_no_policy() -> None:
    rare = WorkingHours(week={Weekday.MONDAY: Opening(opens=time(8), closes=time(8, 30))})
    assert dict(problems_of_calendars(Policy(warehouse_hours=rare))).keys() == {"pick_within"}
    assert not list(problems_of_calendars(Policy(warehouse_hours=BERLIN, support_hours=BERLIN)))


def test_a_courier_calendar_that_old_orders_may_have_is_read_and_set_up_no_more() -> None:
    strange = WorkingCalendar(
        working_days=(0, 0, 9), holidays=(date(2026, 5, 1),) * 2, cut_off=time(16, tzinfo=UTC)
    )
    wrong = list(problems_of_calendars(Policy(courier_calendar=strange)))
    assert [field for field, _ in wrong] == [
        "courier_calendar.working_days",
        "courier_calendar.working_days",
        "courier_calendar.cut_off",
        "courier_calendar.holidays",
    ]


def test_a_policy_without_hours_is_written_as_before() -> None:
    assert not {"warehouse_hours", "support_hours"} & Policy().model_dump(mode="json").keys()
    hours = Policy(warehouse_hours=BERLIN)
    assert Policy.model_validate_json(hours.model_dump_json()) == hours
