"""Stories that orders live through, and the hand that plays warehouse, courier and customer.

No story says which activities it needs: what each one reaches is seen in a run without faults.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import httpx
from sqlalchemy import text
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from cli import demo_orders
from sandbox.client import SandboxRefusedError
from sandbox.judge import Ending
from tests.amending import amend, amendment, mugs
from tests.scarce import deliver, made_scarce, other_than, place
from tests.world import Json, World
from workflows.aftermath import aftermath_id

Play = Callable[[World, str], Awaitable[bool]]
"""Something that somebody does about an order; whether it took."""

_LOOK_SECONDS = 0.2
GIVEN_BACK = 500


def _warehouse(action: str, **body: str) -> Play:
    async def play(world: World, order: str) -> bool:
        reply = await world.wms(f"{order}-s1", action, **body)
        return 200 <= (reply["status"] or 0) < 300

    return play


async def _deliver(world: World, order: str) -> bool:
    await world.courier(order, "DELIVERED")
    return True


async def _cancel(world: World, order: str) -> bool:
    body = {"who": "the customer", "why": "a story"}
    return (await world.api.post(f"/orders/{order}/cancel", json=body)).is_success


async def _confirm(world: World, order: str) -> bool:
    """The customer goes to the bank's page, which the shop was told of."""
    told = (await world.view(order))["transitions"][-1]["detail"]
    intent = re.search(r"\bpi_\w+", told)
    if intent is not None:
        await asyncio.to_thread(world.sandbox.complete_3ds, intent[0])
    return intent is not None


async def _move_then_cancel(world: World, order: str) -> bool:
    """The customer moves; once the parcel is labelled anew, they do not want it any more."""
    view = await world.view(order)
    if any(one["kind"] == "labelled_anew" for one in view["cases"]):
        return await _cancel(world, order)
    address = view["order"]["shipping_address"] | {"line1": "Neue Straße 2"}
    body = {"who": "the customer", "why": "a story", "address": address}
    await world.api.post(f"/orders/{order}/shipping-address", json=body)
    return False


async def _lack_a_mug(world: World, order: str) -> bool:
    """The warehouse finds one of two mugs, and staff have that one sent."""
    cases = (await world.view(order))["cases"]
    asked = [one for one in cases if one["kind"] == "short_pick" and not one["closed_at"]]
    if asked:
        return (await world.answer(asked[0], "ship")).is_success
    if not world.ledger(order, "wms", "picked"):
        mug = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
        await world.wms(f"{order}-s1", "picked", lines=[mug | {"short": "one broken"}])
    return False


async def _take_something_else(world: World, order: str) -> bool:
    """The warehouse finds one of two mugs, the customer takes what it has in its place, and it is
    picked."""
    view = await world.view(order)
    for offer in view["substitutions"]:
        if offer["state"] == "offered":
            path = f"/orders/{order}/substitutions/{offer['id']}/answer"
            await world.api.post(path, json={"answer": "accept", "who": "the customer"})
    if world.ledger(order, "wms", "replaced"):
        return await _PICK(world, order)
    if not world.ledger(order, "wms", "picked"):
        mug = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
        other = [{"line": "1", "sku": other_than(view["order"])}]
        lines = [mug | {"short": "one broken"}]
        await world.wms(f"{order}-s1", "picked", lines=lines, substitutes=other)
    return False


async def _release(world: World, order: str) -> bool:
    """Somebody has looked at what was held, after the order asked the provider for its word."""
    view = await world.view(order)
    looked = any(one["operation"] == "look_at_review" for one in view["facts"])
    held = next((one for one in view["cases"] if one["kind"] == "review"), None)
    if held is None or not looked:
        return False
    return (await world.answer(held, "release")).is_success


async def _give_back_then_deliver(world: World, order: str) -> bool:
    """Staff give a part of the money back; once the provider has, the courier delivers."""
    body = {"who": "Ana, support", "why": "a story", "kind": "goodwill"}
    body |= {"amount": {"amount": GIVEN_BACK, "currency": "EUR"}}
    headers = {"Idempotency-Key": "a story"}
    answer = await world.api.post(f"/orders/{order}/refunds", json=body, headers=headers)
    mails = (await world.view(order))["mails"]
    told = any(one["kind"] == "refunded" and one["state"] != "sending" for one in mails)
    return answer.is_success and told and await _deliver(world, order)


