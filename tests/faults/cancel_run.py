"""One cancel: an order brought to its gate, cancelled there, and judged at its end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from domain.ids import order_id
from sandbox.client import SandboxRefusedError
from sandbox.judge import Ending, judge
from tests.faults.cancel_table import Cell, Door, Moment, Share
from tests.faults.gates import STATUS_OF_WAIT, Gate, Gates
from tests.faults.plan import activity_of
from tests.faults.stories import PULL, PULL_SECOND, Board, Play, Story, end_of, settled
from tests.faults.verdict import differ, expected, money_on_record, on_record, view_after_a_look
from tests.world import PATIENCE, World, eventually

_REACH_SECONDS = 120.0
_END_SECONDS = 90.0
_ANSWER_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_HEARD = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED


async def _a_week_later(world: World, order: str) -> bool:
    # The outside world's clock stands still: other orders' authorizations would lapse.
    await world.environment.fast_forward(world.handle(order), timedelta(days=8))
    return True


def plays_of(story: Story) -> dict[str, Play]:
    """A story's plays, with the time to the review, and a warehouse that answers a recall."""
    pulls = {"recalling": PULL, "s2 recalling": PULL_SECOND}
    return {"delivered": _a_week_later, **pulls, **story.plays}


class Cancelling:
    """One cell, carried out."""

    def __init__(self, world: World, gates: Gates, board: Board, cell: Cell, story: Story) -> None:
        self._world = world
        self._gates = gates
        self._board = board
        self._cell = cell
        self._story = story
        self._body = story.body(world)
        self.order = order_id(world.shop, self._body["channel"], self._body["number"])
        self._gate = Gate(cell.place, cell.moment)

    async def problems(self) -> list[str]:
        """Carry it out; what is wrong."""
        self._gates.by_order[self.order] = self._gate
        await self._story.place(self._world, self._body, "label_stuck")
        plays = plays_of(self._story)
        player = asyncio.create_task(act(self._world, self._board, self.order, plays, self._gate))
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                await self._gate.reached.wait()
                await self._heard()
            heard = await self._heard_so_far()
            asking = asyncio.create_task(self._ask())
            await self._asked(asking, heard)
            if self._cell.outcome.accepted:
                # Whether a parcel leaves before the warehouse hears of the recall is luck.
                for status in set(plays) - self._goes_on:
                    del plays[status]
            self._gate.opened.set()
            told = [*await asking, *await self._case_answered()]
            self._gate.over.set()
            async with asyncio.timeout(_END_SECONDS):
                result = await end_of(self._world, self.order, self._story)
        except AssertionError as missed:
            return [str(missed)]
        except TimeoutError:
            status = self._board.statuses.get(self.order)
            return [f"not reached, or not ended: {status}, {self._gates.seen.get(self.order)}"]
        finally:
            self._gate.opened.set()
            await settled([player])
        return [*told, *await self._closing(result), *await self._judged()]

    @property
    def _some_left(self) -> bool:
        return self._cell.outcome.gone is not Share.NOTHING

    @property
    def _goes_on(self) -> set[str]:
        """What is still done once a cancel was accepted: what has left arrives."""
        arrives = {"shipped", "delivered"} if self._some_left else set[str]()
        return {"recalling", "s2 recalling"} | arrives

    def _ending(self) -> WorkflowHandle[Any, Any]:
        return self._world.handle(self._story.workflow(self.order))

    async def _heard(self) -> None:
        """After an activity: the order has its answer."""
        place = self._cell.place
        if self._cell.moment is not Moment.AFTER or place.is_wait:
            return
        local = (self.order, place.name) in self._gates.local

        async def in_history() -> bool:
            seen = self._gates.seen[self.order]
            before = seen[: seen.index(place.name) + 1]
            events = (await self._ending().fetch_history()).events
            if local:
                wanted = sum((self.order, point) in self._gates.local for point in before)
                return _count(events)["local"] >= wanted
            activity = activity_of(place.name)
            wanted = sum(activity_of(point) == activity for point in before)
            return _count(events)[activity] >= wanted

        await eventually(in_history, lambda: "", _REACH_SECONDS)

    async def _heard_so_far(self) -> int:
        """How many updates the order has taken."""
        events = (await self._world.handle(self.order).fetch_history()).events
        return sum(event.event_type == _HEARD for event in events)

    async def _asked(self, asking: asyncio.Task[list[str]], before: int) -> None:
        """Answered; or heard, where our own books are held at the gate, and answered after them."""

        async def in_history() -> bool:
            return asking.done() or await self._heard_so_far() > before

        await eventually(in_history, lambda: f"{self._cell}: nobody hears it", _REACH_SECONDS)
        await asyncio.wait([asking], timeout=_ANSWER_SECONDS)

    async def _ask(self) -> list[str]:
        if self._cell.door is Door.UI:
            return await self._press_the_button()
        outcome = self._cell.outcome
        body = {"who": "the customer", "why": str(self._cell)}
        way = f"/orders/{self.order}/cancel"
        answer = await self._world.api.post(way, json=body)
        while answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            # Whoever has waited too long asks the same again.
            answer = await self._world.api.post(way, json=body)
        problems = (
            []
            if answer.status_code == (202 if outcome.accepted else 409)
            else [f"answered {answer.status_code}: {answer.text}"]
        )
        return problems if outcome.words in answer.text else [f"told {answer.text}"]

    @property
    def _writes_own_books(self) -> bool:
        """Nobody is answered meanwhile."""
        return (self.order, self._cell.place.name) in self._gates.local

    async def _press_the_button(self) -> list[str]:
        handle = self._world.handle(self.order)
        await handle.cancel()
        if (await handle.describe()).close_time is not None:
            # The engine takes it and does nothing: there is nobody to hear it.
            return ["the workflow is closed"] if self._cell.outcome.accepted else []

        async def noticed() -> bool:
            if (await handle.describe()).close_time is not None:
                return True
            kinds = [event.event_type for event in (await handle.fetch_history()).events]
            if EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED not in kinds:
                return False
            at = kinds.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
            return (
                self._writes_own_books or EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED in kinds[at:]
            )

        await eventually(noticed, lambda: f"{self._cell}: the order does not notice")
        return []

    async def _case_answered(self) -> list[str]:
        """The button hears no refusal: support finds a case, and closes it."""
        if self._cell.door is not Door.UI or self._cell.outcome.words != "courier has the parcel":
            return []
        case = await self._world.until_case(self.order, "intercept")
        answer = await self._world.answer(case, "close")
        return [] if answer.is_success else [f"the case is not answered: {answer.text}"]

    async def _closing(self, result: str) -> list[str]:
        """How the workflow itself has closed."""
        outcome = self._cell.outcome
        closed = (await self._ending().describe()).status
        cancelled = outcome.accepted and outcome.status == Ending.CANCELLED.value
        if self._cell.door is Door.UI and cancelled:
            return differ("closed as", closed, WorkflowExecutionStatus.CANCELED)
        return differ("result", result or outcome.status, outcome.status)

    async def _judged(self) -> list[str]:
        """What is wrong once the shop has been told and the courier has taken labels back."""
        found: list[str] = []

        async def sound() -> bool:
            found[:] = await self._wrong()
            return not found

        with suppress(AssertionError):
            await eventually(sound, lambda: "", PATIENCE)
        return found

    async def _wrong(self) -> list[str]:
        world, outcome, story = self._world, self._cell.outcome, self._story
        view = await view_after_a_look(world, self.order)
        entries = await asyncio.to_thread(world.ledger, self.order)
        taken = outcome.taken.of(story.taken, story.rest_due)
        back = outcome.given_back.of(story.taken, story.rest_due)
        back += story.given_back if self._some_left else 0
        due = taken - back or story.due
        sums = judge(expected(self.order, story, Ending(outcome.status), due), entries)
        problems = list(sums.problems)
        problems += differ("callbacks", sums.callbacks, len(view["transitions"]))
        if story.transferred:
            net = sums.received - sums.sent_back
            problems += differ("at the bank", net, taken - back)
        else:
            problems += differ("captured", sums.captured, taken)
            problems += differ("refunded", sums.refunded, back)
        problems += money_on_record(view, story, sums)
        problems += differ("live labels", sums.labels_live, outcome.labels)
        gone = outcome.gone.of(story.pieces, story.rest_pieces) + story.missing
        problems += on_record(view, outcome.status, gone, story.shipments)
        may_be = outcome.maybe & set(story.mails)
        if not outcome.mails <= set(sums.mails) <= outcome.mails | may_be:
            problems.append(f"mails: {dict(sums.mails)}")
        most = max(story.authorized, 1)
        authorizations = sum(entry.kind == "authorization" for entry in entries)
        problems += [f"{authorizations} authorizations"] * (authorizations > most)
        return problems


