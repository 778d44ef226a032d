"""Which orders a report is about."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from domain.calendar import TimeZone
from domain.model import Code, Model, Text
from domain.routing import WarehouseCode

LONGEST = timedelta(days=366)
USUAL = timedelta(days=30)
_FIRST, _LAST = date(2000, 1, 1), date(2200, 1, 1)


class ReportScope(Model):
    """Which orders a report is about: those of one shop that were accepted on the days from
    ``since`` up to, and not on, ``until``; a day begins at midnight in ``time_zone``.

    With a ``warehouse`` or a ``carrier``, orders of which one shipment has both; of such an order
    only the facts of these shipments count, and those of the order as a whole.
    """

    shop: Code
    since: Annotated[date, Field(serialization_alias="from")]
    until: Annotated[date, Field(serialization_alias="to")]
    time_zone: TimeZone = "UTC"
    channel: Code | None = None
    warehouse: WarehouseCode | None = None
    carrier: Text | None = None

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.since < _FIRST or self.until > _LAST:
            raise ValueError(f"from: a report's days lie between {_FIRST} and {_LAST}")
        if self.until <= self.since:
            raise ValueError(
                f"to: {self.until} is not after {self.since} (the day `to` is left out itself: a "
                "report of one day ends on the next)"
            )
        if self.until - self.since > LONGEST:
            raise ValueError(
                f"to: {self.since} to {self.until} is more than {LONGEST.days} days: ask for a "
                "part of it"
            )
        return self

    @property
    def begins(self) -> datetime:
        """The moment from which on orders count, in UTC."""
        return self._midnight(self.since)

    @property
    def ends(self) -> datetime:
        """The moment from which on they do not count any more, in UTC."""
        return self._midnight(self.until)

    @property
    def narrowed(self) -> bool:
        """Whether only some shipments count."""
        return self.warehouse is not None or self.carrier is not None

    def months(self) -> Iterator[tuple[str, datetime, datetime]]:
        """The calendar months that the period touches: name, beginning and end in UTC."""
        first = self.since.replace(day=1)
        while first < self.until:
            following = (first + timedelta(days=32)).replace(day=1)
            begins, ends = max(first, self.since), min(following, self.until)
            yield f"{first:%Y-%m}", self._midnight(begins), self._midnight(ends)
            first = following

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


def days_of(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    """The period that is meant: without an end up to and with today, without a beginning the
    thirty days before its end."""
    end = until or today + timedelta(days=1)
    return since or max(end, date.min + USUAL) - USUAL, end
