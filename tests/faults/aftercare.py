"""Stories of customers who complain: one gets a part of the money back, one the pieces once more,
one the reason."""

from sandbox.judge import Ending
from tests.faults.changed import GIVEN_BACK
from tests.faults.stories import HAND_OVER, PACK, PICK, Play, Story, bring
from tests.workflows.complaining import (
    DECLINE,
    REPLACE,
    complain,
    complaints,
    offer,
    partial,
    say,
    states,
)
from tests.world import Json, World


def _complain(wanted: Json, end: str, mail: str) -> Play:
    """Somebody complains, staff offer something, the customer takes it; once the mail about its
    end is out, the courier delivers."""

    async def play(world: World, order: str) -> bool:
        await complain(world, order)
        found = await complaints(world, order)
        if not found:
            return False
        said = states(found[0])
        if not said:
            await offer(world, order, wanted)
            return False
        if said[-1] == "offered":
            await say(world, order, "accept")
            return False
        mails = (await world.view(order))["mails"]
        told = any(one["kind"] == mail and one["state"] != "sending" for one in mails)
        return said[-1] == end and told and await bring(world, order)

    return play


async def _carry(world: World, name: str) -> None:
    """Whatever comes next on a replacement's way to the door."""
    following = _TO_THE_COURIER | {"shipped": bring}
    play = following.get(await world.status(name))
    if play is not None:
        await play(world, name)


async def _have_it_replaced(world: World, order: str) -> bool:
    """A piece is complained about and sent once more; once that has arrived, the courier brings
    what it still has of the first parcel."""
    for one in (await world.view(order))["replaced_by"]:
        await _carry(world, one["order"])
    await complain(world, order)
    found = await complaints(world, order)
    said = states(found[0]) if found else []
    if found and not said:
        await offer(world, order, REPLACE)
    if said[-1:] == ["offered"]:
        await say(world, order, "accept")
    mails = (await world.view(order))["mails"]
    asked = any(one["kind"] == "solution" and one["state"] != "sending" for one in mails)
    return said[-1:] == ["solved"] and asked and await bring(world, order)


_TO_THE_COURIER = {"in_fulfilment": PICK, "ready_to_pack": PACK, "released": HAND_OVER}

AFTERCARE = (
    Story(
        "complained about, and a part of it refunded",
        {**_TO_THE_COURIER, "shipped": _complain(partial(GIVEN_BACK), "solved", "refunded")},
        Ending.COMPLETED,
        ("confirmation", "shipped", "complaint", "solution", "refunded", "review"),
        captured=1,
        due=4270 - GIVEN_BACK,
        given_back=GIVEN_BACK,
        pieces=2,
    ),
    Story(
        "complained about, and sent once more",
        {**_TO_THE_COURIER, "shipped": _have_it_replaced},
        Ending.COMPLETED,
        ("confirmation", "shipped", "complaint", "solution", "review"),
        captured=1,
        pieces=2,
    ),
    Story(
        "complained about, and declined",
        {**_TO_THE_COURIER, "shipped": _complain(DECLINE, "declined", "complaint_declined")},
        Ending.COMPLETED,
        ("confirmation", "shipped", "complaint", "complaint_declined"),
        captured=1,
        pieces=2,
    ),
)