async def _send_what_is_there(world: World, order: str) -> bool:
    """The first shipment goes its way; once the courier has it, the rest comes in."""
    shipments = (await world.view(order))["shipments"]
    first = next((one for one in shipments if one["shipment"] == f"{order}-s1"), None)
    status = "" if first is None else first["status"]
    action = {"in_fulfilment": "picked", "ready_to_pack": "packed", "released": "handed_over"}
    if status in action:
        await world.wms(f"{order}-s1", action[status])
    return status == "shipped" and await deliver(world, order)


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
    return await _cancel(world, order)


_PICK, _PACK = _warehouse("picked"), _warehouse("packed")
_HAND_OVER = _warehouse("handed_over")
PULL = _warehouse("recall_result", outcome="pulled")
"""The warehouse has found the parcel that it was asked for."""


async def _terminate(world: World, order: str) -> bool:
    """Somebody terminates the workflow, and support has what it left undone."""
    if not await asyncio.to_thread(world.ledger, order, "sendgrid", "mail"):
        return False
    with suppress(RPCError):
        await world.handle(order).terminate()
    body = {"who": "support", "why": "it was terminated"}
    answer = await world.api.post(f"/orders/{order}/settle", json=body)
    if not answer.is_success:
        return False
    wait = datetime.fromisoformat(answer.json()["begins_at"]) - datetime.now(UTC)
    await world.environment.fast_forward(world.handle(aftermath_id(order)), wait)
    return True


@dataclass(frozen=True)
class Story:
    """What is done at which status, and how it must end. ``due`` is in cents."""

    name: str
    plays: Mapping[str, Play]
    ending: Ending
    mails: tuple[str, ...]
    authorized: int = 1
    captured: int = 0
    due: int = 4270
    pieces: int = 0
    """How many pieces have left the house for good."""
    missing: int = 0
    """How many were found missing, whatever becomes of the order."""
    order: Json = field(default_factory=dict[str, object])
    waits: bool = False
    """Whether its goods are not here when it comes."""
    labels: int = 1
    """How many are bought, one after the other, where nothing breaks."""
    replaced: bool = False
    """Whether something else may go in place of what is missing."""
    there: int = 0
    """How many pieces of what it waits for are here, and go ahead."""
    given_back: int = 0
    """What staff give back of what was taken; ``due`` is what is left."""
    settled: bool = False
    """Whether another workflow ends it, because its own was terminated."""

    def body(self, world: World) -> Json:
        """A new order of this story, to be placed by `place`."""
        body = world.body(**self.order)
        return made_scarce(body) if self.waits else body

    async def place(self, world: World, body: Json | None = None) -> str:
        """Place one; its id."""
        body = body or self.body(world)
        return await place(world, body, waits=self.waits, there=self.there, replaced=self.replaced)

    def workflow(self, order: str) -> str:
        """The id of the workflow that brings it to its end."""
        return aftermath_id(order) if self.settled else order


_TOO_MANY = demo_orders.order(
    "too-many", [demo_orders.line("1", "TEAPOT", "Teapot", 13, 6900)], demo_orders.card()
)

