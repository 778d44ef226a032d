"""docs/cancel.md is the rule for a cancel at every moment. All of it: ``make faults``."""

from temporalio.testing import WorkflowEnvironment

from sandbox.client import SandboxClient
from tests.faults.cancel_table import read_table
from tests.faults.cancelling import cancel_all, cells_of, learn_places
from tests.faults.gates import Gates
from tests.world import open_world


async def test_a_cancel_ends_as_the_page_says(
    engine: WorkflowEnvironment, outside: SandboxClient, database_url: str
) -> None:
    gates = Gates()
    table = read_table()
    async with open_world(engine, outside, database_url, interceptors=[gates]) as world:
        stories = await learn_places(world, gates)
        assert {place.name for place in table.places} == set(stories), "docs/cancel.md's rows"
        sample = list(cells_of(table))
        verdicts = await cancel_all(world, gates, sample, stories, lambda done: None)
    red = {f"{one.cell}: {one.order}": one.problems for one in verdicts if one.problems}
    assert red == {}
