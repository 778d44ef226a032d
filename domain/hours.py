"""Opening hours: when people are at work, and when a deadline that is given to them ends."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.calendar import TimeZone, each_once
from domain.clocks import EPOCH, ZoneClock, clock_in
from domain.model import Model

_DAY = 86_400
_TICKS = 1_000_000
"""Moments are counted in microseconds, days in seconds."""
_TICK = timedelta(microseconds=1)
_THURSDAY = 3
"""The epoch's first day, counted from Monday."""


class Weekday(StrEnum):
    """The days of a week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEK = tuple(Weekday)


def _on_the_clock(at: time) -> time:
    if at.tzinfo is not None:
        raise ValueError("is local time: leave the offset out, the calendar's time_zone says it")
    if at.second or at.microsecond:
        raise ValueError("must be a whole minute, such as 08:30")
    return at


LocalTime = Annotated[time, AfterValidator(_on_the_clock)]
"""What a clock on the wall shows, to the minute."""


class Opening(Model):
    """From when to when people work on a day; 00:00 as its end is midnight."""

    opens: LocalTime
    closes: LocalTime

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.until <= self.since:
            raise ValueError(
                f"closes at {self.closes:%H:%M}, before it opens at {self.opens:%H:%M}"
            )
        return self

    @property
    def since(self) -> int:
        """Seconds from the day's beginning."""
        return self.opens.hour * 3600 + self.opens.minute * 60

    @property
    def until(self) -> int:
        """Seconds from the day's beginning."""
        return (self.closes.hour * 3600 + self.closes.minute * 60) or _DAY


class WorkingHours(Model):
    """When people work: hours by weekday in local time; days that are not named are free."""

    time_zone: TimeZone = "UTC"
    week: Annotated[dict[Weekday, Opening], Field(min_length=1)]
    holidays: Annotated[tuple[date, ...], Field(max_length=1000), AfterValidator(each_once)] = ()

    @property
    def weekly(self) -> timedelta:
        """How long they work in a week without holidays."""
        return timedelta(seconds=sum(one.until - one.since for one in self.week.values()))

    def add(self, clock: ZoneClock, since: datetime, within: timedelta) -> datetime:
        """When so much working time has passed; what ends with the day ends when it closes."""
        now, left = (since - EPOCH) // _TICK, within // _TICK
        if left <= 0:
            return since
        for begins, ends in self._spans(clock, now // _TICKS):
            start, end = max(begins * _TICKS, now), ends * _TICKS
            if end - start >= left:
                return EPOCH + (start + left) * _TICK
            left -= max(end - start, 0)
        raise ValueError("nobody works any more")

    def _spans(self, clock: ZoneClock, since: int) -> Iterator[tuple[int, int]]:
        """When they work, in seconds since the epoch, oldest first.

        Of a night in which the hands are moved counts what the clock shows: an hour that it shows
        twice is worked twice, one that it leaves out is not worked.
        """
        opening = tuple(self.week.get(day) for day in _WEEK)
        free = frozenset((day - EPOCH.date()).days for day in self.holidays)
        for begins, offset, ends in clock.segments():
            if ends is not None and ends <= since:
                continue
            day = (max(since, since if begins is None else begins) + offset) // _DAY
            while ends is None or day * _DAY - offset < ends:
                hours = None if day in free else opening[(day + _THURSDAY) % 7]
                if hours is not None:
                    start, end = (
                        day * _DAY + hours.since - offset,
                        day * _DAY + hours.until - offset,
                    )
                    start = start if begins is None else max(start, begins)
                    end = end if ends is None else min(end, ends)
                    if start < end:
                        yield start, end
                day += 1


def deadline(
    hours: WorkingHours | None, clocks: Sequence[ZoneClock], since: datetime, within: timedelta
) -> datetime:
    """When so much time has passed: on the clock, or of the hours in which people work.

    ``clocks`` are those that the order was given when it was accepted.

    Raises:
        LookupError: it was given none for the zone of these hours.
    """
    if hours is None:
        return since + within
    clock = clock_in(clocks, hours.time_zone)
    if clock is None:
        raise LookupError(f"the order was given no clock for {hours.time_zone}")
    return hours.add(clock, since, within)
