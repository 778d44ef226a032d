"""What the bare order does, measured on ours; and where it finds the outside world."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

Statement = tuple[str, int]
"""A verb, and how many bytes of parameters go with it."""
Transaction = tuple[Statement, ...]
Script = tuple[Transaction, ...]
"""What one caller sends to the database, transaction by transaction."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Call(_Part):
    """One kind of activity: its payloads in bytes, its statements."""

    request: int
    result: int
    script: Script


class Drawing(_Part):
    """One document as it was drawn once: where its template is, its data, how it is drawn."""

    root: str
    template: str
    inputs: dict[str, str]
    options: dict[str, Any]


class Anatomy(_Part):
    """What one plain order of ours is made of.

    ``api`` has a script for each request that comes in, ``relays`` one for each callback and one
    for each signal; ``order`` and ``number`` stand in drawings wherever another order's own go.
    """

    start: int
    signals: dict[str, int]
    calls: dict[str, Call]
    api: tuple[Script, ...]
    relays: tuple[Script, ...]
    drawings: tuple[Drawing, ...]
    mail_bytes: int
    order: str
    number: str


class Plan(_Part):
    """What the bare processes are started with."""

    anatomy: Anatomy
    sandbox_url: str
    database_url: str
    temporal_address: str
    task_queue: str
    shop: str
    callback_secret: str


def spread(total: int, parts: int) -> list[int]:
    """A total in so many whole parts, none more than one larger than another."""
    return [total // parts + (place < total % parts) for place in range(parts)]


def script(statements: Sequence[Statement], transactions: int) -> Script:
    """Statements in so many transactions; an empty one is no transaction at all."""
    sizes = spread(len(statements), max(transactions, 1))
    found: list[Transaction] = []
    at = 0
    for size in sizes:
        if size:
            found.append(tuple(statements[at : at + size]))
        at += size
    return tuple(found)


def dealt(statements: Sequence[Statement], transactions: int, parts: int) -> tuple[Script, ...]:
    """Statements dealt out to so many callers, like cards, and so their transactions."""
    hands = [list(statements[place::parts]) for place in range(parts)]
    shares = spread(transactions, parts)
    return tuple(script(hand, share) for hand, share in zip(hands, shares, strict=True))
