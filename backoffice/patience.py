"""How long sweeps wait before something counts as left behind."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select

Question = Select[Any, Any, Any, Any]
"""Order, subject, reason in words, since when."""


@dataclass(frozen=True)
class Patience:
    """How old things may get before they count; orders that ended before ``window`` are settled."""

    start: timedelta = timedelta(minutes=10)
    orphan: timedelta = timedelta(hours=1)
    quiet: timedelta = timedelta(days=30)
    grace: timedelta = timedelta(minutes=10)
    callback: timedelta = timedelta(days=3)
    window: timedelta = timedelta(days=30)
