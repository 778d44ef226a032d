"""Stories that orders live through, and the hand that plays warehouse, courier and customer.

No story says which activities it needs: what each one reaches is seen in a run without faults.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from sqlalchemy import text
from temporalio.client import WorkflowFailureError
from temporalio.service import RPCError, RPCStatusCode

from cli import demo_orders
from domain.ids import order_id
from sandbox.client import SandboxRefusedError
from sandbox.judge import Ending, account
from tests.faults.plan import LABEL_WITHIN
from tests.scarce import deliver, made_scarce, place
from tests.world import Json, World
from workflows.aftermath import aftermath_id

Play = Callable[[World, str], Awaitable[bool]]
"""Something that somebody does about an order; whether it took."""

_LOOK_SECONDS = 0.2


def warehouse(action: str, place: int = 1, **body: str) -> Play:
    """The warehouse does something about the order's n-th shipment."""

    async def play(world: World, order: str) -> bool:
        reply = await world.wms(f"{order}-s{place}", action, **body)
        return 200 <= (reply["status"] or 0) < 300

    return play


async def bring(world: World, order: str) -> bool:
    """The courier brings every parcel that it has."""
    left = account(order, await asyncio.to_thread(world.ledger, order)).left
    for number in sorted(left):
        await asyncio.to_thread(world.sandbox.courier, number, "DELIVERED")
    return bool(left)


async def cancel(world: World, order: str) -> bool:
    """The customer does not want what is left of it any more."""
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
        return await cancel(world, order)
    address = view["order"]["shipping_address"] | {"line1": "Neue Straße 2"}
    body = {"who": "the customer", "why": "a story", "address": address}
    await world.api.post(f"/orders/{order}/shipping-address", json=body)
    return False


async def lack_a_mug(world: World, order: str) -> bool:
    """The warehouse finds one of two mugs, and staff have that one sent."""
    cases = (await world.view(order))["cases"]
    asked = [one for one in cases if one["kind"] == "short_pick" and not one["closed_at"]]
    if asked:
        return (await world.answer(asked[0], "ship")).is_success
    if not world.ledger(order, "wms", "picked"):
        mug = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
        await world.wms(f"{order}-s1", "picked", lines=[mug | {"short": "one broken"}])
    return False


async def _cancel_once_it_lives(world: World, order: str) -> bool:
    """The label that was given up comes to life, unless it is stuck for good, and nobody wants the
    order any more."""
    rules = await asyncio.to_thread(world.sandbox.faults)
    if any(rule["order"] == order and rule["kind"] == "label_stuck" for rule in rules):
        return await cancel(world, order)
    view = await world.view(order)
    kept = any(one["label"]["id"].endswith("-l1") for one in view["shipments"][0]["labels"])
    lives = len(await asyncio.to_thread(world.ledger, order, "shippo", "label_purchased")) > 1
    return (kept or lives) and await cancel(world, order)


async def _release(world: World, order: str) -> bool:
    """Somebody has looked at what was held, after the order asked the provider for its word."""
    view = await world.view(order)
    looked = any(one["operation"] == "look_at_review" for one in view["facts"])
    held = next((one for one in view["cases"] if one["kind"] == "review"), None)
    if held is None or not looked:
        return False
    return (await world.answer(held, "release")).is_success


