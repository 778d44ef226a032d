"""No order is lost or doubled, whatever dies at whichever activity. All of it: ``make faults``."""

from pathlib import Path

import pytest

from tests.faults.failpoints import WORLD, break_all, cell_name, cells_of, learn
from tests.faults.plan import Kind
from tests.faults.worker_processes import open_workers
from tests.world import World

SAMPLE = (Kind.KILLED_BEFORE_COMMIT, Kind.KILLED_AFTER_COMMIT, Kind.ANSWER_LOST)


@pytest.mark.timeout(400)
@pytest.mark.world(**WORLD)
async def test_a_worker_may_die_at_any_activity(world: World, tmp_path: Path) -> None:
    async with open_workers(world, tmp_path) as workers:
        lesson = await learn(world, workers)
        assert lesson.unreached == (), "no story comes by these activities"
        verdicts = await break_all(world, workers, cells_of(lesson.points, SAMPLE), print)
    assert world.books.audits.audit(world.shop) == ()
    red = {cell_name(one.point, one.kind): one.problems for one in verdicts if one.problems}
    assert red == {}
