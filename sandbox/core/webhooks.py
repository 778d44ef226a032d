"""Calls that the outside world makes by itself: signed, repeated until heard, and faulted."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from sandbox.core.calls import Caller, Reply
from sandbox.core.faults import WEBHOOK, Faults
from sandbox.core.http import Fault
from sandbox.core.ledger import Ledger
from sandbox.core.settings import Settings
from sandbox.core.store import Document, Store
from sandbox.core.timers import Timers

Signer = Callable[[Document, bytes, int], dict[str, str]]
"""(settings section, body, Unix time) -> headers that prove who sent it."""
PENDING = "webhook"
TIMER = "core.webhook"
_LEDGER = "webhooks"
_LONGEST_PAUSE = 30.0
_LONGEST_WAIT_BEFORE_ANSWER = 5.0


@dataclass
class Delivery:
    """One call on its way. `bad_attempts` more attempts will carry a wrong signature."""

    id: str
    provider: str
    event: str
    url: str
    body: str
    order: str | None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    stop_on_4xx: bool = False
    then: tuple[str, Document] | None = None
    attempts: int = 0
    bad_attempts: int = 0
    releases: list[str] = field(default_factory=list[str])

    def ended_by(self, status: int) -> bool:
        """Whether this status is the last word."""
        return 200 <= status < 300 or (self.stop_on_4xx and 400 <= status < 500)


class Webhooks:
    """The queue. What is pending survives a restart; every end is in the ledger "webhooks".

    Signatures carry real time, not the sandbox's: the receiver checks its tolerance by its own
    clock, which nobody moved.
    """

    def __init__(
        self,
        store: Store,
        timers: Timers,
        ledger: Ledger,
        faults: Faults,
        settings: Settings,
        report: Callable[[str, Exception], None],
    ) -> None:
        self._store = store
        self._timers = timers
        self._ledger = ledger
        self._faults = faults
        self._settings = settings
        self._report = report
        self._signers: dict[str, Signer] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._urgent: list[str] = []
        self._held: dict[str, list[str]] = {}
        self._caller = Caller()
        timers.bind(TIMER, self._start)
        self._resume()

    def declare(self, provider: str, signer: Signer | None) -> None:
        """Say how a provider signs; None sends unsigned."""
        if signer is not None:
            self._signers[provider] = signer

    def send(
        self,
        provider: str,
        event: str,
        body: str | bytes,
        *,
        order: str | None = None,
        url: str | None = None,
        headers: dict[str, str] | None = None,
        stop_on_4xx: bool = False,
        then: tuple[str, Document] | None = None,
    ) -> None:
        """Queue one call; without a URL, here or in the settings, nobody listens."""
        target = url or self._settings.section(provider).get("webhook_url")
        if not target:
            return
        text = body if isinstance(body, str) else body.decode()
        fault = self._faults.fire(provider, WEBHOOK, text + (order or ""), event)
        for _ in range(self._copies(fault)):
            delivery = Delivery(
                id=f"dlv_{secrets.token_hex(8)}",
                provider=provider,
                event=event,
                url=target,
                body=text,
                order=order,
                headers=headers or {},
                stop_on_4xx=stop_on_4xx,
                then=then,
            )
            self._queue(delivery, fault)

    async def call(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Make one call now, outside the queue, and hear the answer."""
        return await self._caller.post(url, body, headers)

    async def ask(self, url: str, headers: dict[str, str]) -> Reply:
        """Look something up now, on the side that is called."""
        return await self._caller.get(url, headers)

    async def before_answer(self) -> None:
        """Let calls that must arrive before the running request's own answer do so."""
        urgent, self._urgent = self._urgent, []
        for key in urgent:
            await self._start({"id": key})
        tasks = [self._tasks[key] for key in urgent if key in self._tasks]
        if tasks:
            await asyncio.wait(tasks, timeout=_LONGEST_WAIT_BEFORE_ANSWER)

    def pending(self) -> list[Document]:
        """Calls not yet heard, without their bodies."""
        if not self._store.count(PENDING):
            return []
        shown = ("id", "provider", "event", "url", "order", "attempts")
        return [{name: doc[name] for name in shown} for doc in self._store.list(PENDING)]

    async def forget(self) -> None:
        """Stop whatever is on its way; for a reset or the end."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._urgent, self._held = [], {}

    async def close(self) -> None:
        """Stop, keeping what is pending for the next start."""
        await self.forget()
        self._caller.close()

    def _resume(self) -> None:
        """Take up calls that were on their way when the process was killed."""
        timed = {payload["id"] for payload in self._timers.waiting(TIMER)}
        for cut_off in self.pending():
            if cut_off["id"] not in timed:
                self._timers.after(0, TIMER, {"id": cut_off["id"]})

    def _copies(self, fault: Fault | None) -> int:
        if fault is None:
            return 1
        if fault.kind == "lost":
            return 0
        return int(fault.params.get("count", 2)) if fault.kind == "duplicate" else 1

    def _queue(self, delivery: Delivery, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        params = fault.params if fault else {}
        wait = float(self._settings.section("webhooks")["delay"])
        if kind == "hold":
            wait = float(params.get("seconds", 5))
        elif kind == "bad_signature":
            delivery.bad_attempts = int(params.get("attempts", 1))
        if kind == "reverse":
            # Leaves after the provider's next call was heard, or after `seconds` without one.
            wait = float(params.get("seconds", 5))
            self._held.setdefault(delivery.provider, []).append(delivery.id)
        else:
            delivery.releases = self._held.pop(delivery.provider, [])
        self._keep(delivery)
        if kind == "before_answer":
            self._urgent.append(delivery.id)
        # The timer stays even for urgent calls: it is what a restart would go by.
        self._timers.after(wait, TIMER, {"id": delivery.id})

    def _keep(self, delivery: Delivery) -> None:
        self._store.put(PENDING, delivery.id, asdict(delivery))

    async def _start(self, payload: Document) -> None:
        key = payload["id"]
        if key not in self._tasks and self._store.get(PENDING, key) is not None:
            task = asyncio.create_task(self._attempt(key))
            self._tasks[key] = task
            task.add_done_callback(lambda ended: self._ended(key, ended))

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._report(f"webhook {key}", error)

    async def _attempt(self, key: str) -> None:
        kept = self._store.get(PENDING, key)
        if kept is None:
            return
        delivery = Delivery(**kept)
        reply = await self.call(delivery.url, delivery.body.encode(), self._headers(delivery))
        delivery.attempts += 1
        delivery.bad_attempts = max(0, delivery.bad_attempts - 1)
        limit = int(self._settings.section("webhooks")["attempts"])
        if delivery.ended_by(reply.status) or delivery.attempts >= limit:
            self._end(delivery, reply)
        else:
            self._keep(delivery)
            pause = min(_LONGEST_PAUSE, 0.25 * 2 ** (delivery.attempts - 1))
            self._timers.after(pause, TIMER, {"id": delivery.id})
        self._store.commit()

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        headers = {"content-type": "application/json"} | delivery.headers
        signer = self._signers.get(delivery.provider)
        if signer is not None:
            signed = delivery.body.encode() + (b" " if delivery.bad_attempts else b"")
            section = self._settings.section(delivery.provider)
            headers |= signer(section, signed, int(time.time()))
        return headers

    def _end(self, delivery: Delivery, reply: Reply) -> None:
        self._store.delete(PENDING, delivery.id)
        heard = 200 <= reply.status < 300
        self._ledger.append(
            _LEDGER,
            "delivered" if heard else "given_up",
            delivery.order,
            {
                "provider": delivery.provider,
                "event": delivery.event,
                "attempts": delivery.attempts,
                "status": reply.status,
            },
        )
        for held in delivery.releases:
            self._timers.after(0, TIMER, {"id": held})
        if delivery.then is not None:
            kind, payload = delivery.then
            answered = {"status": reply.status, "answer": reply.text}
            self._timers.after(0, kind, payload | answered)
