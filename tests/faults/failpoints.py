"""The failpoint matrix: every activity broken off in every way, in a worker that really dies."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.faults.every import EVERY
from tests.faults.plan import KNOWN, RAN, REACHED, WENT_ON, Break, Kind, activity_of
from tests.faults.stories import Board, Story, end_of, play, settled
from tests.faults.verdict import Finding, find, view_after_a_look
from tests.faults.worker_processes import WorkerProcess, Workers
from tests.world import PATIENCE, World, eventually

WORLD = {
    "worker": False,
    "policy": {"review_after": "PT1S", "complaints_within": "PT1S"},
    "mail_ambiguity_seconds": 5,
}
"""How `open_world` is called for this matrix."""

AT_ONCE = 120
"""Orders that are held at their breaks together: a try that has timed out still holds its place in
the worker beside the next one's, and they have to be fewer than the worker's threads."""

_REACH_SECONDS = 240.0
_END_SECONDS = 360.0
_JUDGES = 8
Say = Callable[[str], None]


@dataclass(frozen=True)
class Point:
    """Somewhere that work can break off: found by watching, with a story that comes by."""

    name: str
    story: Story
    vendors: tuple[str, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Every way to break it; without a vendor there is no answer of a vendor's to lose, and a
        purchase that hangs is scripted to be answered so."""
        answered = bool(self.vendors) and self.name != "hanging buy_labels"
        return tuple(kind for kind in Kind if kind is not Kind.ANSWER_LOST or answered)


@dataclass(frozen=True)
class Verdict:
    """One cell of the matrix."""

    point: Point
    kind: Kind
    order: str
    problems: tuple[str, ...]
    ambiguous_mails: int = 0
    surplus_labels: int = 0


@dataclass(frozen=True)
class Lesson:
    """What a run without faults has shown."""

    points: tuple[Point, ...]
    unreached: tuple[str, ...]
    """Activities that the worker serves and no story comes by."""


async def learn(world: World, workers: Workers) -> Lesson:
    """Live through every story without faults, and see which points each comes by."""
    worker = workers.start()
    orders = {await story.place(world): story for story in EVERY}
    async with _played(world, orders):
        await _all_ended(world, orders, _END_SECONDS)
    await asyncio.to_thread(worker.end)
    found: dict[str, Point] = {}
    places = {order: place for place, order in enumerate(orders)}
    notes = sorted(worker.notebook.notes(), key=lambda note: places.get(note.order, 0))
    for note in notes:
        # What replaces pieces of an order is an order of its own, and is no story's.
        if note.event == RAN and note.order in orders and note.point not in found:
            story = orders[note.order]
            found[note.point] = Point(note.point, story, note.vendors)
    known = {note.point for note in notes if note.event == KNOWN}
    reached = {activity_of(point) for point in found}
    return Lesson(tuple(found.values()), tuple(sorted(known - reached)))


def cells_of(
    points: Iterable[Point], kinds: Iterable[Kind], words: str = ""
) -> list[tuple[Point, Kind]]:
    """Every point in each of these ways; of those the cells whose name holds the words."""
    wanted = set(kinds)
    every = ((point, kind) for point in points for kind in point.kinds if kind in wanted)
    return [(point, kind) for point, kind in every if words in cell_name(point, kind)]


def cell_name(point: Point, kind: Kind) -> str:
    """As a red line has it."""
    return f"{kind} at {point.name}"


async def break_all(
    world: World, workers: Workers, cells: Sequence[tuple[Point, Kind]], say: Say
) -> list[Verdict]:
    """Break each point in its way, all of them kills or all of them zombies, so many at a time."""
    verdicts: list[Verdict] = []
    for start in range(0, len(cells), AT_ONCE):
        verdicts += await _break_together(world, workers, cells[start : start + AT_ONCE], say)
    return verdicts


