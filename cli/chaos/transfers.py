"""How customers pay by bank transfer: as asked, in parts, too much, twice, late, or never."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from cli.chaos.rates import Odds


class Paying(StrEnum):
    """What a customer does who was asked for a transfer."""

    IN_FULL = "in full"
    IN_PARTS = "in parts"
    TOO_MUCH = "too much"
    TWICE = "twice"
    A_PART = "a part only"
    LATE = "late"
    NEVER = "never"
    ASTRAY = "under a wrong reference"


@dataclass(frozen=True)
class Transfer:
    """How one order is paid, so many seconds after its customer was asked; ``share`` is the first
    part of what is due, in percent, and ``owned`` whether somebody finds whose stray money is."""

    paying: Paying
    after: float
    share: int
    owned: bool


def draw(rng: Random, odds: Odds) -> Transfer:
    """One customer's way; most pay what they are asked for."""
    usual = 1 - odds.transfer_trouble * (len(Paying) - 1)
    weights = [usual if one is Paying.IN_FULL else odds.transfer_trouble for one in Paying]
    paying = rng.choices(tuple(Paying), weights)[0]
    return Transfer(paying, round(rng.uniform(0, 5), 3), rng.randint(5, 95), rng.random() < 0.7)
