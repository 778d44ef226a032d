"""The cancel matrix: an order cancelled at every place and moment, from both sides."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sandbox.judge import Ending
from tests.faults.cancel_run import Cancelling, act, plays_of
from tests.faults.cancel_table import CancelTable, Cell
from tests.faults.every import EVERY
from tests.faults.gates import STATUS_OF_WAIT, Gates
from tests.faults.stories import Board, Story, end_of, settled
from tests.world import World

_AT_ONCE = 12
_LEARN_SECONDS = 240.0


@dataclass(frozen=True)
class CancelVerdict:
    """One cell, and what is wrong with it."""

    cell: Cell
    order: str
    problems: tuple[str, ...]


async def learn_places(world: World, gates: Gates) -> dict[str, Story]:
    """Live through every story unhindered: each point and wait, with the first that has it."""
    orders = {await story.place(world): story for story in EVERY}
    async with _board(world) as board:
        tasks = [
            asyncio.create_task(act(world, board, order, plays_of(story)))
            for order, story in orders.items()
        ]
        async with asyncio.timeout(_LEARN_SECONDS):
            await asyncio.gather(*(end_of(world, *each) for each in orders.items()))
        await settled(tasks)
    found: dict[str, Story] = {}
    for order, story in orders.items():
        for point in gates.seen[order]:
            found.setdefault(point, story)
        for wait, status in STATUS_OF_WAIT.items():
            if wait.startswith("transfer ") and not story.transferred:
                continue
            reviewed = wait == "review" and story.pieces and story.ending is Ending.COMPLETED
            if status in story.plays or reviewed:
                found.setdefault(wait, story)
    return found


def rows_missing(table: CancelTable, stories: Mapping[str, Story]) -> list[str]:
    """Where page and product differ: a place without a row, or a row without a place."""
    rows = {place.name for place in table.places}
    return [
        *(f"docs/cancel.md has no row for {name}" for name in sorted(set(stories) - rows)),
        *(f"no order comes by {name} of docs/cancel.md" for name in sorted(rows - set(stories))),
    ]


async def cancel_all(
    world: World,
    gates: Gates,
    cells: Sequence[Cell],
    stories: Mapping[str, Story],
    done: Callable[[int], None],
) -> list[CancelVerdict]:
    """Cancel at each of these cells, some of them at a time."""
    slots = asyncio.Semaphore(_AT_ONCE)
    verdicts: list[CancelVerdict] = []
    async with _board(world) as board:

        async def one(cell: Cell) -> None:
            async with slots:
                run = Cancelling(world, gates, board, cell, stories[cell.place.name])
                verdicts.append(CancelVerdict(cell, run.order, tuple(await run.problems())))
                done(len(verdicts))

        await asyncio.gather(*(one(cell) for cell in cells))
    return verdicts


@asynccontextmanager
async def _board(world: World) -> AsyncGenerator[Board]:
    board = Board(world)
    looking = asyncio.create_task(board.keep())
    try:
        yield board
    finally:
        await settled([looking])
