"""docs/cancel.md is the rule for a cancel at every moment. All of it: ``make faults``."""

import pytest
from temporalio.testing import WorkflowEnvironment

from sandbox.client import SandboxClient
from tests.faults.cancel_table import Cell, Door, Moment, cells_of, read_table
from tests.faults.cancelling import cancel_all, learn_places, rows_missing
from tests.faults.gates import Gates
from tests.world import open_world


def every_place_once(cells: list[Cell]) -> list[Cell]:
    """Moments and doors take turns from place to place; of places that are the second shipment's,
    or a bank's, each third."""
    every = list(dict.fromkeys(cell.place for cell in cells))
    others = [place for place in every if " " in place.name]
    places = [place for place in every if place not in others or place in others[::3]]
    turns = [(moment, door) for door in Door for moment in Moment]
    chosen = {place: turns[at % len(turns)] for at, place in enumerate(places)}
    return [cell for cell in cells if chosen.get(cell.place) == (cell.moment, cell.door)]


@pytest.mark.timeout(400)
async def test_a_cancel_at_any_place_ends_as_the_page_says(
    engine: WorkflowEnvironment, outside: SandboxClient, database_url: str
) -> None:
    gates, table = Gates(), read_table()
    async with open_world(engine, outside, database_url, interceptors=[gates]) as world:
        stories = await learn_places(world, gates)
        assert rows_missing(table, stories) == []
        sample = every_place_once(cells_of(table))
        verdicts = await cancel_all(world, gates, sample, stories, lambda done: None)
    assert {str(one.cell): one.problems for one in verdicts if one.problems} == {}
