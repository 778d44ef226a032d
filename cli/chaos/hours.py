"""Times at which a run's warehouse does not work yet: nobody may be late then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.chaos.evidence import Evidence

Json = dict[str, Any]

_LEAD = timedelta(seconds=5)
_ZONES = ("Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles", "Australia/Sydney")
_BY_WAREHOUSE = ("pick_overdue", "pack_overdue", "hand_over_overdue")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass
class Closed:
    """Orders that were accepted between these moments count the warehouse's hours, which begin
    when it ``opens``."""

    since: datetime
    opens: datetime
    until: datetime | None = None

    def concerns(self, file: Evidence) -> bool:
        """Whether an order's deadlines count these hours, and it came before they began."""
        accepted = file.page.get("accepted_at")
        if accepted is None:
            return False
        at = datetime.fromisoformat(accepted)
        return self.since <= at < min(self.until or self.opens, self.opens)


def opening(now: datetime) -> tuple[datetime, Json]:
    """The next whole minute, and hours that begin then, somewhere where it is not night."""
    opens = (now + _LEAD).astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    zone = next(one for one in _ZONES if 2 <= opens.astimezone(ZoneInfo(one)).hour <= 20)
    local = opens.astimezone(ZoneInfo(zone))
    day = {"opens": f"{local:%H:%M}", "closes": "00:00"}
    return opens, {"time_zone": zone, "week": dict.fromkeys(_DAYS, day)}


def waited_for_hours(file: Evidence) -> bool:
    """Whether somebody was late once the warehouse had opened, in an order from before."""
    return file.opens is not None and any(one["kind"] in _BY_WAREHOUSE for one in file.cases)


def problems(file: Evidence) -> list[str]:
    """Nobody is late who does not work."""
    opens = file.opens
    return [
        f"{one['kind']} at {one['opened_at']}, and the warehouse opened at {opens}"
        for one in file.cases
        if one["kind"] in _BY_WAREHOUSE
        and opens is not None
        and datetime.fromisoformat(one["opened_at"]) < opens
    ]


def note(files: Iterable[Evidence], times: Iterable[Closed]) -> None:
    """Write into each file whether it came while nobody worked yet."""
    known = list(times)
    for file in files:
        file.opens = next((one.opens for one in known if one.concerns(file)), None)
