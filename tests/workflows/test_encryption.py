"""What Temporal keeps of an order says nothing of the person behind it."""

from typing import Any

import pytest
from temporalio.client import Client

from cli import demo_orders
from tests.world import Json, World

PERSON = {
    "name": "Zuzanna Quintessa",
    "email": "zuzanna.q@private-mail.example",
    "phone": "+49 151 99887766",
    "street": "Hexenbruchweg 77b",
    "company": "Quintessa Ceramics OHG",
    "number": "by telephone, Zuzanna",
    "note": "ring at the neighbour Przybylski",
}
COMPLAINT = f"no {PERSON['name']}, {PERSON['phone']}, at {PERSON['street']} is known here"


def personal(world: World, number: str = "", **more: Any) -> Json:
    """An order that holds a person in every place that takes one."""
    place = {
        "name": PERSON["name"],
        "company": PERSON["company"],
        "line1": PERSON["street"],
        "phone": PERSON["phone"],
    }
    body = world.body(f"{PERSON['number']} {number}".strip())
    address = body["shipping_address"] | place
    customer = body["customer"] | {
        "name": PERSON["name"],
        "email": PERSON["email"],
        "phone": PERSON["phone"],
    }
    lines = [line | {"note": PERSON["note"]} for line in body["lines"]]
    return (
        body
        | {
            "customer": customer,
            "shipping_address": address,
            "billing_address": address,
            "lines": lines,
            "notes": PERSON["note"],
            "gift_note": f"for {PERSON['name']}",
        }
        | more
    )


async def all_that_can_happen(world: World) -> list[str]:
    """Orders that bring the person everywhere: results, signals, failures, updates, cases."""
    happy = await world.place(personal(world, "1"))
    await world.carry(happy)
    declined = await world.place(
        personal(world, "2", payment=demo_orders.card("pm_card_visa_chargeDeclinedLostCard"))
    )
    await world.until(declined, "declined")
    cancelled = await world.place(personal(world, "3"))
    await world.carry(cancelled, "in_fulfilment")
    await world.handle(cancelled).signal("picked", {"shipment": "?", "picker": "x"})
    await world.until_case(cancelled, "message_refused")
    await world.cancel(cancelled, who=PERSON["name"], why=f"moved away from {PERSON['street']}")
    await world.until(cancelled, "cancelled")
    body = {"reason": COMPLAINT}
    world.sandbox.fault("wms", "handoff", "http_error", status=422, body=body)
    refused = await world.place(personal(world, "4"))
    case = await world.until_case(refused, "refused_by_provider")
    assert PERSON["name"] in case["reason"]
    assert (await world.answer(case, "retry")).is_success
    await world.until(refused, "in_fulfilment")
    return [happy, declined, cancelled, refused]


async def kept_by_temporal(client: Client, order: str) -> bytes:
    """All bytes that the engine has of an order, read without a codec."""
    handle = client.get_workflow_handle(order)
    history = await handle.fetch_history()
    description = await handle.describe()
    events = [event.SerializeToString() for event in history.events]
    return b"\n".join([*events, description.raw_description.SerializeToString()])


async def found_in_histories(world: World) -> set[str]:
    orders = await all_that_can_happen(world)
    kept = b"\n".join([await kept_by_temporal(world.environment.client, order) for order in orders])
    return {what for what, text in PERSON.items() if text.encode() in kept}


async def test_nothing_of_a_person_stands_in_a_history(world: World) -> None:
    assert await found_in_histories(world) == set()


@pytest.mark.world(codec_keys="")
async def test_without_encryption_all_of_the_person_stands_there(world: World) -> None:
    assert await found_in_histories(world) == set(PERSON)
