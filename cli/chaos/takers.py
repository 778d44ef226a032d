"""Customers who are offered something else in place of what is missing: some take it, some do not,
some say nothing."""

from collections import Counter
from random import Random
from typing import Any

import httpx

Json = dict[str, Any]

_WORDS = ("accept", "accept", "refuse", "")
"""As often as each is said; nothing is an answer as well."""


class Takers:
    """Answers each offer once, through the shop or by telephone with staff."""

    def __init__(self, http: httpx.AsyncClient, seed: int) -> None:
        """``http`` bears the shop's key."""
        self._http = http
        self._seed = seed
        self._heard: set[str] = set()
        self.did: Counter[str] = Counter()

    async def hear(self, case: Json) -> None:
        """An open case says that a customer is asked. Raises what httpx does."""
        name = case["id"]
        if name in self._heard:
            return
        rng = Random(f"{self._seed}/taker/{name}")
        word, by_telephone = rng.choice(_WORDS), rng.random() < 0.3
        said = {"answer": word, "who": "the customer", "why": "drawn from the seed"}
        if word and by_telephone:
            await self._http.post(f"/cases/{name}/answer", json=said)
        elif word:
            page = (await self._http.get(f"/orders/{case['order']}")).raise_for_status().json()
            for offer in page["substitutions"]:
                path = f"/orders/{case['order']}/substitutions/{offer['id']}/answer"
                if offer["state"] == "offered":
                    await self._http.post(path, json=said)
        self._heard.add(name)
        self.did[word or "says nothing"] += 1
