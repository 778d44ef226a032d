"""The supplier of what is scarce: says when it comes, changes the day, and brings some of it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx

from cli.chaos.bodies import WARES
from cli.chaos.shop import SHOP

Json = dict[str, Any]

_PAUSE = 3.0
_SUPPLIED = frozenset(ware.sku for ware in WARES if ware.supplied)
_SCARCE = frozenset(ware.sku for ware in WARES if ware.scarce)


class Supplier:
    """Looks at what orders wait for. Goods that are not supplied never come."""

    def __init__(self, api_url: str, admin_key: str, seed: int) -> None:
        """Over real HTTP, as whoever books goods in."""
        headers = {"X-API-Key": admin_key}
        self._http = httpx.AsyncClient(base_url=api_url, headers=headers, timeout=15)
        self._rng = Random(f"{seed}/supplier")
        self._turn = 0
        self._under_way: tuple[str, Json] | None = None
        self.brought: Counter[str] = Counter()
        self.did: Counter[str] = Counter()

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def work(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(_PAUSE)
            try:
                await self._look()
            except (httpx.TransportError, httpx.HTTPStatusError):
                continue  # the API or its database is away

    async def finish(self) -> None:
        """Book what was being booked when the work was cancelled: it may have been, or not."""
        while self._under_way is not None:
            try:
                await self._book()
            except (httpx.TransportError, httpx.HTTPStatusError):
                await asyncio.sleep(1)

    async def _look(self) -> None:
        if self._under_way is not None:
            await self._book()
        answer = await self._http.get(f"/shops/{SHOP}/stock")
        for level in answer.raise_for_status().json()["levels"]:
            sku, waiting = level["sku"], level["waiting"]
            if sku not in _SCARCE or not waiting:
                continue
            if sku in _SUPPLIED and self._rng.random() < 0.5:
                self._turn += 1
                body = {"sku": sku, "quantity": self._rng.randint(1, waiting)}
                self._under_way = (f"supply-{self._turn}", body)
                await self._book()
            else:
                await self._say_when(sku)

    async def _book(self) -> None:
        """The same delivery under the same key, until it is answered."""
        if self._under_way is None:
            return
        key, body = self._under_way
        headers = {"Idempotency-Key": key}
        path = f"/shops/{SHOP}/stock/receipts"
        (await self._http.post(path, json=body, headers=headers)).raise_for_status()
        self._under_way = None
        self.brought[body["sku"]] += body["quantity"]
        self.did[f"brings {body['sku']}"] += body["quantity"]

    async def _say_when(self, sku: str) -> None:
        days = self._rng.choice((None, 3, 10))
        on = None if days is None else (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
        path = f"/shops/{SHOP}/stock/{sku}/expected"
        (await self._http.put(path, json={"on": on})).raise_for_status()
        self.did["names a day"] += 1
