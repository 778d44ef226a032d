"""Customers who pay by bank transfer, and whoever looks after the account, where nobody can tell
whose money it is."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from cli.chaos.traffic import Placed
from cli.chaos.transfers import Paying
from cli.chaos.watch import ENDED, Watch
from domain.creditor_reference import creditor_reference
from sandbox.client import SandboxClient

Json = dict[str, Any]

_NOBODYS = "RF18539007547034"
_ELSEWHERE = "DE11520513735120710131"
_PATIENCE = 90.0
_PAUSE = 0.3


class Transferrers:
    """Pays each order as its plan says, once it is asked for its money."""

    def __init__(
        self, api_url: str, admin_key: str, shop_key: str, sandbox: SandboxClient, watch: Watch
    ) -> None:
        """The admin key is for who looks after the account, the shop's for who looks at orders."""
        self._http = httpx.AsyncClient(base_url=api_url, timeout=15)
        self._admin, self._shop = {"X-API-Key": admin_key}, {"X-API-Key": shop_key}
        self._sandbox = sandbox
        self._watch = watch

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def pay(self, placed: Placed) -> None:
        """Do what this customer does."""
        wanted, order = placed.plan.transfer, placed.order_id
        if wanted is None or not order:
            return
        waits = await self._until(lambda: self._status(order) == "awaiting_payment", order)
        if not waits:
            return
        await asyncio.sleep(wanted.after)
        due = await self._due(placed)
        if wanted.paying is Paying.ASTRAY:
            booking = await self._send(order, due, reference=_NOBODYS)
            if booking:
                await self._whose(booking, placed, owned=wanted.owned)
        elif wanted.paying is Paying.LATE:
            await self._until(lambda: self._status(order) in ENDED, order)
            await self._send(order, due)
        else:
            part = _part(due, wanted.share)
            sums = {
                Paying.IN_FULL: (due,),
                Paying.IN_PARTS: (part, due - part),
                Paying.TOO_MUCH: (due + part,),
                Paying.TWICE: (due, due),
                Paying.A_PART: (part,),
                Paying.NEVER: (),
            }
            for place, amount in enumerate(sums[wanted.paying]):
                await asyncio.sleep(2 * bool(place))
                await self._send(order, amount, **({"account": _ELSEWHERE} if place else {}))
        placed.paid = wanted.paying.value

    def _status(self, order: str) -> str:
        return self._watch.status.get(order, "")

    async def _until(self, true: Callable[[], bool], order: str) -> bool:
        """Whether it came true before the order ended."""
        for _ in range(round(_PATIENCE / _PAUSE)):
            if true():
                return True
            if self._status(order) in ENDED:
                return False
            await asyncio.sleep(_PAUSE)
        return False

    async def _due(self, placed: Placed) -> int:
        """What the order comes to by now: it may have been amended."""
        with suppress(httpx.HTTPError, KeyError):
            answer = await self._http.get(f"/orders/{placed.order_id}", headers=self._shop)
            return int(answer.raise_for_status().json()["order"]["total"]["gross"])
        return int(placed.plan.body["total"]["gross"])

    async def _send(self, order: str, amount: int, reference: str = "", **more: object) -> Json:
        """Once: who is not sure whether a transfer went out does not send another one."""
        reference = reference or creditor_reference(order)
        with suppress(httpx.TransportError):
            return await asyncio.to_thread(
                self._sandbox.transfer, reference, amount, order=order, **more
            )
        return {}

    async def _whose(self, booking: Json, placed: Placed, *, owned: bool) -> None:
        """Whoever looks after the account says whose it is, or that it goes back."""
        answer = {"answer": "accept", "order": placed.order_id} if owned else {"answer": "reject"}
        said = answer | {"who": "the bookkeeper", "why": "drawn from the seed"}
        path = f"/transfers/strays/{booking['id']}/answer"
        for _ in range(round(_PATIENCE)):
            with suppress(httpx.TransportError):
                reply = await self._http.post(path, json=said, headers=self._admin)
                if reply.is_success:
                    return
                if reply.status_code not in (404, 409) and reply.status_code < 500:
                    placed.problems.append(f"a stray transfer was answered {reply.text[:300]}")
                    return
            await asyncio.sleep(1)


def _part(due: int, share: int) -> int:
    return min(max(1, due * share // 100), max(1, due - 1))
