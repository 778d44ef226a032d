"""Orders go in over HTTP, double and changed, and customers change their minds."""

import asyncio
import itertools
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from cli.chaos.complaints import complain
from cli.chaos.plan import OrderPlan, Way
from sandbox.client import SandboxClient

Json = dict[str, Any]

_LONGEST_PAUSE = 2.0
_SAME_KEY = 5
"""A checkout whose provider keeps a failure under its key begins anew after so many calls."""


@dataclass
class Placed:
    """One order, as its shop knows it."""

    plan: OrderPlan
    order_id: str = ""
    intent: str | None = None
    cancel_accepted: bool = False
    given_back: int = 0
    """What staff were told is given back, in minor units."""
    paid: str = ""
    """What its customer did who was asked for a bank transfer."""
    problems: list[str] = field(default_factory=list[str])

    @property
    def charged_here(self) -> bool:
        """Whether a payment provider, or the bank, has the money."""
        return self.plan.body["payment"]["terms"] in ("authorize", "payment_intent", "transfer")

    @property
    def by_transfer(self) -> bool:
        """Whether its money comes to the bank account."""
        return self.plan.transfer is not None


class Traffic:
    """Whoever places and cancels orders. A call that is not answered is made again."""

    def __init__(
        self, api_url: str, key: str, sandbox: SandboxClient, engine: Client, seed: int
    ) -> None:
        """Over real HTTP, and the engine's own cancel."""
        self._http = httpx.AsyncClient(base_url=api_url, headers={"X-API-Key": key}, timeout=15)
        self._stripe = httpx.AsyncClient(
            base_url=sandbox.base("stripe"),
            headers={"Authorization": "Bearer sk_test_sandbox"},
            timeout=30,
        )
        self._engine = engine
        self._seed = seed

    async def close(self) -> None:
        """Let all connections go."""
        await self._http.aclose()
        await self._stripe.aclose()

    async def place(self, placed: Placed) -> None:
        """Send one order as often as planned, until it is accepted; then another body."""
        plan = placed.plan
        body = plan.body
        if plan.checkout:
            placed.intent = await self._checkout(plan)
            body = body | {"payment": body["payment"] | {"payment_intent": placed.intent}}
        answers = await asyncio.gather(*(self._submit(body) for _ in range(plan.copies)))
        wrong = [answer for answer in answers if answer.status_code != 202]
        if wrong:
            placed.problems.append(f"POST answered {wrong[0].status_code}: {wrong[0].text[:500]}")
            return
        ids = {answer.json()["order"] for answer in answers}
        placed.order_id = min(ids)
        if len(ids) > 1:
            placed.problems.append(f"the same order became {sorted(ids)}")
        if plan.other_body:
            other = await self._submit(body | {"notes": "and a biscuit"})
            if other.status_code != 409:
                placed.problems.append(f"another body was answered {other.status_code}, not 409")

    async def change_mind(self, placed: Placed) -> None:
        """Cancel, if that was planned, at its moment."""
        cancel = placed.plan.cancel
        if cancel is None or not placed.order_id:
            return
        await asyncio.sleep(cancel.after)
        if cancel.way is Way.ENGINE:
            await self._cancel_at_engine(placed)
            return
        request = {"who": "the customer", "why": "changed their mind"}
        answer = await self._until_answered("POST", f"/orders/{placed.order_id}/cancel", request)
        placed.cancel_accepted = answer.status_code == 202
        if answer.status_code not in (202, 409):
            placed.problems.append(f"cancel answered {answer.status_code}: {answer.text[:500]}")

    async def amend(self, placed: Placed) -> None:
        """Amend, if that was planned, at its moment; that may be too early or too late."""
        amend = placed.plan.amend
        if amend is None or not placed.order_id:
            return
        await asyncio.sleep(amend.after)
        path = f"/orders/{placed.order_id}/amendments"
        answer = await self._until_answered("POST", path, amend.request)
        undeclared = placed.plan.undeclared and "no HS code" in answer.text
        if answer.status_code not in (202, 409) and not undeclared:
            placed.problems.append(f"amend answered {answer.status_code}: {answer.text[:500]}")

    async def give_back(self, placed: Placed) -> None:
        """Staff give something back, if that was planned, twice under one key; until it is taken,
        or it is plain that it cannot be."""
        wanted = placed.plan.goodwill
        if wanted is None or not placed.order_id or not placed.charged_here:
            return
        await asyncio.sleep(wanted.after)
        body, path = _goodwill(placed, wanted.percent), f"/orders/{placed.order_id}/refunds"
        for _ in range(_MOST_PRESSES):
            key = {"Idempotency-Key": "goodwill"}
            calls = (self._until_answered("POST", path, body, key) for _ in range(2))
            answers = await asyncio.gather(*calls)
            heard = [one for one in answers if one.status_code == 202]
            if heard:
                placed.given_back = int(heard[0].json()["money"]["amount"])
                return
            if "Nothing was taken yet" not in answers[0].text:
                if answers[0].status_code != 409:
                    placed.problems.append(f"a refund was answered {answers[0].text[:500]}")
                return
            await asyncio.sleep(0.5)

    async def complain(self, placed: Placed) -> None:
        """The customer complains, if that was planned, once something has left."""
        wanted = placed.plan.complaint
        if wanted is not None and placed.order_id:
            line = str(placed.plan.body["lines"][0]["id"])
            placed.problems += await complain(self._call, placed.order_id, line, wanted)

    async def _call(self, method: str, path: str, body: Json | None, key: str) -> httpx.Response:
        return await self._until_answered(method, path, body, {"Idempotency-Key": key})

    async def _cancel_at_engine(self, placed: Placed) -> None:
        handle = self._engine.get_workflow_handle(placed.order_id)
        for _ in range(20):
            try:
                await handle.cancel()
            except RPCError:  # it is away, the order is not started yet, or it has ended
                await asyncio.sleep(0.5)
            else:
                return

    async def _submit(self, body: Json) -> httpx.Response:
        return await self._until_answered("POST", "/orders", body)

    async def _until_answered(
        self, method: str, path: str, body: Json | None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Again after no answer, and after one that says that we are at fault, not the caller."""
        pause = 0.1
        while True:
            try:
                answer = await self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                pass  # it may have been done: the same call again tells
            else:
                if answer.status_code < 500 and answer.status_code != 429:
                    return answer
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _checkout(self, plan: OrderPlan) -> str:
        """Authorize as the shop's own checkout does, before the order is placed."""
        form = {
            "amount": str(plan.body["total"]["gross"]),
            "currency": str(plan.body["currency"]).lower(),
            "capture_method": "manual",
            "payment_method": Random(f"{self._seed}/{plan.number}").choice(_CHECKOUT_CARDS),
            "allowed_payment_method_types[]": "card",
            "confirm": "true",
        }
        for turn in itertools.count():
            headers = {"Idempotency-Key": f"checkout-{plan.number}-{turn // _SAME_KEY}"}
            try:
                answer = await self._stripe.post("/v1/payment_intents", data=form, headers=headers)
            except httpx.TransportError:
                pass  # the same key again finds what was made
            else:
                if answer.is_success:
                    try:
                        return str(answer.json()["id"])
                    except ValueError:
                        pass  # cut short on the way
            await asyncio.sleep(0.3)
        raise AssertionError("never reached")


def _goodwill(placed: Placed, percent: int) -> Json:
    """A share of the order; of KWD in tens of fils."""
    currency = str(placed.plan.body["currency"])
    amount = int(placed.plan.body["total"]["gross"]) * percent // 100
    amount = max(10, amount - amount % 10)
    money = {"amount": amount, "currency": currency}
    return {"kind": "goodwill", "who": "the desk", "why": "sorry", "amount": money}


_MOST_PRESSES = 40
_CHECKOUT_CARDS = ("pm_card_visa", "pm_card_mastercard")
