"""The figures: their names, their units, and the one line of JSON that each ends as."""

import json
from collections.abc import Mapping
from typing import TextIO

UNITS: Mapping[str, str] = {
    "actions_per_order": "actions",
    "events_per_order": "events",
    "history_bytes_per_order": "bytes",
    "orders_per_second": "orders/s",
    "worker_cpu_ms_per_order": "ms",
    "worker_rss_mib_1000_open": "MiB",
    "accept_to_handoff_p95_ms": "ms",
    "packed_to_release_p95_ms": "ms",
    "handed_over_to_mail_p95_ms": "ms",
    "efficiency": "ratio",
    "engine_share": "ratio",
    "safeguards_ratio": "ratio",
    "report_seconds_10000_orders": "s",
}
"""Every figure with its unit. A name never changes its meaning (docs/benchmarks.md)."""

_DIGITS = 3


def line(figure: str, value: float) -> str:
    """A figure as one JSON object. Raises KeyError for a name that is not in `UNITS`."""
    rounded = round(value, _DIGITS)
    shown = int(rounded) if rounded == int(rounded) else rounded
    return json.dumps({"figure": figure, "value": shown, "unit": UNITS[figure]})


class Results:
    """Prints figures as they are found: those that were asked for, each once."""

    def __init__(self, wanted: frozenset[str], out: TextIO) -> None:
        """``wanted`` are names from `UNITS`; ``out`` is where the lines go."""
        self._wanted = wanted
        self._out = out
        self.found: dict[str, float] = {}

    def wants(self, *figures: str) -> bool:
        """Whether any of these was asked for."""
        return not self._wanted.isdisjoint(figures)

    def add(self, figure: str, value: float) -> None:
        """A figure was measured; nothing is printed of one that nobody asked for."""
        text = line(figure, value)
        if figure in self._wanted and figure not in self.found:
            self.found[figure] = value
            print(text, file=self._out, flush=True)
