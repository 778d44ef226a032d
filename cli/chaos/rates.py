"""How often each unhappy branch is drawn: as shops meet it, or several times as often."""

from dataclasses import dataclass
from enum import StrEnum


class Rates(StrEnum):
    """As in real life, or every unhappy branch several times as often."""

    REAL = "real"
    HIGH = "high"


@dataclass(frozen=True)
class Odds:
    """The share of orders that each branch is drawn for, and of lines for ``scarce``.

    Pieces are missing as often as in a shop whose shelves are in a bad way; a tidy one has a tenth
    of that. Of ``cancel`` a shop has less as well: it has to come at every moment of an order.
    ``undeclared`` is of parcels that go abroad, ``forgotten`` of what comes before working hours.
    """

    risky: float
    declined: float
    checkout: float
    prepaid: float
    free: float
    transfer: float
    transfer_trouble: float
    """Of those who pay by bank transfer, the share of each way to do it otherwise than asked."""
    scarce: float
    short_pick: float
    cancel: float
    amend: float
    goodwill: float
    complain: float
    undeclared: float
    too_soon: float
    forgotten: float


_ODDS = {
    Rates.REAL: Odds(
        risky=0.02,
        declined=0.08,
        checkout=0.12,
        prepaid=0.1,
        free=0.04,
        transfer=0.06,
        transfer_trouble=0.05,
        scarce=0.05,
        short_pick=0.08,
        cancel=0.2,
        amend=0.05,
        goodwill=0.06,
        complain=0.05,
        undeclared=0.03,
        too_soon=0.04,
        forgotten=0.06,
    ),
    Rates.HIGH: Odds(
        risky=0.07,
        declined=0.2,
        checkout=0.12,
        prepaid=0.1,
        free=0.02,
        transfer=0.3,
        transfer_trouble=0.1,
        scarce=0.15,
        short_pick=0.3,
        cancel=0.4,
        amend=0.2,
        goodwill=0.25,
        complain=0.3,
        undeclared=0.2,
        too_soon=0.2,
        forgotten=0.25,
    ),
}


def odds_of(rates: Rates) -> Odds:
    """The shares that belong to these rates."""
    return _ODDS[rates]
