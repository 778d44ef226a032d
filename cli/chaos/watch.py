"""How far all orders have come, by the shop's own feed of events."""

import asyncio
import time
from typing import Any

import httpx

Json = dict[str, Any]

ENDED = frozenset({"completed", "cancelled", "declined", "out_of_stock"})
_PAGE = 200
_PAUSE = 0.3
_SHORT = 0.05
_LONGEST = 90.0


class Watch:
    """Follows `GET /events`, and remembers each order's changes of status as they were told."""

    def __init__(self, api_url: str, key: str) -> None:
        """Nothing is known yet."""
        self._http = httpx.AsyncClient(base_url=api_url, headers={"X-API-Key": key}, timeout=15)
        self._after = 0
        self.sequences: dict[str, list[int]] = {}
        self.status: dict[str, str] = {}
        self.detail: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self.moved_at = time.monotonic()

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    def where(self, order: str, shipment: str | None) -> str:
        """Where a shipment is, or its order, where that goes in one."""
        return self._parts.get(shipment or "") or self.status.get(order, "")

    async def until(self, order: str, *statuses: str) -> None:
        """Wait until an order is in one of these statuses, or has ended; 90 seconds at most."""
        for _ in range(round(_LONGEST / _SHORT)):
            status = self.status.get(order, "")
            if not order or status in statuses or status in ENDED:
                return
            await asyncio.sleep(_SHORT)

    @property
    def ended(self) -> int:
        """How many orders have ended."""
        return sum(status in ENDED for status in self.status.values())

    def ended_orders(self) -> list[str]:
        """Which orders have ended."""
        return [order for order, status in self.status.items() if status in ENDED]

    async def follow(self) -> None:
        """Read on until cancelled; a feed that is away is asked again."""
        while True:
            try:
                if await self.look() < _PAGE:
                    await asyncio.sleep(_PAUSE)
            except (httpx.TransportError, httpx.HTTPStatusError):
                await asyncio.sleep(_PAUSE)

    async def look(self) -> int:
        """Read one page; how many events it held. Raises what httpx does where it is away."""
        query = {"after": self._after, "limit": _PAGE}
        answer = (await self._http.get("/events", params=query)).raise_for_status().json()
        for event in answer["events"]:
            self.sequences.setdefault(event["order"], []).append(event["sequence"])
            self.status[event["order"]] = event.get("order_status") or event["status"]
            if event.get("order_status") and event.get("shipment"):
                self._parts[event["shipment"]] = event["status"]
            self.detail[event["order"]] = event.get("detail") or ""
            self.moved_at = time.monotonic()
        self._after = answer["next"]
        return len(answer["events"])
