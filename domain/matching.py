"""Our books beside a provider's statement: what agrees, and what is in one of them alone.

Both sides are sums over single entries under the same name, so however often a payment was
captured, and in whatever parts a refund went out, it is compared as a whole, to the minor unit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple

from domain.model import Model, unsaid
from domain.money import Money

_CLOCKS = timedelta(minutes=10)
"""How far a provider's clock and ours may differ."""


class MatchResult(StrEnum):
    """How the two sides stand to each other.

    NOT_READ_YET: the provider's list was not read since. HELD: it came for an order that is open,
    and is not captured. Everything but MATCHED, HELD and NOT_READ_YET is for a person to look into.
    """

    MATCHED = "matched"
    MISSING_AT_PROVIDER = "missing_at_provider"
    MISSING_IN_BOOKS = "missing_in_books"
    DIFFERS = "differs"
    HELD = "held"
    NOT_READ_YET = "not_read_yet"

    @property
    def is_trouble(self) -> bool:
        """Whether a person has to look into it."""
        calm = (MatchResult.MATCHED, MatchResult.HELD, MatchResult.NOT_READ_YET)
        return self not in calm


class Compared(StrEnum):
    """What is compared: money taken by its payment, and money given back by its refund."""

    CAPTURE = "capture"
    REFUND = "refund"


class MatchKey(NamedTuple):
    """What both sides name: a payment or a refund at a provider. Currencies never mix."""

    provider: str
    what: Compared
    reference: str
    currency: str


@dataclass(frozen=True)
class Side:
    """What one side says, in minor units; ``at`` is its newest entry. ``waits`` says that an order
    that is open may still take what is here of it."""

    amount: int
    at: datetime
    order: str | None = None
    waits: bool = False


class Match(Model):
    """One line of the comparison. ``ours`` and ``theirs`` are None where that side has nothing;
    ``order`` is whose it is, as far as anybody knows."""

    provider: str
    what: Compared
    reference: str
    result: MatchResult
    ours: Money | None
    theirs: Money | None
    at: datetime
    order: Annotated[str | None, unsaid(None)] = None


class Comparison(NamedTuple):
    """How many names agree, and a line for each that does not, in order of time."""

    matched: int
    unmatched: tuple[Match, ...]


def compare(
    ours: Mapping[MatchKey, Side],
    theirs: Mapping[MatchKey, Side],
    read_to: Mapping[str, datetime],
) -> Comparison:
    """Every name that either side has; ``read_to`` says up to when each provider's list is on
    record."""
    names = ours.keys() | theirs.keys()
    lines: list[Match] = []
    for key in names:
        mine, other = ours.get(key), theirs.get(key)
        result = _result(mine, other, read_to.get(key.provider))
        if result is not MatchResult.MATCHED:
            lines.append(_line(key, mine, other, result))
    lines.sort(key=lambda one: (one.at, one.provider, one.reference, one.what))
    return Comparison(len(names) - len(lines), tuple(lines))


def _line(key: MatchKey, mine: Side | None, other: Side | None, result: MatchResult) -> Match:
    sides = [one for one in (mine, other) if one is not None]
    return Match(
        provider=key.provider,
        what=key.what,
        reference=key.reference,
        result=result,
        ours=None if mine is None else Money(amount=mine.amount, currency=key.currency),
        theirs=None if other is None else Money(amount=other.amount, currency=key.currency),
        at=max(one.at for one in sides),
        order=next((one.order for one in sides if one.order), None),
    )


def _result(mine: Side | None, other: Side | None, read_to: datetime | None) -> MatchResult:
    amount = 0 if mine is None else mine.amount
    if amount == (0 if other is None else other.amount):
        return MatchResult.MATCHED
    if mine is not None and _unread(mine, read_to):
        return MatchResult.NOT_READ_YET
    if other is None:
        return MatchResult.MISSING_AT_PROVIDER
    if other.waits and other.amount > amount:
        return MatchResult.HELD
    return MatchResult.MISSING_IN_BOOKS if mine is None else MatchResult.DIFFERS


def _unread(mine: Side, read_to: datetime | None) -> bool:
    return read_to is None or mine.at > read_to - _CLOCKS
