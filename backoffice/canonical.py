"""One form for one body: its digest, and where two bodies differ."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import cast


def digest(body: object) -> str:
    """The SHA-256 of a JSON value, whatever the order of its keys was."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def differences(one: object, other: object) -> tuple[str, ...]:
    """The paths of all fields that differ, sorted: ``lines.0.quantity``.

    Values are compared as what they are, so one moment in two time zones is the same.
    """
    return tuple(sorted(set(_differences("", one, other))))


def _differences(path: str, one: object, other: object) -> Iterator[str]:
    left, right = _parts(one), _parts(other)
    if left is None or right is None or isinstance(one, dict) != isinstance(other, dict):
        if one != other or isinstance(one, bool) != isinstance(other, bool):
            yield path
        return
    for name in left.keys() | right.keys():
        below = f"{path}.{name}" if path else name
        if name in left and name in right:
            yield from _differences(below, left[name], right[name])
        else:
            yield below


def _parts(value: object) -> dict[str, object] | None:
    if isinstance(value, dict):
        return {str(name): part for name, part in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        parts = cast("Sequence[object]", value)
        return {str(place): part for place, part in enumerate(parts)}
    return None