async def _break_together(
    world: World, workers: Workers, cells: Sequence[tuple[Point, Kind]], say: Say
) -> list[Verdict]:
    orders: dict[str, tuple[Point, Kind]] = {}
    for point, kind in cells:
        orders[await point.story.place(world)] = (point, kind)
    stories = {order: point.story for order, (point, _) in orders.items()}
    breaks = {o: Break(point.name, kind, point.vendors) for o, (point, kind) in orders.items()}
    async with _played(world, stories):
        failing = workers.start(breaks)
        say(f"{len(orders)} orders on their way to their breaks")
        reached = await _reached(failing, set(orders))
        zombies = any(kind.zombie for _, kind in cells)
        failing.send(signal.SIGSTOP if zombies else signal.SIGKILL)
        say(f"{len(reached)} breaks reached; worker {'paused' if zombies else 'killed'}")
        healthy = workers.start()
        left = await _all_ended(world, stories, _END_SECONDS)
        say(f"{len(orders) - len(left)} orders have ended")
        asleep: set[str] = set()
        if zombies:
            failing.send(signal.SIGCONT)
            asleep = await _asleep(failing, reached)
            say(f"{len(reached) - len(asleep)} zombies have gone on")
            await asyncio.to_thread(failing.end)
    await asyncio.to_thread(healthy.end)
    await asyncio.to_thread(world.sandbox.settle, PATIENCE)
    missed = dict.fromkeys(set(orders) - reached, "its break was never reached")
    missed |= dict.fromkeys(asleep, "its zombie never went on")
    missed |= dict.fromkeys(left, "it did not end")
    judges = asyncio.Semaphore(_JUDGES)

    async def judged(order: str) -> Verdict:
        async with judges:
            return await _judged(world, order, *orders[order], missed.get(order))

    return await asyncio.gather(*(judged(order) for order in orders))


@asynccontextmanager
async def _played(world: World, stories: dict[str, Story]) -> AsyncGenerator[None]:
    board = Board(world)
    tasks = [asyncio.create_task(board.keep())]
    tasks += [asyncio.create_task(play(world, board, *each)) for each in stories.items()]
    try:
        yield
    finally:
        await settled(tasks)


async def _reached(worker: WorkerProcess, orders: set[str]) -> set[str]:
    """Wait for every break; those that came in time."""

    async def all_there() -> bool:
        return worker.orders(REACHED) >= orders

    with suppress(AssertionError):
        await eventually(all_there, lambda: "", _REACH_SECONDS)
    return worker.orders(REACHED) & orders


async def _asleep(worker: WorkerProcess, orders: set[str]) -> set[str]:
    async def all_gone_on() -> bool:
        return worker.orders(WENT_ON) >= orders

    with suppress(AssertionError):
        await eventually(all_gone_on, lambda: "", PATIENCE)
    return orders - worker.orders(WENT_ON)


async def _all_ended(world: World, stories: dict[str, Story], patience: float) -> set[str]:
    """Wait until every workflow has closed; those that have not."""

    waits = {
        order: asyncio.create_task(end_of(world, order, story)) for order, story in stories.items()
    }
    await asyncio.wait(waits.values(), timeout=patience)
    left = {order for order, wait in waits.items() if not wait.done()}
    for wait in waits.values():
        wait.cancel()
    await asyncio.gather(*waits.values(), return_exceptions=True)
    return left


async def _judged(
    world: World, order: str, point: Point, kind: Kind, missed: str | None
) -> Verdict:
    """The verdict once the shop has been told and the courier has taken labels back."""
    if missed is not None:
        return Verdict(point, kind, order, (missed,))
    result = await end_of(world, order, point.story)
    findings: list[Finding] = []

    async def sound() -> bool:
        entries = await asyncio.to_thread(world.ledger, order)
        view = await view_after_a_look(world, order)
        findings.append(find(order, point.story, result, view, entries, kind.zombie))
        return not findings[-1].problems

    with suppress(AssertionError):
        await eventually(sound, lambda: "", PATIENCE)
    last = findings[-1]
    return Verdict(point, kind, order, last.problems, last.ambiguous_mails, last.surplus_labels)
