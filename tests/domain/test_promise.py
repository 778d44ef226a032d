"""By when a customer is promised to have it: handling, the cut-off, the days on the way."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from domain.calendar import WorkingCalendar
from domain.clocks import ZoneClock
from domain.hours import Opening, Weekday, WorkingHours
from domain.policy import Policy
from domain.promise import day_of, first_promise, promise
from domain.shipping import RateChoice, ServiceLevel, choose_service
from tests.backoffice.samples import order
from tests.domain.test_shipping import PARCEL, quote

ORDER = order()
LONDON_NEVER = ZoneClock(time_zone="Europe/London", offsets=((0, 0),))
COURIER = WorkingCalendar(
    time_zone="Europe/London", cut_off=time(16), holidays=(date(2026, 12, 25), date(2026, 12, 28))
)
POLICY = Policy(courier_calendar=COURIER, transit_days={ServiceLevel.STANDARD: 2})


def promised(day: int, hour: int, policy: Policy = POLICY) -> str:
    at = datetime(2026, 12, day, hour, tzinfo=UTC)
    by = promise(ORDER, policy, (LONDON_NEVER,), at)
    assert by is not None
    return day_of(by, policy, (LONDON_NEVER,))


def test_what_comes_before_the_cut_off_leaves_on_the_same_day() -> None:
    assert promised(21, 12) == "2026-12-23"


def test_what_comes_after_the_cut_off_takes_a_day_longer() -> None:
    assert promised(21, 17) == "2026-12-24"


def test_neither_weekends_nor_holidays_count() -> None:
    assert promised(24, 17) == "2026-12-31"


def test_handling_counts_the_warehouse_s_own_hours() -> None:
    week = {Weekday.TUESDAY: Opening(opens=time(8), closes=time(12))}
    slow = POLICY.model_copy(
        update={
            "handling_time": timedelta(hours=5),
            "warehouse_hours": WorkingHours(week=week),
        }
    )
    # Four hours on Tuesday the 22nd, the fifth on Tuesday the 29th, at nine.
    assert promised(21, 12, slow) == "2026-12-31"


def test_a_channel_s_own_word_counts_and_an_unknown_service_promises_nothing() -> None:
    said = datetime(2026, 12, 30, 12, tzinfo=UTC)
    own = ORDER.model_copy(
        update={"shipping": ORDER.shipping.model_copy(update={"deliver_by": said})}
    )
    assert first_promise(own, POLICY, (LONDON_NEVER,), said - timedelta(days=9)) == said
    nothing = POLICY.model_copy(update={"transit_days": {ServiceLevel.EXPRESS: 1}})
    assert first_promise(ORDER, nothing, (LONDON_NEVER,), said) is None


@pytest.mark.parametrize(
    ("rule", "service", "in_time", "why"),
    [
        (RateChoice.CHEAPEST_IN_TIME, "usual", True, "the cheapest of 2 that are there by"),
        (RateChoice.CHEAPEST, "slow", False, "the cheapest of 3, by policy"),
        (RateChoice.FASTEST, "fast", True, "the fastest of 3, by policy"),
    ],
)
def test_policy_chooses_the_rate_and_says_why(
    rule: RateChoice, service: str, in_time: bool, why: str
) -> None:
    rates = [quote("slow", 300, 8), quote("usual", 490, 3), quote("fast", 1200, 1)]
    ready = datetime(2026, 12, 14, 12, tzinfo=UTC)
    by = datetime(2026, 12, 17, 23, 59, 59, tzinfo=UTC)
    choice = choose_service(rates, [PARCEL], COURIER, ready, by, rule=rule)
    assert choice is not None
    assert (choice.quotes[0].service, choice.in_time) == (service, in_time)
    assert choice.why.startswith(why)
    assert choice.there_by is not None
    assert (choice.there_by > by) is not in_time
