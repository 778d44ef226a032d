"""What the clocks of a time zone show, written down once, so that no replay asks anybody anew."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from domain.model import Model

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_STEP = timedelta(hours=12)


class ZoneClock(Model):
    """A zone's offsets from UTC over some years: from this second since the epoch on, so many
    seconds east of UTC. What comes before the first, or after the last, is like those."""

    time_zone: str
    offsets: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, time_zone: str, rules: tzinfo, since: datetime, until: datetime) -> "ZoneClock":
        """What the rules of a zone say of the time from ``since`` to ``until``."""
        at = since.astimezone(UTC).replace(microsecond=0)
        found = [(_seconds(at), _offset(rules, at))]
        while at < until:
            then = at + _STEP
            if _offset(rules, then) != found[-1][1]:
                found += _changes(rules, at, then, found[-1][1])
            at = then
        return cls(time_zone=time_zone, offsets=tuple(found))

    def segments(self) -> Iterator[tuple[int | None, int, int | None]]:
        """Begin, offset and end of each time in which nobody moves the hands; None is for ever."""
        last = len(self.offsets) - 1
        for place, (since, offset) in enumerate(self.offsets):
            end = self.offsets[place + 1][0] if place < last else None
            yield since if place else None, offset, end


UTC_CLOCK = ZoneClock(time_zone="UTC", offsets=((0, 0),))


class Hands(tzinfo):
    """A time zone for `datetime`, as a clock that was written down shows it."""

    def __init__(self, clock: ZoneClock) -> None:
        """The clock's word counts, and nobody else's."""
        self._clock = clock

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """How far a local time is east of UTC; of two readings, ``fold`` says which is meant."""
        if dt is None:
            raise ValueError("the offset depends on the day")
        shown = (dt.replace(tzinfo=UTC) - EPOCH) / _SECOND
        offset = self._clock.offsets[0][1]
        for since, then in self._clock.offsets[1:]:
            moved = max(offset, then) if dt.fold == 0 else min(offset, then)
            if shown < since + moved:
                break
            offset = then
        return timedelta(seconds=offset)

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Nobody asks which part of the offset is summer's."""
        return None

    def tzname(self, dt: datetime | None) -> str:
        """The zone's name."""
        return self._clock.time_zone

    def fromutc(self, dt: datetime) -> datetime:
        """What the clock shows at a moment."""
        at = (dt.replace(tzinfo=UTC) - EPOCH) / _SECOND
        offset, before = self._clock.offsets[0][1], self._clock.offsets[0][1]
        changed = None
        for since, then in self._clock.offsets[1:]:
            if at < since:
                break
            before, offset, changed = offset, then, since
        twice = changed is not None and at < changed + before - offset
        return (dt + timedelta(seconds=offset)).replace(fold=int(twice))


def clock_in(clocks: Sequence[ZoneClock], time_zone: str) -> ZoneClock | None:
    """The clock of a zone among those that an order was given; UTC needs none."""
    if time_zone == UTC_CLOCK.time_zone:
        return UTC_CLOCK
    return next((one for one in clocks if one.time_zone == time_zone), None)


def zone_in(clocks: Sequence[ZoneClock], time_zone: str) -> tzinfo:
    """The zone as an order was given it; as this machine knows it, where it was given none."""
    clock = clock_in(clocks, time_zone)
    return ZoneInfo(time_zone) if clock is None else Hands(clock)


def _seconds(at: datetime) -> int:
    return (at - EPOCH) // _SECOND


def _offset(rules: tzinfo, at: datetime) -> int:
    offset = at.astimezone(rules).utcoffset() or timedelta(0)
    return offset // _SECOND


def _changes(
    rules: tzinfo, after: datetime, by: datetime, before: int
) -> Iterator[tuple[int, int]]:
    """The second in which the hands are moved, between two moments."""
    low, high = _seconds(after), _seconds(by)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(rules, EPOCH + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    yield high, _offset(rules, EPOCH + timedelta(seconds=high))
