"""What the clocks of a policy's time zones show: from the tzdata package, pinned by the lock files.

It is asked once, when an order is accepted; the order keeps the answer.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from domain.clocks import UTC_CLOCK, ZoneClock
from domain.policy import Policy

_BEFORE, _AHEAD = timedelta(days=35), timedelta(days=3 * 366)


def clocks_of(policy: Policy, at: datetime) -> tuple[ZoneClock, ...]:
    """The clocks that an order of this moment is given; none where all of it runs in UTC."""
    calendars = (policy.courier_calendar, policy.warehouse_hours, policy.support_hours)
    names = {one.time_zone for one in calendars if one is not None} - {UTC_CLOCK.time_zone}
    month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return tuple(_clock(name, month) for name in sorted(names))


@lru_cache(maxsize=1000)
def _clock(name: str, month: datetime) -> ZoneClock:
    return ZoneClock.of(name, _rules(name), month - _BEFORE, month + _AHEAD)


def _rules(name: str) -> ZoneInfo:
    """As the package has it, whatever the machine's own files say; else as the machine does."""
    kept = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    if not kept.is_file():
        return ZoneInfo(name)
    with kept.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
