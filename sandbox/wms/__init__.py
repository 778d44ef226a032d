"""A warehouse system: takes handoffs, picks, packs, waits for release, hands over to the courier.

It speaks the warehouse protocol both ways. `desk` answers what it is asked, `floor` is where the
goods move, `calls` tells the shop's system what happened. A parcel leaves only once it was
released, unless the fault `leave_unreleased` says otherwise.
"""

from sandbox.core.timers import TimerHandler
from sandbox.core.world import Operation, Vendor, World, with_world
from sandbox.wms import calls, desk, floor, manual


def routes(_: World) -> list[Operation]:
    """The warehouse protocol's own side."""
    return [
        Operation("POST", "/handoffs", "handoff", desk.take_handoff, faults=("reject", "silent")),
        Operation("POST", "/shipments/{shipment}/address", "address", desk.readdress),
        Operation(
            "POST", "/shipments/{shipment}/amendment", "amendment", desk.amend, faults=("refuse",)
        ),
        Operation("POST", "/shipments/{shipment}/lines", "replace", desk.replace),
        Operation("POST", "/shipments/{shipment}/cancel", "cancel", desk.cancel),
        Operation("POST", "/shipments/{shipment}/release", "release", desk.release),
        Operation("POST", "/shipments/{shipment}/recall", "recall", desk.recall),
        Operation("GET", "/shipments/{shipment}", "look_up", desk.look_up),
    ]


def controls(_: World) -> list[Operation]:
    """What a test may make the warehouse do."""
    return [Operation("POST", "/do", "do", manual.do, faults=None)]


def timers(world: World) -> dict[str, TimerHandler]:
    """What happens on the floor by itself."""
    return {
        floor.STEP: with_world(world, floor.take_step),
        calls.ANSWERED: with_world(world, floor.go_on),
    }


VENDOR = Vendor(
    name="wms",
    routes=routes,
    controls=controls,
    timers=timers,
    settings={
        "api_url": None,
        "api_key": None,
        "api_keys": {},
        "tokens": {},
        "auto": True,
        "pick_after": 1,
        "pack_after": 1,
        "hand_over_after": 1,
        "recall_after": 1,
        "recall": "pulled",
    },
    extra_faults={"play": floor.FAULTS},
)
