"""What orders are told: by signals straight at the workflow, by reports, by webhooks."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import text
from temporalio.service import RPCError, RPCStatusCode

from sandbox.judge import Ending
from tests.api.senders import PATHS
from tests.faults.verdict import view_after_a_look
from tests.scarce import deliver
from tests.world import Json, World
from workflows.order import OrderWorkflow

TIMES = 50
ON_THE_WAY = ("in_fulfilment", "picked", "ready_to_pack", "packed", "captured", "released")
AFTERWARDS = ("shipped", "delivered", "completed")
_DEFINITION: Any = getattr(OrderWorkflow, "__temporal_workflow_definition")
SIGNALS: tuple[str, ...] = tuple(sorted(_DEFINITION.signals))
"""Every signal of the order, by the engine's own word."""

REPORTS = tuple(path.rpartition("/")[2] for path in PATHS if path.startswith("/warehouse/"))
_BANK = "/webhooks/bank"
"""Its events are hints of money that these orders do not wait for: test_transfer has them."""
WEBHOOKS = tuple(
    path.split("/")[2] for path in PATHS if path.startswith("/webhooks/") and path != _BANK
)
"""Every report of the warehouse and every provider that calls, by the API's own word."""


def pick(order: str) -> Json:
    line = {"line": "1", "sku": "MUG-BLUE", "quantity": 2, "barcodes": ["4006381333931"]}
    return {"shipment": f"{order}-s1", "lines": [line]}


def pack(order: str) -> Json:
    parcel = {"weight_grams": 850, "lines": [{"line": "1", "quantity": 2}]}
    return {"shipment": f"{order}-s1", "parcels": [parcel]}


def sayings(order: str, tracking_number: str = "NOBODYS") -> dict[str, Json]:
    """What each signal says when it fits, but for its moment."""
    shipment = f"{order}-s1"
    at = "2026-03-02T10:00:00Z"
    event = {"id": "e1", "tracking_number": tracking_number, "status": "delivered", "at": at}
    return {
        "picked": pick(order),
        "packed": pack(order),
        "handed_over": {"shipment": shipment, "manifest": "M-1"},
        "recall_result": {"shipment": shipment, "outcome": "pulled"},
        "courier_event": event,
        "payment_news": {},
        "goods_news": {},
    }


async def tell(world: World, order: str, signal: str, *payloads: Any, plain: bool = False) -> bool:
    """Signal an order, past every border; False where the engine has no such open order.

    ``plain`` is how the engine's own command line and pages send it: without encryption.
    """
    client = world.environment.client if plain else world.client
    try:
        await client.get_workflow_handle(order).signal(signal, args=payloads)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def report(world: World, payload: Json, name: str, key: str) -> httpx.Response:
    """Report to the API what a signal says."""
    body = {field: value for field, value in payload.items() if field not in ("shipment", "id")}
    return await world.warehouse(payload["shipment"], name.replace("_", "-"), body, key)


# -- orders carried to their end, whatever they have been told already ----------------------------


async def carry_out(world: World, order: str) -> None:
    """Play everybody's part; what the order knows already is told again."""
    moves = {"in_fulfilment": "picked", "ready_to_pack": "packed", "released": "handed_over"}
    for status, move in moves.items():
        later = ON_THE_WAY[ON_THE_WAY.index(status) :]
        await world.until(order, *later, *AFTERWARDS)
        await world.wms(f"{order}-s1", move)
    await world.until(order, *AFTERWARDS)
    await world.courier(order, "DELIVERED")
    await world.until(order, "completed")


async def recall(world: World, order: str) -> None:
    """Cancel it on the dock; the warehouse finds the parcel."""
    await world.carry(order, "released")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")


async def confirm(world: World, order: str) -> None:
    """The customer confirms at the bank, and the order is carried out."""
    view = await world.until(order, "awaiting_payment")
    intent = re.search(r"\bpi_\w+", view["transitions"][-1]["detail"])
    assert intent is not None
    await asyncio.to_thread(world.sandbox.complete_3ds, intent[0])
    await world.until(order, *ON_THE_WAY)
    await carry_out(world, order)


async def serve(world: World, order: str) -> None:
    """What the order waits for comes, and it is carried out."""
    await world.until(order, "backordered")
    assert await deliver(world, order)
    await world.until(order, *ON_THE_WAY)
    await carry_out(world, order)


async def close_cases(world: World, order: str, *kinds: str) -> list[str]:
    """A person closes what is only to be known; the kinds that were open."""
    still_open = [one for one in (await world.view(order))["cases"] if not one["closed_at"]]
    for case in still_open:
        assert case["kind"] in kinds, case
        answer = await world.answer(case, "close")
        assert answer.is_success, answer.text
    return [case["kind"] for case in still_open]


async def ended_well(world: World, order: str, ending: Ending, **expected: Any) -> Json:
    """Nothing is lost, nothing was done twice, no case is left; the order's page."""
    await world.judged(order, ending, **expected)
    view = await view_after_a_look(world, order)
    assert view["status"] == ending.value
    statuses = [one["status"] for one in view["transitions"]]
    assert len(statuses) == len(set(statuses)), statuses
    assert [one for one in view["cases"] if not one["closed_at"]] == []
    assert sum(int(one["reserved"]) for one in view["stock"]) == 0
    gone = 2 if ending is Ending.COMPLETED else 0
    assert -sum(int(one["on_hand"]) for one in view["stock"]) == gone
    return view


# -- whatever is told is told again ---------------------------------------------------------------


@dataclass
class Echo:
    """Tells everything that comes in fifty times more, at once: to the API, and to the order."""

    world: World
    signals: set[str] = field(default_factory=set[str])
    """Those that an order was told again while it could hear."""
    reports: set[str] = field(default_factory=set[str])
    answers: set[int] = field(default_factory=set[int])

    async def keep(self, quiet: asyncio.Event) -> None:
        """Listen until it is quiet, and everything has been told."""
        last = 0
        async with asyncio.TaskGroup() as telling:
            while True:
                over = quiet.is_set()
                for number, *message in await asyncio.to_thread(self._after, last):
                    last = number
                    telling.create_task(self._again(*message))
                if over:
                    return
                await asyncio.sleep(0.02)

    async def _again(
        self, source: str, event_id: str, signal: str, order: str, payload: Json
    ) -> None:
        told = asyncio.gather(*(tell(self.world, order, signal, payload) for _ in range(TIMES)))
        if source.startswith("warehouse/"):
            self.reports.add(signal.replace("_", "-"))
            calls = (report(self.world, payload, signal, event_id) for _ in range(TIMES))
            self.answers |= {one.status_code for one in await asyncio.gather(*calls)}
        if any(await told):
            self.signals.add(signal)

    def _after(self, last: int) -> list[Any]:
        with self.world.books.database.reading() as connection:
            query = text(
                "SELECT id, source, event_id, signal, order_id, payload FROM inbox"
                " WHERE id > :last AND signal IS NOT NULL ORDER BY id"
            )
            return list(connection.execute(query, {"last": last}))


@asynccontextmanager
async def echoing(world: World) -> AsyncGenerator[Echo]:
    """An echo that ends with this block, when everything has been told."""
    echo, quiet = Echo(world), asyncio.Event()
    async with asyncio.TaskGroup() as listening:
        listening.create_task(echo.keep(quiet))
        try:
            yield echo
        finally:
            quiet.set()
