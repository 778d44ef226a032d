"""Field paths: from a validator's location, and from text that no database can hold."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeGuard

from pydantic import ValidationError

from api.expected import in_words
from api.problems import FieldProblem

WHOLE_BODY = "(body)"
MOST = 100
"""So many problems are told at once; a body with more of them has other worries."""

_PATH_FIRST = re.compile(r"^([a-z_]+(?:\.[a-z0-9_]+)*): (.+)$", re.DOTALL)


def printable(part: object) -> str:
    """A part of a path as it can be printed: what the caller sent may hold anything."""
    text = str(part).encode("utf-8", "backslashreplace").decode()
    return text.replace("\x00", "\\x00")[:100]


def join(parts: Sequence[object]) -> str:
    """``("lines", 0, "sku")`` becomes ``lines.0.sku``."""
    return ".".join(printable(part) for part in parts) or WHOLE_BODY


def problems_of(error: ValidationError, body: object) -> tuple[FieldProblem, ...]:
    """A validator's findings with the paths that the caller wrote, and without the values.

    A union's tag stands in the validator's location and not in the body: it is left out. Rules
    that compare fields report several findings at once, each beginning with its path.
    """
    found: list[FieldProblem] = []
    errors = error.errors(include_url=False, include_input=False)
    places = {one["loc"] for one in errors}
    for one in errors:
        if one["type"] == "too_short" and any(_inside(one["loc"], place) for place in places):
            continue  # its items were dropped for faults of their own, which are told
        path = join(_in_body(one["loc"], body))
        message = in_words(one)
        parts = message.split("; ")
        split = [_PATH_FIRST.match(part) for part in parts]
        if one["loc"] == () and all(split):
            found += [FieldProblem(field=m[1], message=m[2]) for m in split if m is not None]
        else:
            found.append(FieldProblem(field=path, message=message))
    return tuple(found[:MOST])


def _inside(outer: tuple[int | str, ...], inner: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _in_body(loc: tuple[int | str, ...], body: object) -> list[int | str]:
    path: list[int | str] = []
    here = body
    for place, part in enumerate(loc):
        if part == "[key]":
            continue
        inside = _child(here, part)
        if inside is None and place < len(loc) - 1:
            continue
        path.append(part)
        here = inside[0] if inside is not None else None
    return path


def _child(here: object, part: int | str) -> tuple[object] | None:
    if _is_mapping(here) and part in here:
        return (here[part],)
    if _is_list(here) and isinstance(part, int) and part < len(here):
        return (here[part],)
    return None


def unstorable_text(body: object) -> tuple[FieldProblem, ...]:
    """Where a body holds the NUL character or half of a surrogate pair, which no record can keep.

    Every other character of Unicode is kept as it is. Field names are looked at as well.
    """
    found: list[FieldProblem] = []
    waiting: list[tuple[_Path | None, object]] = [(None, body)]
    while waiting and len(found) < MOST:
        path, here = waiting.pop()
        if isinstance(here, str):
            words = _unstorable(here)
            if words:
                found.append(FieldProblem(field=join(_unrolled(path)), message=words))
        elif _is_mapping(here):
            for name, value in reversed(here.items()):
                inner = _Path(path, name)
                waiting += [(inner, value), (inner, name)]
        elif _is_list(here):
            waiting += [(_Path(path, n), value) for n, value in reversed(list(enumerate(here)))]
    return tuple(found)


class _Path(NamedTuple):
    """Linked to its beginning, so that a deep and wide body costs no more than its size."""

    parent: "_Path | None"
    part: object


def _unrolled(path: _Path | None) -> list[object]:
    parts: list[object] = []
    while path is not None:
        parts.append(path.part)
        path = path.parent
    return parts[::-1]


def _unstorable(text: str) -> str:
    if "\x00" in text:
        return "must not contain the NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "must not contain half a surrogate pair"
    return ""


def _is_mapping(value: object) -> TypeGuard[dict[object, object]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)
