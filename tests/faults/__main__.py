"""``python -m tests.faults [failpoints] [cancel] [--only WORDS]``: both where none is named.

A matrix is played whole, or those of its cells whose name holds the words, as a red line has it.

Each figure is one line of JSON on standard output; progress and red lines go to standard error.
The status is 0 when every cell is green.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from bench.virtual_engine import open_virtual_engine
from cli.progress import Teller, reserve_standard_output
from cli.shell import stand_alone
from tests.faults import failpoints
from tests.faults.cancel_table import cells_of as cancels_of
from tests.faults.cancel_table import read_table
from tests.faults.cancelling import CancelVerdict, cancel_all, learn_places, rows_missing
from tests.faults.failpoints import Verdict, break_all, cell_name, cells_of, learn
from tests.faults.gates import Gates
from tests.faults.plan import Kind
from tests.faults.worker_processes import open_workers


@dataclass
class Report:
    """What a matrix came to: lines for people about what is red, and figures for machines."""

    red: list[str] = field(default_factory=list[str])
    summary: list[str] = field(default_factory=list[str])
    figures: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])


async def break_points(teller: Teller, words: str) -> Report:
    """The failpoint matrix: one death for all kinds that kill, one sleep for all zombies."""
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="ordersaga-faults-") as folder:
        async with (
            open_virtual_engine(teller, **failpoints.WORLD) as engine,
            open_workers(engine.world, Path(folder)) as workers,
        ):
            world = engine.world
            lesson = await learn(world, workers)
            teller.say(f"{len(lesson.points)} points found")
            for zombies in (False, True):
                kinds = [kind for kind in Kind if kind.zombie is zombies]
                cells = cells_of(lesson.points, kinds, words)
                if cells:
                    verdicts += await break_all(world, workers, cells, teller.say)
            differences = await asyncio.to_thread(world.books.audits.audit, world.shop)
    report = _of_breaks(verdicts)
    report.red += [f"no story comes by the activity {name}" for name in lesson.unreached]
    report.red += [f"the books do not add up: {one.subject}: {one.words}" for one in differences]
    return report


def _of_breaks(verdicts: Sequence[Verdict]) -> Report:
    report = Report()
    for one in verdicts:
        if one.problems:
            name = cell_name(one.point, one.kind)
            where = f"{name} ({one.point.story.name}, {one.order})"
            report.red.append(f"{where}: {'; '.join(one.problems)}")
    for kind in Kind:
        of_kind = [one for one in verdicts if one.kind is kind]
        fine = sum(not one.problems for one in of_kind)
        if of_kind:
            report.summary.append(f"{kind.value:<26}{fine:>4} of {len(of_kind):>3} green")
    report.figures = {
        "failpoints": (len(verdicts), "cells"),
        "failpoints_green": (sum(not one.problems for one in verdicts), "cells"),
        "ambiguous_mails": (sum(one.ambiguous_mails for one in verdicts), "mails"),
        "surplus_labels_voided": (sum(one.surplus_labels for one in verdicts), "labels"),
    }
    return report


async def cancel_everywhere(teller: Teller, words: str) -> Report:
    """The cancel matrix, as docs/cancel.md has it."""
    gates = Gates()
    table = read_table()
    cells = [cell for cell in cancels_of(table) if words in f"cancel {cell}"]
    async with open_virtual_engine(teller, interceptors=[gates]) as engine:
        world = engine.world
        stories = await learn_places(world, gates)
        missing = rows_missing(table, stories)
        known = [cell for cell in cells if cell.place.name in stories]
        teller.say(f"{len(stories)} places found, {len(known)} cancels to come")
        with teller.counting("cancels", len(known)) as counted:
            verdicts = await cancel_all(world, gates, known, stories, counted.at)
        differences = await asyncio.to_thread(world.books.audits.audit, world.shop)
    report = _of_cancels(verdicts)
    report.red += missing
    report.red += [f"the books do not add up: {one.subject}: {one.words}" for one in differences]
    return report


def _of_cancels(verdicts: Sequence[CancelVerdict]) -> Report:
    report = Report()
    for one in verdicts:
        if one.problems:
            wanted = f"cancel {one.cell} must end as {one.cell.outcome.name!r} ({one.order})"
            report.red.append(f"{wanted}: {'; '.join(one.problems)}")
    for name in dict.fromkeys(one.cell.outcome.name for one in verdicts):
        of_name = [one for one in verdicts if one.cell.outcome.name == name]
        fine = sum(not one.problems for one in of_name)
        report.summary.append(f"{name:<26}{fine:>4} of {len(of_name):>3} green")
    report.figures = {
        "cancel_points": (len(verdicts), "cells"),
        "cancel_points_green": (sum(not one.problems for one in verdicts), "cells"),
    }
    return report


MATRICES: Mapping[str, Callable[[Teller, str], Awaitable[Report]]] = {
    "failpoints": break_points,
    "cancel": cancel_everywhere,
}

CELLS = ("failpoints", "cancel_points")
"""The figures that say how many cells were played."""


async def run(names: Sequence[str], words: str, teller: Teller, out: TextIO) -> int:
    """One matrix after the other, each told as soon as it is done; how many lines are red."""
    red = played = 0
    for name in names:
        report = await MATRICES[name](teller, words)
        for line in report.red:
            teller.say(f"RED  {line}")
        for line in report.summary:
            teller.say(line)
        for figure, (value, unit) in report.figures.items():
            print(json.dumps({"figure": figure, "value": value, "unit": unit}), file=out)
        out.flush()
        red += len(report.red)
        played += sum(report.figures[cells][0] for cells in CELLS if cells in report.figures)
    if not played:
        teller.say(f"RED  no cell's name holds {words!r}")
    return red or int(not played)


def main() -> None:
    """Run, tell, and leave at once (temporalio/sdk-python#300). What this shell is set up to reach
    is not looked at."""
    stand_alone()
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("matrix", nargs="*", help=f"{' or '.join(MATRICES)}; both where none is")
    parser.add_argument("--only", default="", metavar="WORDS", help="the cells whose name holds it")
    asked = parser.parse_args()
    unknown = set(asked.matrix) - set(MATRICES)
    if unknown:
        parser.error(f"no matrix {sorted(unknown)}, only {list(MATRICES)}")
    out = reserve_standard_output()
    teller = Teller()
    red = asyncio.run(run(asked.matrix or list(MATRICES), asked.only, teller, out))
    teller.say(f"{red} red" if red else "all green")
    sys.stderr.flush()
    os._exit(1 if red else 0)


if __name__ == "__main__":
    main()
