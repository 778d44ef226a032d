"""``python -m tests.replay.record [NAME...]``: record golden histories anew, on the real engine.

Each order is carried to one of its ends, or left in the middle of a wait. Histories come from
the server, never written by hand: hand-made ones hide mistakes.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from backoffice.database import Database
from backoffice.migrating import migrate
from cli import demo_orders
from runtime import devserver
from runtime.embedded_postgres import EmbeddedPostgres
from runtime.temporal import DATA_CONVERTER
from sandbox.client import SandboxClient
from sandbox.server import start as start_sandbox
from tests.amending import MORE, amend, amendment, no_mugs
from tests.scarce import deliver, made_scarce, place, place_split
from tests.two_warehouses import in_lyon
from tests.world import World, open_world
from workflows.attributes import ALL as SEARCH_ATTRIBUTES

HISTORIES = Path(__file__).parent / "histories"


async def completed(world: World) -> str:
    """All the way."""
    order = await world.place()
    await world.carry(order)
    return order


async def declined(world: World) -> str:
    """The card is declined."""
    card = demo_orders.card("pm_card_visa_chargeDeclinedLostCard")
    order = await world.place(world.body(payment=card))
    await world.until(order, "declined")
    return order


async def out_of_stock(world: World) -> str:
    """More than there is."""
    rows = [demo_orders.line("1", "TEAPOT", "Teapot", 13, 6900)]
    order = await world.place(demo_orders.order("1", rows, demo_orders.card()))
    await world.until(order, "out_of_stock")
    return order


async def cancelled_while_picked(world: World) -> str:
    """Void, put back, release."""
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.cancel(order)
    await world.until(order, "cancelled")
    return order


async def cancelled_in_the_ui(world: World) -> str:
    """With label and papers bought."""
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.handle(order).cancel()
    await world.until(order, "cancelled")
    return order


async def recalled(world: World) -> str:
    """Captured, recalled, refunded."""
    order = await world.place()
    await world.carry(order, "released")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    return order


async def prepaid(world: World) -> str:
    """Paid at a marketplace."""
    order = await world.place(world.body(payment={"terms": "prepaid", "reference": "MP-1"}))
    await world.carry(order)
    return order


async def lacks_a_piece(world: World) -> str:
    """Staff are asked about a mug that is not there."""
    order = await world.place()
    await world.until(order, "in_fulfilment")
    mug = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
    await world.wms(f"{order}-s1", "picked", lines=[mug | {"short": "one broken"}])
    await world.until_case(order, "short_pick")
    return order


async def shipped_short(world: World) -> str:
    """And have the other one sent."""
    order = await lacks_a_piece(world)
    await world.answer(await world.until_case(order, "short_pick"), "ship")
    await world.until(order, "ready_to_pack")
    await world.carry(order)
    return order


async def amended_twice(world: World) -> str:
    """For more, with more money held, and for less; then it is carried to the door."""
    kept = demo_orders.card() | {"consent": "2026-01-02T03:04:05Z"}
    order = await world.place(world.body(payment=kept))
    await world.until(order, "in_fulfilment")
    for body in (MORE, amendment([no_mugs()], [6900], "k2", version=1)):
        answer = await amend(world, order, body)
        assert answer.is_success, answer.text
    await world.carry(order)
    return order


async def served_from_the_line(world: World) -> str:
    """Its goods came while it waited; then it was cancelled."""
    order = await backordered(world)
    await deliver(world, order)
    await world.until(order, "in_fulfilment")
    await world.cancel(order)
    await world.until(order, "cancelled")
    return order


async def backordered(world: World) -> str:
    """In line for what is not here yet."""
    order = await place(world, made_scarce(world.body()), waits=True)
    await world.until(order, "backordered")
    return order


async def in_two_shipments(world: World) -> str:
    """One of two mugs goes ahead; the other follows, and is cancelled while it is picked."""
    order = await place(world, made_scarce(world.body()), waits=True, there=1)
    for action, status in (
        ("picked", "in_fulfilment"),
        ("packed", "ready_to_pack"),
        ("handed_over", "released"),
    ):
        await world.until_shipment(f"{order}-s1", status)
        await world.wms(f"{order}-s1", action)
    await world.until_shipment(f"{order}-s1", "shipped")
    await deliver(world, order)
    await world.until_shipment(f"{order}-s2", "in_fulfilment")
    await world.cancel(order)
    await world.until_shipment(f"{order}-s2", "cancelled")
    await world.courier(order, "DELIVERED")
    await world.until(order, "delivered")
    await world.fast_forward(order, timedelta(days=8))
    await world.until(order, "completed")
    return order


async def split_over_two_warehouses(world: World) -> str:
    """One of two mugs from each; both are carried to the door."""
    order = await place_split(world, made_scarce(world.body()))
    for number in (2, 1):
        for action, status in (
            ("picked", "in_fulfilment"),
            ("packed", "ready_to_pack"),
            ("handed_over", "released"),
        ):
            await world.until_shipment(f"{order}-s{number}", status)
            await world.wms(f"{order}-s{number}", action)
        await world.until_shipment(f"{order}-s{number}", "shipped")
    await world.courier(order, "DELIVERED")
    await world.until(order, "delivered")
    await world.fast_forward(order, timedelta(days=8))
    await world.until(order, "completed")
    return order


async def sent_from_another_warehouse(world: World) -> str:
    """The first one does not pick, staff have the other one send it, and it does."""
    order = await place(world, world.body(), waits=False, elsewhere=True)
    await world.until(order, "in_fulfilment")
    await world.fast_forward(order, timedelta(minutes=1))
    await world.answer(await world.until_case(order, "pick_overdue"), "reroute")
    await in_lyon(world, order)
    await world.carry(order)
    return order


async def waits_for_release(world: World) -> str:
    """Held for review."""
    order = await world.place(world.body(payment=demo_orders.card("pm_card_riskLevelElevated")))
    await world.until(order, "in_review")
    await world.until_case(order, "review")
    return order


def waiting(status: str) -> Callable[[World], Awaitable[str]]:
    """An order in the middle of a wait."""

    async def left(world: World) -> str:
        order = await world.place()
        await world.carry(order, status)
        return order

    return left


STORIES: dict[str, Callable[[World], Awaitable[str]]] = {
    "completed": completed,
    "declined": declined,
    "out_of_stock": out_of_stock,
    "cancelled_while_picked": cancelled_while_picked,
    "cancelled_in_the_ui": cancelled_in_the_ui,
    "recalled": recalled,
    "prepaid": prepaid,
    "shipped_short": shipped_short,
    "served_from_the_line": served_from_the_line,
    "amended_twice": amended_twice,
    "waits_for_goods": backordered,
    "in_two_shipments": in_two_shipments,
    "split_over_two_warehouses": split_over_two_warehouses,
    "sent_from_another_warehouse": sent_from_another_warehouse,
    "waits_for_release": waits_for_release,
    "waits_for_picked": waiting("in_fulfilment"),
    "waits_for_an_answer": lacks_a_piece,
    "waits_for_packed": waiting("ready_to_pack"),
    "waits_for_hand_over": waiting("released"),
    "waits_for_delivery": waiting("shipped"),
    "waits_for_review": waiting("delivered"),
}


async def record(names: Sequence[str]) -> None:
    """Record these stories; all where none is named."""
    HISTORIES.mkdir(exist_ok=True)
    path = devserver.find_or_build(print)
    running = start_sandbox()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres.start(Path(folder), durable=False) as postgres,
        SandboxClient(running.url) as sandbox,
    ):
        database = Database(postgres.url)
        migrate(database)
        database.close()
        async with (
            await WorkflowEnvironment.start_time_skipping_v2(
                ts_config=TimeSkippingConfig(enabled=False),
                dev_server_existing_path=str(path),
                dev_server_extra_args=devserver.time_skipping_args(),
                dev_server_log_level="error",
                data_converter=DATA_CONVERTER,
                search_attributes=SEARCH_ATTRIBUTES,
            ) as environment,
            # In the clear: what is replayed later must not need a key of today.
            open_world(environment, sandbox, postgres.url, codec_keys="") as world,
        ):
            for name in names or STORIES:
                story = STORIES[name]
                order = await story(world)
                history = await world.handle(order).fetch_history()
                (HISTORIES / f"{name}.json").write_text(history.to_json() + "\n")
                print(f"{name}: {len(history.events)} events")
    running.stop()


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
    sys.stdout.flush()
    os._exit(0)
