"""How an order stands: record and workflow agree, and what is open waits for somebody."""

from datetime import UTC, datetime, timedelta

from cli.chaos.evidence import Evidence

_ENDS = {"COMPLETED", "CANCELED"}
_WITH_THE_COURIER = {"shipped", "delivered"}
_LONGEST_WAIT = timedelta(minutes=10)
"""Longer than the run's shop waits for anybody; but a courier has the days that were promised."""


def problems(file: Evidence) -> list[str]:
    """What is wrong with it."""
    found = _closed(file) if file.ended else _open(file)
    return [found] if found else []


def _closed(file: Evidence) -> str:
    wanted = {"COMPLETED"} if file.status != "cancelled" else _ENDS
    if file.engine not in wanted:
        return f"on record {file.status}, and its workflow is {file.engine}"
    if file.result and file.result != file.status:
        return f"on record {file.status}, and its workflow ended {file.result}"
    return ""


def _open(file: Evidence) -> str:
    """It is open for a reason that comes to something: a call under way, a person who is asked, or
    a deadline that is not days away."""
    if file.engine != "RUNNING":
        return f"on record {file.status} and open, and its workflow is {file.engine}"
    if file.activities or file.open_cases:
        return ""
    if not file.timers:
        return f"open as {file.status} without a timer, a pending activity or a case"
    waits_for_days = file.status in _WITH_THE_COURIER or file.opens is not None
    if waits_for_days or file.timers[0] < datetime.now(UTC) + _LONGEST_WAIT:
        return ""
    return f"open as {file.status}, and nothing comes before {file.timers[0]:%Y-%m-%d %H:%M}"
