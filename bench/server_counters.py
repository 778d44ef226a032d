"""Counters of the Temporal server, from the text that it shows to Prometheus.

Source: Prometheus, "Exposition formats", text format 0.0.4.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

ACTION = "action"
"""What Temporal Cloud bills, counted by the server itself, by `action_type`."""

_PATIENCE = 60.0
_QUIET = 2.5
_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)")
_LABEL = re.compile(r'(?P<name>[a-zA-Z_]\w*)="(?P<value>(?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Sample:
    """One line of a metric."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """Every sample of an exposition; comments, and time stamps behind values, are left out.

    Raises ValueError for a line that is neither.
    """
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = _SAMPLE.match(line)
        if found is None:
            raise ValueError(f"no sample: {line}")
        labels = {
            label["name"]: _ESCAPE.sub(_unescape, label["value"])
            for label in _LABEL.finditer(found["labels"] or "")
        }
        yield Sample(found["name"], labels, float(found["value"]))


def _unescape(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else found[1]


def actions(text: str, namespace: str) -> Counter[str]:
    """Billed actions of a namespace by type, summed over whoever counted them."""
    counted: Counter[str] = Counter()
    for sample in samples(text):
        if sample.name == ACTION and sample.labels.get("namespace") == namespace:
            counted[sample.labels.get("action_type", "")] += round(sample.value)
    return counted


def actions_at_rest(metrics_url: str, namespace: str) -> Counter[str]:
    """`actions` as the server shows them once they have stopped growing.

    The server hands what it counted to Prometheus once a second. Raises TimeoutError where it
    goes on counting for a minute.
    """
    deadline = time.monotonic() + _PATIENCE
    last: Counter[str] | None = None
    while time.monotonic() < deadline:
        text = httpx.get(metrics_url, timeout=30).raise_for_status().text
        counted = actions(text, namespace)
        if counted == last:
            return counted
        last = counted
        time.sleep(_QUIET)
    raise TimeoutError(f"the server's counters do not come to rest: {last}")
