"""What is known of each order once all is quiet: ledgers, record, and the engine's own word."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError

from cli.chaos.traffic import Placed
from sandbox.client import LedgerEntry, SandboxClient

Json = dict[str, Any]

_AT_ONCE = 8
_TRIES = 30


@dataclass
class Evidence:
    """One order's file."""

    placed: Placed
    entries: list[LedgerEntry] = field(default_factory=list[LedgerEntry])
    page: Json = field(default_factory=dict[str, Any])
    engine: str = "unknown"
    result: str = ""
    activities: list[str] = field(default_factory=list[str])
    timers: list[datetime] = field(default_factory=list[datetime])
    """When those of an open order ring, the next one first."""
    told: list[int] = field(default_factory=list[int])
    listed: list[int] = field(default_factory=list[int])
    history: list[str] = field(default_factory=list[str])
    opens: datetime | None = None
    """When the warehouse begins to work, where the order came before that."""

    @property
    def status(self) -> str:
        """Where the record says that the order is."""
        return str(self.page.get("status", "not on record"))

    @property
    def ended(self) -> bool:
        """Whether the record says that it has ended."""
        return self.page.get("ended_at") is not None

    @property
    def cases(self) -> list[Json]:
        """Its cases, open and closed."""
        return list(self.page.get("cases", ()))

    @property
    def open_cases(self) -> list[Json]:
        """Cases that still wait for a person."""
        return [case for case in self.cases if not case.get("closed_at")]

    @property
    def reason(self) -> str:
        """Why it is open."""
        cases = [f"case {case['kind']}" for case in self.open_cases]
        timers = [f"{len(self.timers)} timer(s)"] if self.timers else []
        return ", ".join([*self.activities, *cases, *timers]) or "nothing"


def sort_ledger(
    placed: Sequence[Placed], entries: Iterable[LedgerEntry]
) -> tuple[dict[str, list[LedgerEntry]], list[LedgerEntry]]:
    """Each order's entries, and those that belong to none.

    An authorization that the shop's checkout made names no order; it belongs to the one that was
    placed with it.
    """
    sorted_out: dict[str, list[LedgerEntry]] = {one.order_id: [] for one in placed}
    by_intent = {one.intent: one.order_id for one in placed if one.intent}
    nobodys: list[LedgerEntry] = []
    for entry in entries:
        owner = entry.order or by_intent.get(str(entry.data.get("intent")), "")
        sorted_out.get(owner, nobodys).append(entry)
    return sorted_out, nobodys


class Collector:
    """Asks everybody about everything."""

    def __init__(self, api_url: str, key: str, sandbox: SandboxClient, engine: Client) -> None:
        """Over the same doors as everybody else."""
        self._http = httpx.AsyncClient(base_url=api_url, headers={"X-API-Key": key}, timeout=60)
        self._sandbox = sandbox
        self._engine = engine

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def collect(
        self, placed: Sequence[Placed], told: dict[str, list[int]]
    ) -> tuple[list[Evidence], list[LedgerEntry]]:
        """Every accepted order's file, and the ledger entries that are nobody's."""
        accepted = [one for one in placed if one.order_id]
        entries = await asyncio.to_thread(self._sandbox.ledger)
        by_order, nobodys = sort_ledger(accepted, entries)
        files = [
            Evidence(one, by_order[one.order_id], told=told.get(one.order_id, []))
            for one in accepted
        ]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def fill(file: Evidence) -> None:
            async with gate:
                await self._fill(file)

        await asyncio.gather(*(fill(file) for file in files))
        return files, nobodys

    async def _fill(self, file: Evidence) -> None:
        file.page = await self._page(file.placed.order_id)
        events = await self._page(f"{file.placed.order_id}/events")
        file.listed = [event["sequence"] for event in events.get("events", ())]
        handle = self._engine.get_workflow_handle(file.placed.order_id, result_type=str)
        try:
            description = await handle.describe()
        except RPCError as error:
            file.engine = f"unknown: {error.message}"
            return
        status = description.status
        file.engine = "unknown" if status is None else status.name
        file.activities = [
            f"{one.activity_type.name}, try {one.attempt}: {one.last_failure.message}"
            for one in description.raw_description.pending_activities
        ]
        if status is WorkflowExecutionStatus.COMPLETED:
            file.result = str(await handle.result())
        elif status is WorkflowExecutionStatus.RUNNING:
            file.timers = await running_timers(handle)

    async def _page(self, order: str) -> Json:
        for _ in range(_TRIES):
            try:
                answer = await self._http.get(f"/orders/{order}")
            except httpx.TransportError:
                pass
            else:
                if answer.is_success:
                    return answer.json()
            await asyncio.sleep(0.5)
        return {}


async def running_timers(handle: WorkflowHandle[Any, Any]) -> list[datetime]:
    """When the timers of an open order ring, the next one first."""
    running: dict[str, datetime] = {}
    async for event in handle.fetch_history_events():
        match event.event_type:
            case EventType.EVENT_TYPE_TIMER_STARTED:
                started = event.timer_started_event_attributes
                after = started.start_to_fire_timeout.ToTimedelta()
                running[started.timer_id] = event.event_time.ToDatetime(UTC) + after
            case EventType.EVENT_TYPE_TIMER_FIRED:
                running.pop(event.timer_fired_event_attributes.timer_id, None)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                running.pop(event.timer_canceled_event_attributes.timer_id, None)
            case _:
                continue
    return sorted(running.values())


async def summarize(engine: Client, file: Evidence) -> None:
    """Put a line for each event of the order's workflow into its file."""
    handle = engine.get_workflow_handle(file.placed.order_id)
    try:
        history = await handle.fetch_history()
        for event in json.loads(history.to_json())["events"]:
            kind = event.pop("eventType").removeprefix("EVENT_TYPE_")
            at, number = event.pop("eventTime"), event.pop("eventId")
            event.pop("taskId", None)
            file.history.append(f"{at} {number:>4} {kind} {event}"[:900])
    except RPCError as error:
        file.history.append(f"no history: {error.message}")
