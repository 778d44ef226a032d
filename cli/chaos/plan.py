"""What a run is going to do, all of it drawn from one seed.

The same seed gives the same orders, the same faults and the same kills. How they fall together in
time is the machine's own doing.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any

from cli.chaos import amendments, bodies, complaints, misfortune, transfers
from cli.chaos.amendments import Amend
from cli.chaos.complaints import Complaining
from cli.chaos.misfortune import Fault, Known
from cli.chaos.rates import Odds, Rates, odds_of
from cli.chaos.transfers import Transfer
from domain.policy import ShortPick

Json = dict[str, Any]


class Way(StrEnum):
    """By which way a cancel comes."""

    API = "api"
    ENGINE = "engine"


@dataclass(frozen=True)
class Cancel:
    """A customer's change of mind, so many seconds after the order was accepted, or, where it is
    ``late``, after its money was taken."""

    after: float
    way: Way
    late: bool = False


@dataclass(frozen=True)
class GoodWill:
    """Staff give so many percent of the order back, as soon as its money is taken, and in so many
    seconds at the earliest."""

    after: float
    percent: int


@dataclass(frozen=True)
class OrderPlan:
    """One order: what is sent how often, what goes wrong, whether its customer thinks again."""

    number: str
    body: Json
    checkout: bool
    copies: int
    other_body: bool
    cancel: Cancel | None
    faults: tuple[Fault, ...]
    amend: Amend | None = None
    goodwill: GoodWill | None = None
    complaint: Complaining | None = None
    transfer: Transfer | None = None
    undeclared: str = ""
    """A SKU of which the catalogue loses what customs ask for, once the order is accepted."""
    too_soon: bool = False
    """Whether its channel has promised it for a day that no courier can keep."""
    forgotten: bool = False
    """Whether the warehouse, which does not work yet, does nothing until somebody telephones."""
    short_pick: str = ""
    """What the shop does about its missing pieces, where some are."""


class Part(StrEnum):
    """What can be killed."""

    WORKER = "worker"
    API = "api"
    ENGINE = "engine"
    DATABASE = "database"


@dataclass(frozen=True)
class Blow:
    """A part is killed when so many orders were placed; or, with ``frozen``, stopped for so many
    seconds and let go on as if nothing had been."""

    at: int
    part: Part
    which: int = 1
    down: float = 0.0
    frozen: float = 0.0


@dataclass(frozen=True)
class Weather:
    """Faults for everybody from the moment when so many orders were placed."""

    at: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Decree:
    """What the shop decides about missing pieces, from so many orders on; and whether its warehouse
    begins to work a little later then."""

    at: int
    short_pick: str
    closed: bool = False


@dataclass(frozen=True)
class RunPlan:
    """The whole run."""

    seed: int
    orders: tuple[OrderPlan, ...]
    weather: tuple[Weather, ...]
    blows: tuple[Blow, ...]
    decrees: tuple[Decree, ...] = ()


_WEATHER_EVERY = 20
_BLOW_EVERY = 30
_DECREE_EVERY = 15
_LATE_CANCELS = 0.3
_TOO_SOON = "2026-01-05T18:00:00Z"
_ZOMBIE_SECONDS = 66.0
"""Longer than one try of any activity may take: it was given to another worker meanwhile."""


def make(
    orders: int,
    seed: int,
    known: Known,
    *,
    faults: bool,
    kills: bool,
    workers: int,
    rates: Rates = Rates.REAL,
) -> RunPlan:
    """Draw a run."""
    odds = odds_of(rates)
    decrees = _decrees(orders, seed) if faults else ()
    drawn = (_order(seed, place, known, odds, faults) for place in range(1, orders + 1))
    return RunPlan(
        seed=seed,
        orders=tuple(_ruled(one, seed, place, odds, decrees) for place, one in enumerate(drawn, 1)),
        weather=_weather(orders, seed, known) if faults else (),
        blows=_blows(orders, seed, workers) if kills else (),
        decrees=decrees,
    )


def _decrees(orders: int, seed: int) -> tuple[Decree, ...]:
    """Every policy in turn, each run beginning with another. Every other one asks the customer, who
    has several answers."""
    others = [way for way in ShortPick if way is not ShortPick.SUBSTITUTE]
    ways = [way for other in others for way in (other, ShortPick.SUBSTITUTE)]
    return tuple(
        Decree(at, ways[(seed + turn) % len(ways)].value, closed=turn % 3 == 0)
        for turn, at in enumerate(range(1, orders + 1, _DECREE_EVERY))
    )


def _ruled(
    plan: OrderPlan, seed: int, place: int, odds: Odds, decrees: tuple[Decree, ...]
) -> OrderPlan:
    """The order under the shop's rules at its time; now and then a warehouse that does not work yet
    forgets what it was told."""
    ruling = next((one for one in reversed(decrees) if one.at <= place), None)
    if ruling is None:
        return plan
    forgets = ruling.closed and Random(f"{seed}/forgets/{place}").random() < odds.forgotten
    more = (Fault("wms", "handoff", "silent"),) if forgets else ()
    return replace(
        plan, short_pick=ruling.short_pick, forgotten=forgets, faults=(*plan.faults, *more)
    )


def _order(seed: int, place: int, known: Known, odds: Odds, faults: bool) -> OrderPlan:
    # A generator of its own for each order: one more draw here moves nothing there.
    rng = Random(f"{seed}/order/{place}")
    number = f"C{seed}-{place:05d}"
    paid = bodies.payment(rng, odds)
    by_transfer = paid.terms["terms"] == "transfer"
    troubles = rng.choice((0, 1, 1, 2, 2, 3)) if faults else 0
    body = bodies.body(rng, number, paid, odds)
    short = Random(f"{seed}/short/{place}")
    rare = Random(f"{seed}/rare/{place}")
    undeclared = ""
    if not paid.free and bodies.abroad(body) and rare.random() < odds.undeclared:
        undeclared = f"RARE-{place}"
        body = bodies.with_line(body, bodies.rare(undeclared))
    if too_soon := rare.random() < odds.too_soon:
        body = bodies.wanted_by(body, _TOO_SOON)
    lacks = _short_pick(short, body) if faults and short.random() < odds.short_pick else ()
    return OrderPlan(
        number=number,
        body=body,
        undeclared=undeclared,
        too_soon=too_soon,
        checkout=paid.checkout,
        copies=rng.choice((1, 1, 1, 2, 3)),
        other_body=rng.random() < 0.1,
        cancel=_cancel(rng) if rng.random() < odds.cancel else None,
        complaint=complaints.draw(Random(f"{seed}/complaint/{place}"), odds.complain),
        goodwill=_goodwill(Random(f"{seed}/goodwill/{place}"), odds.goodwill),
        faults=(
            *(misfortune.of_order(rng, known, by_transfer=by_transfer) for _ in range(troubles)),
            *lacks,
        ),
        transfer=transfers.draw(Random(f"{seed}/transfer/{place}"), odds) if by_transfer else None,
        amend=None if lacks else amendments.draw(Random(f"{seed}/amend/{place}"), body, odds.amend),
    )


def _short_pick(rng: Random, body: Json) -> tuple[Fault, ...]:
    """Some or all pieces of a line are missing for good."""
    line = rng.choice(body["lines"])
    reason = rng.choice(("not in its bin", "broken", "another article in its box"))
    found = {"line": line["id"], "quantity": rng.randrange(line["quantity"]), "short": reason}
    return (Fault("wms", "play", "short_pick", params=found),)


def _goodwill(rng: Random, share: float) -> GoodWill | None:
    if rng.random() >= share:
        return None
    return GoodWill(round(rng.uniform(0, 5), 3), rng.randint(1, 90))


def _cancel(rng: Random) -> Cancel:
    # Most of an order's short life is covered, its first moments most of all.
    after = rng.choice((rng.uniform(0, 0.3), rng.uniform(0, 3), rng.uniform(0, 12)))
    way = rng.choice((Way.API, Way.API, Way.ENGINE))
    if rng.random() < _LATE_CANCELS:
        return Cancel(0, way, late=True)
    return Cancel(round(after, 3), way)


def _weather(orders: int, seed: int, known: Known) -> tuple[Weather, ...]:
    rng = Random(f"{seed}/weather")
    places = range(_WEATHER_EVERY, orders + 1, _WEATHER_EVERY)
    return tuple(Weather(at, misfortune.weather(rng, known)) for at in places)


def _blows(orders: int, seed: int, workers: int) -> tuple[Blow, ...]:
    """Each part in turn, so that a short run kills each at least once."""
    rng = Random(f"{seed}/blows")
    found: list[Blow] = []
    hand: list[Part] = []
    for at in range(_BLOW_EVERY // 2, orders + 1, _BLOW_EVERY):
        if not hand:
            hand = [Part.WORKER, *Part]
            rng.shuffle(hand)
        part = hand.pop()
        frozen = 0.0
        if part is Part.WORKER and rng.random() < 0.4:
            frozen = _ZOMBIE_SECONDS if rng.random() < 0.15 else round(rng.uniform(2, 15), 1)
        which = rng.randint(1, workers)
        found.append(Blow(at, part, which, round(rng.uniform(0, 3), 1), frozen))
    return tuple(found)
