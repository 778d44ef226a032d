"""How fast the automatic steps are when one order is under way: nobody waits for a computer."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bench.figures import Results
from bench.load import OverHttp, StalledError
from bench.percentiles import percentile
from bench.plain_order import new_number
from bench.running_stack import RunningStack
from cli.progress import Teller
from sandbox.client import LedgerEntry

ORDERS = 40
_WARM_UP = 5
_PATIENCE = 60.0
_POLL_SECONDS = 0.02

Fact = tuple[str, str]
"""A provider, and the kind of thing that it recorded."""

_HANDOFF: Fact = ("wms", "handoff_accepted")
_PACKED: Fact = ("wms", "packed")
_RELEASED: Fact = ("wms", "released")
_HANDED_OVER: Fact = ("wms", "handed_over")
_SHIPPED_MAIL: Fact = ("sendgrid", "mail:shipped")
_POSTED: Fact = ("shop", "posted")

SPANS: Mapping[str, tuple[Fact, Fact]] = {
    "accept_to_handoff_p95_ms": (_POSTED, _HANDOFF),
    "packed_to_release_p95_ms": (_PACKED, _RELEASED),
    "handed_over_to_mail_p95_ms": (_HANDED_OVER, _SHIPPED_MAIL),
}
"""Each figure's two facts, by the outside world's own ledgers."""

FIGURES = tuple(SPANS)


async def measure(running: RunningStack, results: Results, teller: Teller) -> None:
    """Carry orders one after the other; the outside world's ledgers tell when what happened."""
    teller.say(f"latency: {ORDERS} orders, one at a time")
    async with running.side() as side:
        moments = await _carry_all(running, side, teller)
    for figure, (began, ended) in SPANS.items():
        spans = [milliseconds(one[began], one[ended]) for one in moments]
        teller.say(
            f"  {figure}: median {percentile(spans, 50):.0f}, p95 {percentile(spans, 95):.0f}, "
            f"highest {max(spans):.0f}"
        )
        results.add(figure, percentile(spans, 95))


async def _carry_all(
    running: RunningStack, side: OverHttp, teller: Teller
) -> list[dict[Fact, datetime]]:
    moments: list[dict[Fact, datetime]] = []
    with teller.counting("orders", _WARM_UP + ORDERS) as counted:
        for place in range(_WARM_UP + ORDERS):
            posted = datetime.now(UTC)
            order = await _carry(side)
            counted.at(place + 1)
            entries = await asyncio.to_thread(running.sandbox.ledger, None, order)
            if place >= _WARM_UP:
                moments.append({_POSTED: posted} | facts(entries))
    return moments


def facts(entries: Sequence[LedgerEntry]) -> dict[Fact, datetime]:
    """When each kind of fact was first recorded; mails are told apart by their own kind."""
    first: dict[Fact, datetime] = {}
    for entry in entries:
        kind = f"mail:{entry.data.get('kind')}" if entry.kind == "mail" else entry.kind
        first.setdefault((entry.provider, kind), entry.at)
    return first


def milliseconds(began: datetime, ended: datetime) -> float:
    """From one moment to another."""
    return (ended - began).total_seconds() * 1000


async def _carry(side: OverHttp) -> str:
    before = await asyncio.to_thread(side.ended)
    order = await side.order(new_number())
    deadline = time.monotonic() + _PATIENCE
    while await asyncio.to_thread(side.ended) == before:
        if time.monotonic() > deadline:
            raise StalledError(f"{order} has not ended after {_PATIENCE:.0f} s")
        await asyncio.sleep(_POLL_SECONDS)
    return order
