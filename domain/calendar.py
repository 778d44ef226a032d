"""Working days, holidays and cut-offs: when a courier collects, and by when it can be there."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from domain.model import Model


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name} is not an IANA time zone") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known)]
"""The IANA name of a time zone, such as Europe/Berlin."""


def each_once(days: tuple[date, ...]) -> tuple[date, ...]:
    """Holidays, none of which stands twice.

    Raises:
        ValueError: it names those that do.
    """
    twice = sorted({day for day in days if days.count(day) > 1})
    if twice:
        raise ValueError(f"stands twice: {', '.join(day.isoformat() for day in twice)}")
    return days


class WorkingCalendar(Model):
    """When parcels leave: working days (0 is Monday), holidays and the courier's cut-off.

    ``cut_off`` is local time in ``time_zone``: what is ready after it leaves a working day later.
    """

    time_zone: TimeZone = "UTC"
    working_days: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 1, 2, 3, 4)
    holidays: tuple[date, ...] = ()
    cut_off: time = time(16, 0)

    def works_on(self, day: date) -> bool:
        """Whether the courier collects and delivers on this day."""
        return day.weekday() in self.working_days and day not in self.holidays

    def dispatch_day(self, ready_at: datetime, zone: tzinfo | None = None) -> date:
        """The day on which a parcel that is ready at this moment is collected.

        ``zone`` is the time zone as an order was given it.
        """
        local = ready_at.astimezone(zone or ZoneInfo(self.time_zone))
        day = local.date()
        if local.time() > self.cut_off:
            day += timedelta(days=1)
        while not self.works_on(day):
            day += timedelta(days=1)
        return day

    def add_working_days(self, day: date, days: int) -> date:
        """The n-th working day after ``day``."""
        while days > 0:
            day += timedelta(days=1)
            if self.works_on(day):
                days -= 1
        return day

    def delivered_on(
        self, ready_at: datetime, transit_days: int, zone: tzinfo | None = None
    ) -> date:
        """The day by which a service of so many working days has delivered."""
        return self.add_working_days(self.dispatch_day(ready_at, zone), transit_days)

    def end_of(self, day: date, zone: tzinfo | None = None) -> datetime:
        """The last second of a local day, in UTC."""
        local = datetime.combine(day, time(23, 59, 59), zone or ZoneInfo(self.time_zone))
        return local.astimezone(UTC)

    def problems(self) -> Iterator[tuple[str, str]]:
        """What no shop is set up with any more, by field: some of it stands in old orders."""
        if not all(0 <= day <= 6 for day in self.working_days):
            yield "working_days", "days are numbered from 0 (Monday) to 6 (Sunday)"
        if len(set(self.working_days)) < len(self.working_days):
            yield "working_days", "a day stands twice"
        if self.cut_off.tzinfo is not None:
            words = "is local time: leave the offset out, the calendar's time_zone says it"
            yield "cut_off", words
        try:
            each_once(self.holidays)
        except ValueError as error:
            yield "holidays", str(error)
