"""Keeping so many orders in flight: a new one for each that ends."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Protocol, Self

import httpx
import psycopg

from bench.operating_system import cpu_seconds
from bench.plain_order import body, new_number
from cli.progress import Counted

Json = dict[str, Any]

IN_FLIGHT = 50
_POLL_SECONDS = 0.05
_RAMP_SECONDS = 0.15
"""Between the first orders: fifty that begin at once would go on in step, wave after wave."""
_STALLED_SECONDS = 60.0


class Side(Protocol):
    """Something that orders can be given to."""

    worker: int
    """The process whose CPU time counts."""

    async def place(self, number: str) -> None:
        """Give it one plain order."""
        ...

    def ended(self) -> int:
        """How many orders have come to a good end, since ever."""
        ...


class StalledError(RuntimeError):
    """Orders do not end any more."""


@dataclass(frozen=True)
class Moment:
    """How far a run had come."""

    at: float
    ended: int
    cpu: float


@dataclass(frozen=True)
class Steady:
    """A stretch during which the same number of orders was in flight throughout."""

    first: Moment
    last: Moment

    @property
    def orders(self) -> int:
        """How many ended."""
        return self.last.ended - self.first.ended

    @property
    def orders_per_second(self) -> float:
        """At what rate."""
        return self.orders / (self.last.at - self.first.at)

    @property
    def cpu_ms_per_order(self) -> float:
        """What each took of the worker's process."""
        return (self.last.cpu - self.first.cpu) * 1000 / self.orders


def steady(moments: list[Moment], orders: int, in_flight: int) -> Steady:
    """From when the first batch has ended to when there was nothing more to place.

    Raises ValueError where the run was too short to hold such a stretch.
    """
    begin = moments[0].ended + in_flight
    end = moments[0].ended + orders - in_flight
    first = next((one for one in moments if one.ended >= begin), None)
    last = next((one for one in moments if one.ended >= end), None)
    if first is None or last is None or last.ended <= first.ended or last.at <= first.at:
        raise ValueError(f"{orders} orders with {in_flight} in flight have no steady stretch")
    return Steady(first, last)


async def run(side: Side, orders: int, counted: Counted, in_flight: int) -> list[Moment]:
    """Place orders, never more than so many at a time in flight, until all have ended.

    Answers how far it had come at each look, a few dozen milliseconds apart.

    Raises:
        StalledError: for a minute none has ended.
    """
    moments = [await asyncio.to_thread(_look, side)]
    start = moments[0].ended
    placing: set[asyncio.Task[None]] = set()
    placed = 0
    while (done := moments[-1].ended - start) < orders:
        allowed = min(in_flight, 1 + int((moments[-1].at - moments[0].at) / _RAMP_SECONDS))
        while placed < orders and placed - done < allowed:
            placing.add(asyncio.create_task(side.place(new_number())))
            placed += 1
        await asyncio.sleep(_POLL_SECONDS)
        for task in [task for task in placing if task.done()]:
            placing.remove(task)
            task.result()
        moments.append(await asyncio.to_thread(_look, side))
        counted.at(moments[-1].ended - start)
        _check_moving(moments)
    return moments


def _look(side: Side) -> Moment:
    ended = side.ended()
    return Moment(time.monotonic(), ended, cpu_seconds(side.worker))


def _check_moving(moments: list[Moment]) -> None:
    now = moments[-1]
    since = next(one for one in moments if one.ended == now.ended)
    if now.at - since.at > _STALLED_SECONDS:
        raise StalledError(f"no order has ended for {now.at - since.at:.0f} s ({now.ended} had)")


class OverHttp:
    """Places orders over HTTP, and counts those that ended in a database."""

    def __init__(
        self, url: str, headers: dict[str, str], worker: int, database_url: str, count: str
    ) -> None:
        """``count`` is SQL that answers how many have ended."""
        self.worker = worker
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=60)
        self._database = psycopg.connect(database_url, autocommit=True)
        self._count = count.encode()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await asyncio.to_thread(self._database.close)

    async def place(self, number: str) -> None:
        """POST it; anything but 202 is an error."""
        await self.order(number)

    async def order(self, number: str) -> str:
        """POST it; its id."""
        answer = await self._http.post("/orders", json=body(number))
        if answer.status_code != 202:
            raise RuntimeError(f"POST /orders: {answer.status_code} {answer.text}")
        return str(answer.json()["order"])

    def ended(self) -> int:
        """How many orders have come to a good end."""
        return self.count(self._count)

    def count(self, query: bytes) -> int:
        """What a counting query answers now."""
        row = self._database.execute(query).fetchone()
        return int(row[0]) if row else 0
