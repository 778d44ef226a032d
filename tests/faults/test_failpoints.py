"""No order is lost or doubled, whatever dies at whichever activity. All of it: ``make faults``."""

from pathlib import Path

import pytest

from tests.faults.failpoints import WORLD, Point, break_all, cell_name, cells_of, learn
from tests.faults.plan import Kind, activity_of
from tests.faults.worker_processes import open_workers
from tests.world import World

SAMPLE = (Kind.KILLED_BEFORE_COMMIT, Kind.KILLED_AFTER_COMMIT, Kind.ANSWER_LOST)


def sample_of(points: tuple[Point, ...]) -> list[tuple[Point, Kind]]:
    """Each activity in three ways; what it does for a second shipment, or at a bank, in turns."""
    plain = [one for one in points if activity_of(one.name) == one.name.partition(":")[0]]
    others = [one for one in points if one not in plain]
    turns = [
        (one, kind)
        for at, one in enumerate(others)
        if (kind := SAMPLE[at % len(SAMPLE)]) in one.kinds
    ]
    return cells_of(plain, SAMPLE) + turns


@pytest.mark.timeout(500)
@pytest.mark.world(**WORLD)
async def test_a_worker_may_die_at_any_activity(world: World, tmp_path: Path) -> None:
    async with open_workers(world, tmp_path) as workers:
        lesson = await learn(world, workers)
        assert lesson.unreached == (), "no story comes by these activities"
        verdicts = await break_all(world, workers, sample_of(lesson.points), print)
    assert world.books.audits.audit(world.shop) == ()
    red = {cell_name(one.point, one.kind): one.problems for one in verdicts if one.problems}
    assert red == {}
