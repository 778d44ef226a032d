"""Stories of orders that go in two shipments: one piece is there, and one comes later."""

from datetime import UTC, datetime

from cli import demo_orders
from sandbox.judge import Ending
from tests.faults.stories import PULL_SECOND, Play, Story, bring, cancel, warehouse
from tests.scarce import deliver
from tests.world import World


def _once_told(play: Play) -> Play:
    """Do it once the customer knows what comes later: who is told late is told nothing of that."""

    async def later(world: World, order: str) -> bool:
        mails = (await world.view(order))["mails"]
        return any(one["kind"] == "backordered" for one in mails) and await play(world, order)

    return later


_FIRST_GOES = {
    "s1 in_fulfilment": warehouse("picked"),
    "s1 ready_to_pack": warehouse("packed"),
    "s1 released": warehouse("handed_over"),
    "s1 shipped": _once_told(deliver),
}
"""The first shipment leaves; once the courier has it, the rest of the goods comes in."""
_SECOND_GOES = {
    "s2 in_fulfilment": warehouse("picked", 2),
    "s2 ready_to_pack": warehouse("packed", 2),
    "s2 released": warehouse("handed_over", 2),
    "shipped": bring,
}
_IN_PART = ("backordered", "confirmation", "part_cancelled", "shipped", "review")
_KEPT = demo_orders.card("pm_card_jcb") | {"consent": datetime.now(UTC).isoformat()}
"""A card whose money is taken once: what the first capture leaves is held anew."""

DIVIDED = (
    Story(
        "in two shipments, cancelled while the first is picked",
        {"s1 in_fulfilment": _once_told(cancel)},
        Ending.CANCELLED,
        ("backordered", "confirmation", "cancelled"),
        waits=True,
        there=1,
    ),
    Story(
        "a part goes ahead, then the rest is cancelled",
        {**_FIRST_GOES, "s2 in_fulfilment": cancel, "shipped": bring},
        Ending.COMPLETED,
        _IN_PART,
        captured=1,
        due=2380,
        pieces=1,
        waits=True,
        there=1,
    ),
    Story(
        "in two shipments, days apart",
        {**_FIRST_GOES, **_SECOND_GOES},
        Ending.COMPLETED,
        ("backordered", "confirmation", "shipped", "review"),
        captured=2,
        due=4270,
        pieces=2,
        waits=True,
        there=1,
        labels=2,
        rest_due=1890,
        rest_pieces=1,
    ),
    Story(
        "in two shipments, the second recalled from the dock",
        {
            **_FIRST_GOES,
            **_SECOND_GOES,
            "s2 released": cancel,
            "s2 recalling": PULL_SECOND,
        },
        Ending.COMPLETED,
        _IN_PART,
        captured=2,
        due=2380,
        pieces=1,
        waits=True,
        there=1,
        labels=2,
        rest_due=1890,
        rest_back=True,
    ),
    Story(
        "the money for the rest is held anew, then the rest is cancelled",
        {**_FIRST_GOES, "s2 in_fulfilment": cancel, "shipped": bring},
        Ending.COMPLETED,
        _IN_PART,
        authorized=2,
        captured=1,
        due=2380,
        pieces=1,
        order={"payment": _KEPT},
        waits=True,
        there=1,
    ),
)