STORIES = (
    Story(
        "carried to the door",
        {
            "in_fulfilment": _PICK,
            "ready_to_pack": _PACK,
            "released": _HAND_OVER,
            "shipped": _deliver,
        },
        Ending.COMPLETED,
        ("confirmation", "shipped", "review"),
        captured=1,
        pieces=2,
    ),
    Story(
        "cancelled while it is picked",
        {"in_fulfilment": _cancel},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
    ),
    Story(
        "cancelled with its label printed",
        {"in_fulfilment": _PICK, "ready_to_pack": _cancel},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
    ),
    Story(
        "moved with its label printed, then cancelled",
        {"in_fulfilment": _PICK, "ready_to_pack": _move_then_cancel},
        Ending.CANCELLED,
        ("confirmation", "address_changed", "cancelled"),
        labels=2,
    ),
    Story(
        "recalled from the dock",
        {
            "in_fulfilment": _PICK,
            "ready_to_pack": _PACK,
            "released": _cancel,
            "recalling": PULL,
        },
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
        captured=1,
    ),
    Story(
        "declined by the bank",
        {},
        Ending.DECLINED,
        ("declined",),
        authorized=0,
        order={"payment": demo_orders.card("pm_card_visa_chargeDeclinedLostCard")},
    ),
    Story(
        "confirmed at the bank, then cancelled",
        {"awaiting_payment": _confirm, "in_fulfilment": _cancel},
        Ending.CANCELLED,
        ("payment_needed", "confirmation", "cancelled"),
        order={"payment": demo_orders.card("pm_card_authenticationRequired")},
    ),
    Story(
        "held for review and released, then cancelled",
        {"in_review": _release, "in_fulfilment": _cancel},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
        order={"payment": demo_orders.card("pm_card_riskLevelElevated")},
    ),
    Story(
        "out of stock",
        {},
        Ending.OUT_OF_STOCK,
        ("out_of_stock",),
        authorized=0,
        due=int(_TOO_MANY["total"]["gross"]),
        order={name: _TOO_MANY[name] for name in ("lines", "total", "shipping")},
    ),
    Story(
        "one piece is missing",
        {
            "in_fulfilment": _lack_a_mug,
            "ready_to_pack": _PACK,
            "released": _HAND_OVER,
            "shipped": _deliver,
        },
        Ending.COMPLETED,
        ("confirmation", "shipped", "review"),
        captured=1,
        due=2380,
        pieces=1,
        missing=1,
    ),
    Story(
        "something else goes in its place",
        {
            "in_fulfilment": _take_something_else,
            "ready_to_pack": _PACK,
            "released": _HAND_OVER,
            "shipped": _deliver,
        },
        Ending.COMPLETED,
        ("confirmation", "substitution", "shipped", "review"),
        captured=1,
        pieces=2,
        missing=1,
        replaced=True,
    ),
    Story(
        "backordered, served, then cancelled",
        {"backordered": deliver, "in_fulfilment": _cancel},
        Ending.CANCELLED,
        ("backordered", "confirmation", "cancelled"),
        waits=True,
    ),
    Story(
        "a part goes ahead, then the rest is cancelled",
        {
            "backordered": _send_what_is_there,
            "in_fulfilment": _cancel,
            "shipped": _deliver,
        },
        Ending.COMPLETED,
        ("backordered", "confirmation", "part_cancelled", "shipped", "review"),
        captured=1,
        due=2380,
        pieces=1,
        waits=True,
        there=1,
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
            "in_fulfilment": _PICK,
            "ready_to_pack": _PACK,
            "released": _HAND_OVER,
            "shipped": _give_back_then_deliver,
        },
        Ending.COMPLETED,
        ("confirmation", "shipped", "refunded", "review"),
        captured=1,
        due=4270 - GIVEN_BACK,
        given_back=GIVEN_BACK,
        pieces=2,
    ),
    Story(
        "terminated and settled",
        {"in_fulfilment": _PICK, "ready_to_pack": _terminate},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
        settled=True,
    ),
)
"""The first that reaches a point is the one in which it is broken."""


class Board:
    """Every order's status on record, looked at again and again."""

    def __init__(self, world: World) -> None:
        """Nothing is known yet."""
        self._world = world
        self.statuses: dict[str, str] = {}

    async def keep(self) -> None:
        """Look until cancelled."""
        while True:
            self.statuses = await asyncio.to_thread(self._read)
            await asyncio.sleep(_LOOK_SECONDS)

    def _read(self) -> dict[str, str]:
        with self._world.books.database.reading() as connection:
            rows = connection.execute(
                text("SELECT id, status FROM orders WHERE shop = :shop"), {"shop": self._world.shop}
            )
            return {str(order): str(status) for order, status in rows}


async def play(world: World, board: Board, order: str, story: Story) -> None:
    """Do what the story asks for, each thing once it took, until cancelled."""
    left = dict(story.plays)
    while left:
        status = board.statuses.get(order, "")
        try:
            if status in left and await left[status](world, order):
                del left[status]
        except (httpx.TransportError, SandboxRefusedError):
            pass  # it is tried again, as people do
        await asyncio.sleep(_LOOK_SECONDS)


async def end_of(world: World, order: str, story: Story) -> str:
    """Wait for the workflow that ends an order; what it came to, nothing after the button."""
    while True:
        try:
            result = await world.handle(story.workflow(order)).result()
        except WorkflowFailureError:
            return ""
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            if not story.settled:
                return str(result)
            return "cancelled" if result["undone"] else str(result["problems"])


async def settled(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel what still plays, and wait until nobody does."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