PICK, PACK = warehouse("picked"), warehouse("packed")
HAND_OVER = warehouse("handed_over")
PULL = warehouse("recall_result", outcome="pulled")
PULL_SECOND = warehouse("recall_result", 2, outcome="pulled")
"""The warehouse has found the parcel that it was asked for, of the first or the second shipment."""


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
    """What is done at which status, and how it must end. ``due`` is in cents.

    A status is the order's, or, as "s2 released", that of one of its shipments, or "offered" while
    something else is offered to the customer.
    """

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
    elsewhere: bool = False
    """Whether its warehouse is late at once, and another one has its goods."""
    there: int = 0
    """How many pieces of what it waits for are here, and go ahead."""
    given_back: int = 0
    """What staff give back of what was taken; ``due`` is what is left."""
    settled: bool = False
    """Whether another workflow ends it, because its own was terminated."""
    hangs: float | None = None
    """For how many seconds its first label hangs, of which it is waited for 2."""
    transferred: bool = False
    """Whether it is paid by bank transfer, so that its money is at the bank."""
    rest_due: int = 0
    """What a second shipment costs."""
    rest_pieces: int = 0
    """How many of the pieces that have left went with it."""
    rest_back: bool = False
    """Whether the second shipment's money was taken and is given back, which ``due`` has not."""

    @property
    def shipments(self) -> int:
        """In how many its goods go."""
        return 2 if self.there else 1

    @property
    def taken(self) -> int:
        """All that is captured, or kept at the bank, before anything is given back."""
        return self.due + self.given_back + self.rest_back * self.rest_due

    def body(self, world: World) -> Json:
        """A new order of this story, to be placed by `place`."""
        body = world.body(**self.order)
        return made_scarce(body) if self.waits else body

    async def place(
        self, world: World, body: Json | None = None, hang: str = "label_queued"
    ) -> str:
        """Place one; its id. ``hang`` is the fault of a label that does."""
        body = body or self.body(world)
        if self.hangs is not None:
            order = order_id(world.shop, body["channel"], body["number"])
            world.sandbox.fault(
                "shippo", "create_transaction", hang, order=order, seconds=self.hangs
            )
        return await place(
            world,
            body,
            waits=self.waits,
            there=self.there,
            replaced=self.replaced,
            label_within=None if self.hangs is None else LABEL_WITHIN,
            elsewhere=self.elsewhere,
        )

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
            "in_fulfilment": PICK,
            "ready_to_pack": PACK,
            "released": HAND_OVER,
            "shipped": bring,
        },
        Ending.COMPLETED,
        ("confirmation", "shipped", "review"),
        captured=1,
        pieces=2,
    ),
    Story(
        "cancelled while it is picked",
        {"in_fulfilment": cancel},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
    ),
    Story(
        "cancelled with its label printed",
        {"in_fulfilment": PICK, "ready_to_pack": cancel},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
    ),
    Story(
        "moved with its label printed, then cancelled",
        {"in_fulfilment": PICK, "ready_to_pack": _move_then_cancel},
        Ending.CANCELLED,
        ("confirmation", "address_changed", "cancelled"),
        labels=2,
    ),
    Story(
        "recalled from the dock",
        {
            "in_fulfilment": PICK,
            "ready_to_pack": PACK,
            "released": cancel,
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
        {"awaiting_payment": _confirm, "in_fulfilment": cancel},
        Ending.CANCELLED,
        ("payment_needed", "confirmation", "cancelled"),
        order={"payment": demo_orders.card("pm_card_authenticationRequired")},
    ),
    Story(
        "held for review and released, then cancelled",
        {"in_review": _release, "in_fulfilment": cancel},
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
            "in_fulfilment": lack_a_mug,
            "ready_to_pack": PACK,
            "released": HAND_OVER,
            "shipped": bring,
        },
        Ending.COMPLETED,
        ("confirmation", "shipped", "review"),
        captured=1,
        due=2380,
        pieces=1,
        missing=1,
    ),
    Story(
        "backordered, served, then cancelled",
        {"backordered": deliver, "in_fulfilment": cancel},
        Ending.CANCELLED,
        ("backordered", "confirmation", "cancelled"),
        waits=True,
    ),
    Story(
        "its label hangs and is given up, then it is cancelled",
        {"in_fulfilment": PICK, "ready_to_pack": _cancel_once_it_lives},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
        labels=2,
        hangs=8,
    ),
    Story(
        "terminated and settled",
        {"in_fulfilment": PICK, "ready_to_pack": _terminate},
        Ending.CANCELLED,
        ("confirmation", "cancelled"),
        settled=True,
    ),
)


class Board:
    """Every order's status on record, looked at again and again."""

    def __init__(self, world: World) -> None:
        """Nothing is known yet."""
        self._world = world
        self.statuses: dict[str, str] = {}
        self._parts: dict[str, list[str]] = {}

    async def keep(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.to_thread(self._read)
            await asyncio.sleep(_LOOK_SECONDS)

    def moments(self, order: str) -> list[str]:
        """Where an order is, and where each part of it is: as a story's plays are named."""
        status = self.statuses.get(order, "")
        return [*self._parts.get(order, ()), status] if status else []

    def _read(self) -> None:
        named = {"shop": self._world.shop}
        parts: dict[str, list[str]] = {}
        with self._world.books.database.reading() as connection:
            orders = connection.execute(
                text("SELECT id, status FROM orders WHERE shop = :shop"), named
            ).all()
            shipments = connection.execute(
                text(
                    "SELECT handoffs.order_id, shipment, handoffs.status FROM handoffs JOIN orders "
                    "ON orders.id = order_id WHERE shop = :shop AND handoffs.status IS NOT NULL"
                ),
                named,
            )
            offers = connection.execute(
                text(
                    "SELECT order_id, state FROM substitutions JOIN orders "
                    "ON orders.id = order_id WHERE shop = :shop AND state = 'offered'"
                ),
                named,
            )
            for order, state in offers:
                parts.setdefault(str(order), []).append(str(state))
            for order, shipment, status in shipments:
                place = str(shipment).rpartition("-")[2]
                parts.setdefault(str(order), []).append(f"{place} {status}")
        self.statuses, self._parts = {str(order): str(status) for order, status in orders}, parts


async def play(world: World, board: Board, order: str, story: Story) -> None:
    """Do what the story asks for, each thing once it took, until cancelled."""
    left = dict(story.plays)
    while left:
        now = next((one for one in board.moments(order) if one in left), None)
        try:
            if now is not None and await left[now](world, order):
                del left[now]
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
