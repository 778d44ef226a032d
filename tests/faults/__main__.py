"""``python -m tests.faults``: the whole matrices; each figure is one line of JSON.

Progress and red lines go to standard error. The status is 0 when every cell is green.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from bench.figures import reserve_standard_output
from bench.virtual_engine import open_virtual_engine
from cli.progress import Teller
from tests.faults import failpoints
from tests.faults.failpoints import Verdict, break_all, learn, open_workers
from tests.faults.plan import Kind
from tests.world import World


async def break_points(teller: Teller) -> tuple[list[Verdict], list[str]]:
    """The failpoint matrix: one death for all kinds that kill, one sleep for all zombies.

    Answers every cell, and what is wrong beyond single cells.
    """
    with tempfile.TemporaryDirectory(prefix="ordersaga-faults-") as folder:
        async with (
            open_virtual_engine(teller, **failpoints.WORLD) as engine,
            open_workers(engine.world, Path(folder)) as workers,
        ):
            world = engine.world
            lesson = await learn(world, workers)
            teller.say(f"{len(lesson.points)} points found")
            verdicts: list[Verdict] = []
            for zombies in (False, True):
                kinds = [kind for kind in Kind if kind.zombie is zombies]
                verdicts += await break_all(world, workers, lesson.points, kinds, teller.say)
            wrong = [f"no story comes by the activity {name}" for name in lesson.unreached]
            wrong += await _books(world)
    return verdicts, wrong


async def _books(world: World) -> list[str]:
    differences = await asyncio.to_thread(world.books.audits.audit, world.shop)
    return [f"the books do not add up: {one.subject}: {one.words}" for one in differences]


def tell(verdicts: Sequence[Verdict], teller: Teller) -> int:
    """A line for each red cell and a table of the kinds; how many cells are green."""
    green = [verdict for verdict in verdicts if not verdict.problems]
    for verdict in verdicts:
        if verdict.problems:
            teller.say(
                f"RED: {verdict.kind} at {verdict.point.name} ({verdict.point.story.name}, "
                f"{verdict.order}): {'; '.join(verdict.problems)}"
            )
    for kind in Kind:
        of_kind = [verdict for verdict in verdicts if verdict.kind is kind]
        fine = sum(not verdict.problems for verdict in of_kind)
        teller.say(f"{kind.value:<26}{fine:>4} of {len(of_kind)} green")
    return len(green)


def print_figure(out: TextIO, figure: str, value: int) -> None:
    """One line for a machine."""
    line = {"figure": figure, "value": value, "unit": "cells"}
    print(json.dumps(line), file=out, flush=True)


def main() -> None:
    """Run all, tell, and leave at once (temporalio/sdk-python#300)."""
    out = reserve_standard_output()
    teller = Teller()
    verdicts, wrong = asyncio.run(break_points(teller))
    green = tell(verdicts, teller)
    for words in wrong:
        teller.say(f"RED: {words}")
    print_figure(out, "failpoints", len(verdicts))
    print_figure(out, "failpoints_green", green)
    print_figure(out, "ambiguous_mails", sum(verdict.ambiguous_mails for verdict in verdicts))
    print_figure(out, "surplus_labels_voided", sum(verdict.surplus_labels for verdict in verdicts))
    sys.stderr.flush()
    os._exit(0 if green == len(verdicts) and not wrong else 1)


if __name__ == "__main__":
    main()
