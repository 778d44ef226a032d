"""Gates in a world's own worker: one order is held at one moment, all others go on."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.step import Request
from activities.substitution import OfferSubstitutes
from domain.ids import order_of
from tests.faults.cancel_table import Moment, Place
from tests.faults.plan import point_of

STATUS_OF_WAIT = {
    "goods": "backordered",
    "payment": "awaiting_payment",
    "release_or_reject": "in_review",
    "picked": "in_fulfilment",
    "packed": "ready_to_pack",
    "handed_over": "released",
    "delivered": "shipped",
    "review": "delivered",
    "recall_result": "recalling",
    "consent": "offered",
    "transfer payment": "awaiting_payment",
    "first picked": "s1 in_fulfilment",
    "first packed": "s1 ready_to_pack",
    "first handed_over": "s1 released",
    "first delivered": "s1 shipped",
    "second picked": "s2 in_fulfilment",
    "second packed": "s2 ready_to_pack",
    "second handed_over": "s2 released",
    "second recall_result": "s2 recalling",
}
"""What an order's record says during each of its waits, of the order or of a part of it."""


@dataclass
class Gate:
    """Holds an order at a moment of a place, until it is opened."""

    place: Place
    moment: Moment
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Whoever cancelled has done all that they do about it: people act again."""
    passed: bool = False
    """The place lies behind: whatever starts from now on is held."""

    async def starting(self, point: str) -> None:
        """An activity is asked for; nothing has happened yet."""
        here = not self.place.is_wait and point == self.place.name
        if (self.moment is Moment.BEFORE and here) or self.passed:
            await self._hold()

    async def done(self, point: str, request: Request) -> None:
        """An activity has had its effect; the order has not heard of it."""
        if self.place.is_wait:
            if self.moment is Moment.BEFORE and STATUS_OF_WAIT[self.place.name] in _tells(request):
                await self._hold()
        elif point == self.place.name:
            if self.moment is Moment.DURING:
                await self._hold()
            elif self.moment is Moment.AFTER:
                self.passed = True
                self.reached.set()

    async def _hold(self) -> None:
        self.reached.set()
        await self.opened.wait()


def _tells(request: Request) -> set[str]:
    """The statuses that an activity puts on record, of the order and of its shipments."""
    changes = (*request.journal.transitions, *((request.then,) if request.then else ()))
    parts = {f"{(one.shipment or '').rpartition('-')[2]} {one.status.value}" for one in changes}
    offered = {"offered"} if isinstance(request, OfferSubstitutes) else set[str]()
    return {one.of_order.value for one in changes} | parts | offered


class Gates(Interceptor):
    """All gates of a world, and the points that each order has come by."""

    def __init__(self) -> None:
        """Every order goes unhindered."""
        self.by_order: dict[str, Gate] = {}
        self.seen: dict[str, list[str]] = {}
        self.local: set[tuple[str, str]] = set()
        """Orders, and points of theirs within a workflow task: they hear nothing meanwhile."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 # the engine's own name
        """The SDK's hook."""
        return _Gated(next, self)


class _Gated(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, gates: Gates) -> None:
        super().__init__(inner)
        self._gates = gates

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 # the engine's own name
        info = activity.info()
        request = input.args[0]
        order = order_of(info.workflow_id or "")
        point = point_of(info.activity_type, request)
        self._gates.seen.setdefault(order, []).append(point)
        if info.is_local:
            self._gates.local.add((order, point))
        gate = self._gates.by_order.get(order)
        if gate is not None and not gate.opened.is_set():
            await gate.starting(point)
        result = await super().execute_activity(input)
        if gate is not None and not gate.opened.is_set():
            await gate.done(point, request)
        return result
