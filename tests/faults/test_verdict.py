"""The matrices' own judge: no case may be left open, and the engine loop's close by its look."""

import pytest

from domain.cases import CaseKind
from tests.faults.verdict import on_record, view_after_a_look
from tests.workflows.test_standing import found, settled, terminated
from tests.world import Json, World


def page(**case: str | None) -> Json:
    return {"status": "cancelled", "stock": [], "documents": [], "cases": [case]}


@pytest.mark.parametrize("kind", CaseKind)
def test_an_order_with_any_case_left_open_has_not_ended_well(kind: CaseKind) -> None:
    still_open = page(kind=kind.value, reason="why", closed_at=None)
    assert on_record(still_open, "cancelled", 0) == [f"a case is left open: {kind.value}, why"]
    closed = page(kind=kind.value, reason="why", closed_at="2026-03-02T10:00:00Z")
    assert on_record(closed, "cancelled", 0) == []


async def test_a_case_of_the_engine_loop_is_closed_before_its_order_is_judged(world: World) -> None:
    order = await terminated(world, "in_fulfilment")
    answer = await world.api.post(f"/orders/{order}/settle", json={"who": "Ana, support"})
    assert answer.is_success, answer.text
    (dead,) = await found(world, order)
    assert not dead["closed_at"]
    await settled(world, order)
    await world.until(order, "cancelled")
    assert on_record(await view_after_a_look(world, order), "cancelled", 0) == []
