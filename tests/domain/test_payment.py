"""When money that is held is held anew."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.payment import renewal

HELD = datetime(2026, 3, 2, 10, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(minutes=1), timedelta(days=365))


def test_it_is_made_anew_a_day_before_it_lapses() -> None:
    lapses = HELD + timedelta(days=7)
    assert renewal(HELD, lapses, timedelta(days=1)) == lapses - timedelta(days=1)


@given(life=SPANS, before=SPANS)
def test_it_is_made_anew_before_it_lapses_and_never_all_the_time(
    life: timedelta, before: timedelta
) -> None:
    at = renewal(HELD, HELD + life, before)
    assert HELD + life / 2 <= at < HELD + life
