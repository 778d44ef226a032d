"""Customers whose payment failed: each tries another card, goes to the bank, or does nothing."""

import asyncio
import re
from collections import Counter
from random import Random
from typing import Any

import httpx

from cli.chaos.bodies import BAD_CARDS, GOOD_CARDS
from cli.chaos.watch import Watch
from sandbox.client import SandboxClient, SandboxRefusedError

Json = dict[str, Any]

_PAUSE = 0.5
_INTENT = re.compile(r"\bpi_\w+")


class Payers:
    """Acts once each time that an order says it is not paid."""

    def __init__(
        self, api_url: str, key: str, sandbox: SandboxClient, watch: Watch, seed: int
    ) -> None:
        """``watch`` says which orders wait for their money, and why."""
        self._http = httpx.AsyncClient(base_url=api_url, headers={"X-API-Key": key}, timeout=15)
        self._sandbox = sandbox
        self._watch = watch
        self._seed = seed
        self._acted: set[tuple[str, int]] = set()
        self.did: Counter[str] = Counter()

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def work(self) -> None:
        """Go on until cancelled."""
        while True:
            waiting = [
                (order, self._watch.sequences[order][-1])
                for order, status in self._watch.status.items()
                if status == "awaiting_payment"
            ]
            for turn in waiting:
                if turn not in self._acted and await self._act(*turn):
                    self._acted.add(turn)
            await asyncio.sleep(_PAUSE)

    async def _act(self, order: str, sequence: int) -> bool:
        """Do what this customer does this time; False where it has to be tried again."""
        rng = Random(f"{self._seed}/payer/{order}/{sequence}")
        intent = _INTENT.search(self._watch.detail.get(order, ""))
        dice = rng.random()
        if dice < 0.15:
            self.did["does nothing"] += 1
            return True
        if intent is not None and dice < 0.75:
            return await self._go_to_the_bank(intent[0], "failed" if dice < 0.3 else "succeeded")
        cards = BAD_CARDS if dice < 0.4 else GOOD_CARDS
        return await self._offer(order, rng.choice(cards))

    async def _go_to_the_bank(self, intent: str, outcome: str) -> bool:
        try:
            await asyncio.to_thread(self._sandbox.complete_3ds, intent, outcome)
        except SandboxRefusedError:  # it has been let go of
            pass
        except httpx.TransportError:
            return False
        self.did[f"confirmation {outcome}"] += 1
        return True

    async def _offer(self, order: str, card: str) -> bool:
        body = {"terms": "authorize", "payment_method": card}
        try:
            answer = await self._http.post(f"/orders/{order}/payment-method", json=body)
        except httpx.TransportError:
            return False
        if answer.is_success:
            self.did["offers another card"] += 1
        return answer.status_code < 500
