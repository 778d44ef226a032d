"""Demo shops that listen for callbacks, check who sent them, and remember them all."""

from sandbox.core.world import Operation, Vendor, World
from sandbox.shop.callbacks import INDEX, KIND, show, take


def routes(world: World) -> list[Operation]:
    """The shop's own HTTP interface."""
    world.store.index(KIND, INDEX)
    return [Operation("POST", "/{shop_id}/callbacks", "callback", take)]


def controls(_: World) -> list[Operation]:
    """What a test may ask a shop."""
    return [Operation("GET", "/callbacks", "callbacks", show, faults=None)]


VENDOR = Vendor(
    name="shop",
    routes=routes,
    controls=controls,
    settings={"secrets": {}},
    sends_webhooks=False,
)
