"""Which calls go wrong, and how: drawn from everything that the sandbox can play."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

Json = dict[str, Any]

EVERY = "*"
_BUSY: Mapping[str, tuple[str, ...]] = {
    "stripe": ("authorize", "authorize", "capture", "capture", "cancel", "refund", "webhook"),
    "shippo": (
        "create_transaction",
        "create_transaction",
        "create_shipment",
        "create_refund",
        "webhook",
    ),
    "sendgrid": ("send", "send", "webhook"),
    "wms": ("handoff", "release", "cancel", "recall", "look_up", "webhook", "play", "play"),
    "shop": ("callback",),
    "bank": ("transfer", "transfer", "webhook"),
}
"""What every order needs comes up more often than what the sandbox also knows."""
_LOOK_UPS: Mapping[str, tuple[str, ...]] = {
    "stripe": ("retrieve_intent", "search_intents", "list_refunds"),
    "shippo": ("list_transactions", "get_transaction", "get_refund", "label", "list_rates"),
    "wms": ("look_up",),
    "bank": ("account", "bookings", "booking", "transfers", "sent"),
}
"""Asked by a provider's own ids, so that no rule can tell whose order it is about."""
_SOMETIMES = 0.08
"""How often a draw is made from all that the sandbox knows."""
_LONGER_THAN_PATIENCE = 14.0
"""Seconds; every client gives up after ten."""


@dataclass(frozen=True)
class Fault:
    """A rule for the sandbox. Without ``own`` it waits for calls of any order."""

    provider: str
    operation: str
    kind: str
    nth: int = 1
    times: int = 1
    own: bool = True
    params: Json = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Known:
    """What the sandbox says can go wrong."""

    kinds: Mapping[tuple[str, str], tuple[str, ...]]

    @classmethod
    def of(cls, operations: Sequence[Json]) -> "Known":
        """From the control API's own list, in an order that never changes."""
        rows = sorted(operations, key=lambda row: (row["provider"], row["operation"]))
        return cls({(row["provider"], row["operation"]): tuple(row["kinds"]) for row in rows})


def of_order(rng: Random, known: Known, *, by_transfer: bool = False) -> Fault:
    """One thing that goes wrong for one order, which is paid at the bank or by card."""
    if rng.random() < _SOMETIMES:
        provider, operation = rng.choice(tuple(known.kinds))
    else:
        elsewhere = "stripe" if by_transfer else "bank"
        provider = rng.choice([name for name in _BUSY if name != elsewhere])
        operation = rng.choice(_BUSY[provider])
    kinds = known.kinds[provider, operation]
    kind = rng.choice(kinds)
    times = rng.choice((1, 1, 1, 2, 3))
    return Fault(
        provider,
        operation,
        kind,
        nth=rng.choice((1, 1, 1, 1, 2)),
        times=times,
        params=_params(rng, kind),
    )


def weather(rng: Random, known: Known) -> tuple[Fault, ...]:
    """Something that a provider does to everybody for a while."""
    provider = rng.choice(tuple(_BUSY))
    match rng.randrange(5):
        case 0:  # it sends a third of the calls away
            calls = range(3, 60, 3)
            later = {"retry_after": 1}
            return tuple(
                Fault(provider, EVERY, "rate_limit", nth, 1, own=False, params=later)
                for nth in calls
            )
        case 1:  # it is down
            status = {"status": rng.choice((500, 502, 503))}
            return (Fault(provider, EVERY, "http_error", 1, 25, own=False, params=status),)
        case 2:  # its answers get lost, done or not
            kinds = ("drop_before", "drop_after", "error_after", "malformed_after")
            return tuple(
                Fault(provider, EVERY, kind, rng.randint(1, 20), 2, own=False) for kind in kinds
            )
        case 3:  # looking something up fails as well
            return tuple(_look_up(rng, known) for _ in range(6))
        case _:  # it is slow, and now and then too slow
            seconds = _LONGER_THAN_PATIENCE if rng.random() < 0.3 else rng.uniform(0.5, 3)
            kind = rng.choice(("hang_before", "hang_after", "delay"))
            times = 2 if seconds == _LONGER_THAN_PATIENCE else 10
            slow = {"seconds": seconds}
            return (Fault(provider, EVERY, kind, rng.randint(1, 10), times, False, slow),)


def _look_up(rng: Random, known: Known) -> Fault:
    provider = rng.choice(tuple(_LOOK_UPS))
    operation = rng.choice(_LOOK_UPS[provider])
    kind = rng.choice(known.kinds[provider, operation])
    return Fault(provider, operation, kind, 1, 2, own=False, params=_params(rng, kind))


def _params(rng: Random, kind: str) -> Json:
    seconds = {"seconds": round(rng.uniform(0.3, 3), 2)}
    too_long = {"seconds": _LONGER_THAN_PATIENCE} if rng.random() < 0.1 else seconds
    status = {"status": rng.choice((500, 502, 503))}
    count = {"count": rng.randint(2, 5)}
    return {
        "http_error": status,
        "error_after": status,
        "rate_limit": {"retry_after": rng.choice((1, 2))},
        "hang_before": too_long,
        "hang_after": too_long,
        "delay": seconds,
        "hold": seconds,
        "reverse": seconds,
        "label_queued": seconds,
        "duplicate": count,
        "duplicate_calls": count,
        "recall": {"outcome": rng.choice(("gone", "silent"))},
    }.get(kind, {})
