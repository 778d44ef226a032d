"""Whoever keeps the catalogue: takes in what is one of a kind, loses what customs ask for, and
finds it again once somebody misses it."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import httpx

from cli.chaos.bodies import rare
from cli.chaos.shop import SHOP
from cli.chaos.traffic import Placed
from cli.chaos.watch import ENDED, Watch

Json = dict[str, Any]

_DECLARED = {"hs_code": "442090", "origin": "DE", "customs_name": "Cedar chest"}
_PIECES = 5
_LOOKS = 90


class Keeper:
    """Acts for those orders that have such a thing in them."""

    def __init__(self, api_url: str, admin_key: str, shop_key: str, watch: Watch) -> None:
        """The admin key is for the catalogue, the shop's for who looks at orders."""
        self._http = httpx.AsyncClient(base_url=api_url, timeout=15)
        self._admin, self._shop = {"X-API-Key": admin_key}, {"X-API-Key": shop_key}
        self._watch = watch
        self.brought: Counter[str] = Counter()

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def take_in(self, placed: Placed) -> None:
        """Before the order comes: the article, declared, and some pieces of it."""
        sku = placed.plan.undeclared
        if not sku:
            return
        await self._catalogue(sku, _DECLARED)
        body = {"sku": sku, "quantity": _PIECES}
        await self._sent("POST", "stock/receipts", body, {"Idempotency-Key": f"new {sku}"})
        self.brought[sku] += _PIECES

    async def lose(self, placed: Placed) -> None:
        """Once the order is accepted; until somebody asks for it, or the order has ended."""
        sku, order = placed.plan.undeclared, placed.order_id
        if not sku or not order:
            return
        await self._catalogue(sku, {})
        for _ in range(_LOOKS):
            if self._watch.status.get(order) in ENDED or await self._asked(order):
                break
            await asyncio.sleep(1)
        await self._catalogue(sku, _DECLARED)

    async def _asked(self, order: str) -> bool:
        with suppress(httpx.HTTPError):
            answer = await self._http.get(f"/orders/{order}", headers=self._shop)
            cases = answer.raise_for_status().json()["cases"]
            return any(one["kind"] == "no_rate" for one in cases)
        return False

    async def _catalogue(self, sku: str, customs: Json) -> None:
        ware = rare(sku)
        product = {
            "sku": sku,
            "name": ware.name,
            "barcodes": [f"41{sku.rpartition('-')[2]:0>11}"],
            "weight_grams": ware.grams,
            "bin": "C-01-1",
        }
        await self._sent("PUT", "products", {"products": [product | customs]}, {})

    async def _sent(self, method: str, path: str, body: Json, headers: dict[str, str]) -> None:
        """The same again until it is answered."""
        while True:
            with suppress(httpx.TransportError):
                answer = await self._http.request(
                    method, f"/shops/{SHOP}/{path}", json=body, headers=self._admin | headers
                )
                if answer.status_code < 500:
                    answer.raise_for_status()
                    return
            await asyncio.sleep(0.5)
