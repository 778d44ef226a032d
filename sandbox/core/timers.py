"""Things that happen by themselves once the sandbox's clock passes their moment."""

import asyncio
import heapq
import itertools
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sandbox.core.clock import Clock
from sandbox.core.store import Document, Store

TimerHandler = Callable[[Document], Awaitable[None]]
_KIND = "timer"
_LONGEST_SLEEP = 3600.0


class Timers:
    """Persisted timers. Each firing is one transaction: timer gone and its effect, or neither."""

    def __init__(self, store: Store, clock: Clock, report: Callable[[str, Exception], None]):
        self._store = store
        self._clock = clock
        self._report = report
        self._handlers: dict[str, TimerHandler] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._ties = itertools.count()
        self._changed = asyncio.Event()
        self._firing = asyncio.Lock()
        self.load()

    def load(self) -> None:
        """Take all waiting timers from the store."""
        waiting = self._store.list(_KIND)
        self._heap = [(timer["due"], next(self._ties), timer["id"]) for timer in waiting]
        heapq.heapify(self._heap)
        self._changed.set()

    def bind(self, kind: str, handler: TimerHandler) -> None:
        """Say who handles a kind of timer."""
        if kind in self._handlers:
            raise ValueError(f"timer kind {kind} is bound twice")
        self._handlers[kind] = handler

    def at(self, when: datetime, kind: str, payload: Document) -> str:
        """Fire `kind` with the payload once the clock reaches `when`; the timer's id."""
        if kind not in self._handlers:
            raise ValueError(f"nobody handles timers of kind {kind}")
        key, due = secrets.token_hex(8), when.timestamp()
        self._store.put(_KIND, key, {"id": key, "due": due, "kind": kind, "payload": payload})
        heapq.heappush(self._heap, (due, next(self._ties), key))
        self._changed.set()
        return key

    def after(self, seconds: float, kind: str, payload: Document) -> str:
        """`at`, counted in seconds from now."""
        return self.at(self._clock.now() + timedelta(seconds=seconds), kind, payload)

    def cancel(self, key: str) -> None:
        """Let the timer never fire, if it has not."""
        self._store.delete(_KIND, key)

    def due(self) -> list[Document]:
        """Timers whose moment has come and that have not fired yet."""
        now, first = self._now(), self._next_due()
        if first is None or first > now:
            return []
        return [timer for timer in self._store.list(_KIND) if timer["due"] <= now]

    def waiting(self, kind: str) -> list[Document]:
        """The payloads of all timers of a kind that have not fired yet."""
        return [timer["payload"] for timer in self._store.list(_KIND) if timer["kind"] == kind]

    async def advance(self, seconds: float) -> None:
        """Move the clock, stopping at each due timer so that chains happen in their order."""
        async with self._firing:
            target = self._clock.offset + timedelta(seconds=seconds)
            while (due := self._next_due()) is not None:
                needed = datetime.fromtimestamp(due, UTC) - datetime.now(UTC)
                if needed > target:
                    break
                self._clock.move_to(needed)
                await self._fire_first()
            self._clock.move_to(target)
            self._store.commit()
        self._changed.set()

    async def run(self) -> None:
        """Fire timers as real time passes, until cancelled."""
        while True:
            self._changed.clear()
            async with self._firing:
                while (due := self._next_due()) is not None and due <= self._now():
                    await self._fire_first()
            wait = _LONGEST_SLEEP if due is None else max(0.0, due - self._now())
            try:
                await asyncio.wait_for(self._changed.wait(), min(wait, _LONGEST_SLEEP))
            except TimeoutError:
                continue

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _next_due(self) -> float | None:
        while self._heap:
            due, _, key = self._heap[0]
            if self._store.get(_KIND, key) is not None:
                return due
            heapq.heappop(self._heap)
        return None

    async def _fire_first(self) -> None:
        _, _, key = heapq.heappop(self._heap)
        timer = self._store.get(_KIND, key)
        if timer is None:
            return
        try:
            await self._handlers[timer["kind"]](timer["payload"])
        except Exception as error:  # noqa: BLE001 - border: a vendor's bug must not stop the world's time
            self._store.rollback()
            self._report(f"timer {timer['kind']}", error)
        self._store.delete(_KIND, key)
        self._store.commit()
