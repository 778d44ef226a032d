"""Stories of orders that change on their way: amended, something else sent, money given back."""

import asyncio
from functools import partial

from cli import demo_orders
from sandbox.judge import Ending
from tests.amending import amend, amendment, mugs
from tests.faults.stories import HAND_OVER, PACK, PICK, Story, bring, cancel
from tests.scarce import other_than
from tests.world import World

GIVEN_BACK = 500


async def _have_something_else(world: World, order: str) -> bool:
    """The warehouse finds one of two mugs, and has something in its place, which it picks once it
    is told to."""
    view = await world.view(order)
    if world.ledger(order, "wms", "replaced"):
        return await PICK(world, order)
    if not world.ledger(order, "wms", "picked"):
        mug = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
        other = [{"line": "1", "sku": other_than(view["order"])}]
        lines = [mug | {"short": "one broken"}]
        await world.wms(f"{order}-s1", "picked", lines=lines, substitutes=other)
    return False


async def _take_something_else(world: World, order: str) -> bool:
    """The customer takes what is offered."""
    (offer,) = (await world.view(order))["substitutions"]
    path = f"/orders/{order}/substitutions/{offer['id']}/answer"
    said = {"answer": "accept", "who": "the customer"}
    return (await world.api.post(path, json=said)).is_success


async def give_back_then_deliver(world: World, order: str) -> bool:
    """Staff give a part of the money back; once the provider has, the courier delivers."""
    body = {"who": "Ana, support", "why": "a story", "kind": "goodwill"}
    body |= {"amount": {"amount": GIVEN_BACK, "currency": "EUR"}}
    headers = {"Idempotency-Key": "a story"}
    answer = await world.api.post(f"/orders/{order}/refunds", json=body, headers=headers)
    mails = (await world.view(order))["mails"]
    told = any(one["kind"] == "refunded" and one["state"] != "sending" for one in mails)
    return answer.is_success and told and await bring(world, order)


_AMENDMENTS = (
    (amendment([mugs(3)], [3 * 1890], "refused"), True),
    (amendment([mugs(3)], [3 * 1890], "more"), False),
    (amendment([mugs(1)], [1890], "less", version=2), False),
)
"""One that the warehouse refuses, one for more, and one for less."""


async def _amend_then_cancel(world: World, order: str) -> bool:
    """The order is amended, which the warehouse refuses at first; then it is cancelled."""
    rules = await asyncio.to_thread(world.sandbox.faults)
    if not any(rule["order"] == order for rule in rules):
        await asyncio.to_thread(
            partial(world.sandbox.fault, "wms", "amendment", "refuse", order=order)
        )
    done = {one["key"]: bool(one["refused"]) for one in (await world.view(order))["amendments"]}
    for body, refused in _AMENDMENTS:
        if done.get(body["key"]) is not refused:
            await amend(world, order, body)
            return False
    return await cancel(world, order)


CHANGED = (
    Story(
        "something else goes in its place",
        {
            "in_fulfilment": _have_something_else,
            "offered": _take_something_else,
            "ready_to_pack": PACK,
            "released": HAND_OVER,
            "shipped": bring,
        },
        Ending.COMPLETED,
        ("confirmation", "substitution", "shipped", "review"),
        captured=1,
        pieces=2,
        missing=1,
        replaced=True,
    ),
    Story(
        "amended for more and for less, then cancelled",
        {"in_fulfilment": _amend_then_cancel},
        Ending.CANCELLED,
        ("confirmation", "amended", "cancelled"),
        authorized=3,
        order={"payment": demo_orders.card() | {"consent": "2026-01-02T03:04:05Z"}},
    ),
    Story(
        "given back in part on its way",
        {
            "in_fulfilment": PICK,
            "ready_to_pack": PACK,
            "released": HAND_OVER,
            "shipped": give_back_then_deliver,
        },
        Ending.COMPLETED,
        ("confirmation", "shipped", "refunded", "review"),
        captured=1,
        due=4270 - GIVEN_BACK,
        given_back=GIVEN_BACK,
        pieces=2,
    ),
)
