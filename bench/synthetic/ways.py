"""What may happen to an order, drawn at random: the same seed draws the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

One = TypeVar("One")

CHANNELS = (("web", 60), ("amazon", 25), ("phone", 10), ("+49-desk", 5))
WAREHOUSES = (("main", 60), ("lyon", 30), ("leipzig", 10))
CARRIERS = (("dhl_express", 50), ("ups", 30), ("=post", 20))
TERMS = (
    ("authorize", 65),
    ("payment_intent", 10),
    ("transfer", 5),
    ("prepaid", 15),
    ("nothing_due", 5),
)
CURRENCIES = (("EUR", 85), ("JPY", 8), ("KWD", 7))

STOPS = (
    ("nowhere", 800),
    ("accepted", 8),
    ("out_of_stock", 15),
    ("declined", 20),
    ("in_review", 5),
    ("rejected", 8),
    ("in_fulfilment", 15),
    ("cancelled_unpicked", 25),
    ("picked", 10),
    ("cancelled_packed", 15),
    ("recalled", 15),
    ("released", 10),
    ("shipped", 25),
    ("delivered", 25),
)
"""Where an order stands still, or ends before its time."""

ARRIVALS = (("in_time", 80), ("late", 11), ("returned", 4), ("said_by_hand", 3), ("untold", 2))


def chosen(random: Random, weighted: Sequence[tuple[One, int]]) -> One:
    """One of these, by its weight."""
    values, weights = zip(*weighted, strict=True)
    return random.choices(values, weights)[0]


@dataclass(frozen=True)
class Way:
    """An order's way: what is bought and how, where it stops, and what goes wrong on it."""

    channel: str
    terms: str
    currency: str
    pieces: tuple[int, ...]
    warehouses: tuple[str, ...]
    stop: str
    promised: bool
    asks_for_review: bool
    review_welcome: bool
    backordered: bool
    declined_first: bool
    confirmed_at_the_bank: bool
    held_for_review: bool
    silent: bool
    refunded: bool
    second_dropped: bool


@dataclass(frozen=True)
class Trip:
    """What happens to one of its shipments."""

    carrier: str
    arrival: str
    rejected: bool
    rerouted: bool
    refused_picks: int
    overdue: bool
    short: bool
    substituted: bool
    failed_tries: int
    labelled_anew: bool
    printed_before: bool
    refused_packs: int
    gone_early: bool
    capture_refused: bool
    captured_by_hand: bool
    under_captured: bool
    taken_back: bool
    doubled: bool
    mail_refused: bool


def draw_way(random: Random) -> Way:
    """An order's way."""

    def one_in(count: int) -> bool:
        return random.randrange(count) == 0

    shipments = 2 if one_in(9) else 1
    return Way(
        channel=chosen(random, CHANNELS),
        terms=chosen(random, TERMS),
        currency=chosen(random, CURRENCIES),
        pieces=tuple(random.randint(1, 3) for _ in range(random.randint(shipments, 3))),
        warehouses=tuple(chosen(random, WAREHOUSES) for _ in range(shipments)),
        stop=chosen(random, STOPS),
        promised=not one_in(20),
        asks_for_review=not one_in(10),
        review_welcome=not one_in(10),
        backordered=one_in(25),
        declined_first=one_in(20),
        confirmed_at_the_bank=one_in(20),
        held_for_review=one_in(30),
        silent=one_in(60),
        refunded=one_in(30),
        second_dropped=one_in(6),
    )


def draw_trip(random: Random) -> Trip:
    """What happens to one shipment."""

    def one_in(count: int) -> bool:
        return random.randrange(count) == 0

    return Trip(
        carrier=chosen(random, CARRIERS),
        arrival=chosen(random, ARRIVALS),
        rejected=one_in(40),
        rerouted=one_in(40),
        refused_picks=1 if one_in(15) else 0,
        overdue=one_in(20),
        short=one_in(25),
        substituted=one_in(50),
        failed_tries=random.randint(1, 3) if one_in(10) else 0,
        labelled_anew=one_in(25),
        printed_before=not one_in(3),
        refused_packs=2 if one_in(20) else 0,
        gone_early=one_in(50),
        capture_refused=one_in(40),
        captured_by_hand=one_in(60),
        under_captured=one_in(80),
        taken_back=one_in(60),
        doubled=one_in(30),
        mail_refused=one_in(40),
    )
