"""The support desk: every case that needs a person gets an answer, drawn from the seed."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import httpx

from cli.chaos.floor import Floor
from cli.chaos.takers import Takers

Json = dict[str, Any]

_SELF_CLOSING = frozenset({"stuck"})
_TELEPHONE = {
    "pick_overdue": ("in_fulfilment",),
    "pack_overdue": ("picked", "ready_to_pack"),
    "hand_over_overdue": ("released", "recalling"),
    "intercept": ("recalling",),
    "delivery_overdue": ("shipped",),
}
"""What is late, and where an order stands that still waits for it."""
_RING_EVERY = 3.0
_MOST_RINGS = 8
_PAGE = 200


class Desk:
    """Answers open cases after a moment; telephones with warehouse and courier about late ones."""

    def __init__(
        self,
        api_url: str,
        key: str,
        floor: Floor,
        seed: int,
        status: Callable[[str, str | None], str],
    ) -> None:
        """``status`` says where one of an order's shipments is."""
        self._http = httpx.AsyncClient(base_url=api_url, headers={"X-API-Key": key}, timeout=15)
        self._floor = floor
        self._seed = seed
        self._status = status
        self._asked: Counter[str] = Counter()
        self._rang: dict[str, float] = {}
        self.takers = Takers(self._http, seed)
        self.answers: Counter[str] = Counter()
        self.answered_at = time.monotonic()

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def work(self) -> None:
        """Go on until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self._floor.look)
                await asyncio.to_thread(self._floor.ask_after, self._status)
                # Customers think about an offer for less long than staff take for a case.
                cases = await self._open_cases()
                for case in sorted(cases, key=lambda one: one["kind"] != "substitution"):
                    await self._see_to(case)
            except (httpx.TransportError, httpx.HTTPStatusError):
                pass  # the API is away, or the sandbox is busy: next time
            await asyncio.sleep(1)

    async def _open_cases(self) -> list[Json]:
        found: list[Json] = []
        after = ""
        while True:
            page = await self._http.get("/cases", params={"limit": _PAGE, "after": after})
            body = page.raise_for_status().json()
            found += body["cases"]
            if not body["next"]:
                return found
            after = body["next"]

    async def _see_to(self, case: Json) -> None:
        kind = case["kind"]
        if kind in _SELF_CLOSING:
            return
        if kind == "substitution":
            await self.takers.hear(case)
            return
        if kind in _TELEPHONE and self._goes_on(case):
            await self._ring(case)
            return
        answer = self._choice(case)
        said = {"answer": answer, "who": "the desk", "why": "drawn from the seed"}
        reply = await self._http.post(f"/cases/{case['id']}/answer", json=said)
        if reply.is_success:
            self.answers[f"{kind} {answer}"] += 1
            self.answered_at = time.monotonic()

    def _goes_on(self, case: Json) -> bool:
        """Whether the order still waits for what the case is about."""
        return self._status(case["order"], case.get("shipment")) in _TELEPHONE[case["kind"]]

    async def _ring(self, case: Json) -> None:
        now = time.monotonic()
        name = f"call about {case['id']}"
        rested = now - self._rang.get(case["id"], 0) >= _RING_EVERY
        if rested and self._asked[name] < _MOST_RINGS and case.get("shipment"):
            self._asked[name] += 1
            self._rang[case["id"]] = now
            await asyncio.to_thread(self._floor.tell_again, case["shipment"], case["kind"])

    def _choice(self, case: Json) -> str:
        """What a provider refused is tried again rather than done by hand: the desk has no hands
        at the providers. A third of those who may cancel do so in the end."""
        allowed: list[str] = case["answers"]
        name = f"{case['order']} {case['kind']}"
        self._asked[name] += 1
        rng = Random(f"{self._seed}/desk/{name}/{self._asked[name]}")
        if case["kind"] in ("label_costs_more", "backorder_ends"):
            return rng.choice(allowed)
        if case["kind"] == "review":
            return "reject" if rng.random() < 0.25 else "release"
        if "retry" in allowed:
            give_up = "cancel" in allowed and rng.random() < 0.3
            return "cancel" if give_up else "retry"
        return rng.choice(allowed)
