"""Working days, holidays and cut-offs: when a courier collects, and by when it can be there."""

from datetime import UTC, date, datetime, time, timedelta
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


class WorkingCalendar(Model):
    """When parcels leave: working days (0 is Monday), holidays and the courier's cut-off.

    ``cut_off`` is local time in ``time_zone``: what is ready after it leaves a working day later.
    """

    time_zone: Annotated[str, AfterValidator(_known)] = "UTC"
    working_days: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 1, 2, 3, 4)
    holidays: tuple[date, ...] = ()
    cut_off: time = time(16, 0)

    def works_on(self, day: date) -> bool:
        """Whether the courier collects and delivers on this day."""
        return day.weekday() in self.working_days and day not in self.holidays

    def dispatch_day(self, ready_at: datetime) -> date:
        """The day on which a parcel that is ready at this moment is collected."""
        local = ready_at.astimezone(ZoneInfo(self.time_zone))
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

    def delivered_on(self, ready_at: datetime, transit_days: int) -> date:
        """The day by which a service of so many working days has delivered."""
        return self.add_working_days(self.dispatch_day(ready_at), transit_days)

    def end_of(self, day: date) -> datetime:
        """The last second of a local day, in UTC."""
        local = datetime.combine(day, time(23, 59, 59), ZoneInfo(self.time_zone))
        return local.astimezone(UTC)