async def act(
    world: World,
    board: Board,
    order: str,
    plays: dict[str, Play],
    gate: Gate | None = None,
) -> None:
    """Play what the story asks for; nobody moves while an order is held at its gate."""
    while plays:
        await asyncio.sleep(_LOOK_SECONDS)
        moments = board.moments(order)
        if gate is not None and not await _mayact(world, order, moments, gate):
            continue
        now = next((one for one in moments if one in plays), None)
        try:
            if now is not None and await plays[now](world, order):
                del plays[now]
        except (httpx.TransportError, SandboxRefusedError):
            continue


async def _mayact(world: World, order: str, moments: Sequence[str], gate: Gate) -> bool:
    """Whether people act now; at the wait that the gate is about they do so only after it."""
    if gate.over.is_set():
        return True
    if gate.reached.is_set():
        return False
    if not gate.place.is_wait or STATUS_OF_WAIT[gate.place.name] not in moments:
        return True
    if gate.moment is Moment.AFTER:
        gate.passed = True
        return True
    if gate.moment is Moment.DURING:
        description = await world.handle(order).describe()
        if not description.raw_description.pending_activities:
            gate.reached.set()
    return False


def _count(events: Sequence[HistoryEvent]) -> Counter[str]:
    """Completed activities by type; those within workflow tasks as "local"."""
    names = {
        event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }
    counted: Counter[str] = Counter()
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            done = event.activity_task_completed_event_attributes
            counted[names[done.scheduled_event_id]] += 1
        elif event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            counted["local"] += event.marker_recorded_event_attributes.marker_name.startswith(
                "core_local"
            )
    return counted
