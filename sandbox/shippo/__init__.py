"""Shippo: addresses, rates, labels, refunds and tracking, and the courier behind them.

`purchase` and `courier` are what carriers do; the other modules are Shippo's API over it.
"""

from sandbox.core.timers import TimerHandler
from sandbox.core.world import Operation, Vendor, World, with_world
from sandbox.shippo import (
    addresses,
    courier,
    customs,
    events,
    parcels,
    refunds,
    shipments,
    tracks,
    transactions,
)
from sandbox.shippo.answers import error_body


def routes(world: World) -> list[Operation]:
    """The part of Shippo's API that a shop uses."""
    world.store.index(transactions.KIND, "rate")
    world.store.index(transactions.KIND, "order")
    world.store.index(refunds.KIND, "transaction")
    sell = transactions.FAULTS
    table = [
        Operation("POST", "/transactions", "create_transaction", transactions.create, sell),
        Operation("GET", "/transactions", "list_transactions", transactions.list_all),
        Operation("GET", "/transactions/{id}", "get_transaction", transactions.retrieve),
        Operation("GET", "/labels/{file}", "label", transactions.label),
        Operation(
            "GET", "/customs/invoices/{file}", "customs_invoice", transactions.commercial_invoice
        ),
        Operation("GET", "/tracks/{carrier}/{number}", "get_track", tracks.retrieve),
    ]
    plain = (
        ("/addresses", "address", addresses.create, addresses.list_all, addresses.retrieve),
        ("/parcels", "parcel", parcels.create, parcels.list_all, parcels.retrieve),
        ("/shipments", "shipment", shipments.create, shipments.list_all, shipments.retrieve),
    )
    for path, name, create, list_all, retrieve in plain:
        plural = path.removeprefix("/")
        table += [
            Operation("POST", path, f"create_{name}", create),
            Operation("GET", path, f"list_{plural}", list_all),
            Operation("GET", f"{path}/{{id}}", f"get_{name}", retrieve),
        ]
    table += [
        Operation("GET", "/addresses/{id}/validate", "validate_address", addresses.validate),
        Operation("GET", "/shipments/{id}/rates", "list_rates", shipments.rates),
        Operation("GET", "/shipments/{id}/rates/{currency}", "list_rates", shipments.rates),
        Operation("GET", "/rates/{id}", "get_rate", shipments.rate),
    ]
    return table + _customs() + _refunds() + _tracks()


def _customs() -> list[Operation]:
    item, declaration = "/customs/items", "/customs/declarations"
    return [
        Operation("POST", item, "create_customs_item", customs.create_item),
        Operation("GET", item, "list_customs_items", customs.list_items),
        Operation("GET", f"{item}/{{id}}", "get_customs_item", customs.retrieve_item),
        Operation("POST", declaration, "create_customs_declaration", customs.create_declaration),
        Operation("GET", declaration, "list_customs_declarations", customs.list_declarations),
        Operation(
            "GET",
            f"{declaration}/{{id}}",
            "get_customs_declaration",
            customs.retrieve_declaration,
        ),
    ]


def _refunds() -> list[Operation]:
    return [
        Operation("POST", "/refunds", "create_refund", refunds.create, refunds.FAULTS),
        # The SDK lists with the slash and creates without it; Shippo takes both.
        Operation("GET", "/refunds/", "list_refunds", refunds.list_all),
        Operation("GET", "/refunds", "list_refunds", refunds.list_all),
        Operation("GET", "/refunds/{id}", "get_refund", refunds.retrieve),
    ]


def _tracks() -> list[Operation]:
    return [Operation("POST", "/tracks", "create_track", tracks.register)]


def controls(_: World) -> list[Operation]:
    """What a test may make a courier report."""
    return [Operation("POST", "/track", "track", tracks.control, faults=None)]


def timers(world: World) -> dict[str, TimerHandler]:
    """What carriers do later."""
    return {
        transactions.FINISH: with_world(world, transactions.finish_later),
        refunds.FINISH: with_world(world, refunds.finish_later),
        courier.MOVE: with_world(world, courier.move),
    }


VENDOR = Vendor(
    name="shippo",
    routes=routes,
    controls=controls,
    timers=timers,
    sign=events.sign,
    error=error_body,
    settings={
        "webhook_url": None,
        "webhook_secret": None,
        "auto_track": True,
        "transit_after": 1,
        "delivered_after": 3,
        "label_after": 1,
        "refund_after": 1,
    },
)
