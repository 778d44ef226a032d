"""Points in time as others tell them: each has a date in every time zone."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.model import AwareMoment, Moment
from domain.warehouse import HandedOver, Packed, Picked, RecallResult

OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=OFFSETS))
def test_what_is_taken_can_be_told_in_any_zone(moment: datetime) -> None:
    try:
        taken = TypeAdapter(AwareMoment).validate_python(moment)
    except ValidationError:
        assert moment.year in (1, 9999)
        return
    assert taken == moment
    for zone in ("UTC", "Pacific/Kiritimati", "Etc/GMT+12"):
        assert taken.astimezone(ZoneInfo(zone)) == moment


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
@pytest.mark.parametrize("taker", [TypeAdapter(Moment), TypeAdapter(AwareMoment)])
def test_what_is_on_no_calendar_is_refused_in_words(
    taker: TypeAdapter[datetime], text: str
) -> None:
    with pytest.raises(ValidationError, match="between the years 1 and 9999"):
        taker.validate_python(text)


@pytest.mark.parametrize("message", [Picked, Packed, HandedOver, RecallResult])
def test_a_warehouse_s_word_for_the_time_is_checked_too(message: type[Picked]) -> None:
    with pytest.raises(ValidationError) as refused:
        message.model_validate({"at": "0001-01-01T00:00:00+14:00"})
    assert ("at",) in [error["loc"] for error in refused.value.errors()]


def test_a_moment_without_an_offset_is_taken_where_others_may_leave_it_out() -> None:
    assert TypeAdapter(Moment).validate_python(datetime(2026, 3, 2)) == datetime(2026, 3, 2)  # noqa: DTZ001 - the point
    assert TypeAdapter(Moment).validate_python(datetime(2026, 3, 2, tzinfo=UTC)).tzinfo is UTC
