"""No order is lost or doubled, whatever dies at whichever activity. All of it: ``make faults``."""

from pathlib import Path

import pytest

from tests.faults.failpoints import WORLD, break_all, learn, open_workers
from tests.faults.plan import Kind
from tests.world import World


@pytest.mark.world(**WORLD)
async def test_a_worker_may_die_after_any_activity_s_commit(world: World, tmp_path: Path) -> None:
    async with open_workers(world, tmp_path) as workers:
        lesson = await learn(world, workers)
        assert lesson.unreached == (), "no story comes by these activities"
        verdicts = await break_all(
            world, workers, lesson.points, (Kind.KILLED_AFTER_COMMIT,), print
        )
    assert {verdict.order: verdict.problems for verdict in verdicts if verdict.problems} == {}
