"""Stories of orders that go from another warehouse than the one that was to send them."""

from sandbox.judge import Ending
from tests.faults.stories import PICK, Story, cancel
from tests.two_warehouses import LYON
from tests.world import World


async def _send_from_lyon(world: World, order: str) -> bool:
    """The warehouse does not pick; staff have it sent from another one, which does."""
    view = await world.view(order)
    there = [one for one in view["shipments"] if one["warehouse"] == LYON and one["answer"]]
    if any(one["answer"]["accepted"] for one in there):
        return await PICK(world, order)
    for case in view["cases"]:
        late = case["kind"] == "pick_overdue" and not case["closed_at"]
        if late and "reroute" in case["answers"]:
            await world.answer(case, "reroute")
    return False


ELSEWHERE = (
    Story(
        "sent from another warehouse, then cancelled",
        {"in_fulfilment": _send_from_lyon, "ready_to_pack": cancel},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
        elsewhere=True,
    ),
)
