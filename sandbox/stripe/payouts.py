"""Payouts: what is available goes to the seller's bank, and may come back (Stripe docs: Payouts).

The bank is heard of `payout_arrives_after` seconds after it was sent. A payout that the control
calls automatic knows its transactions; one that the seller asked for by hand does not.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World, plain_error
from sandbox.stripe import balance, events
from sandbox.stripe.endpoint import Call
from sandbox.stripe.objects import BALANCE, PAYOUT, created_within, new_id, page, shown

ARRIVAL = "stripe.payout_arrival"
LIST_PARAMS = ("created", "status")
_DAY = 86400


def retrieve(call: Call) -> Document:
    """GET /v1/payouts/{id}."""
    return call.subject(PAYOUT, "payout")


def list_payouts(call: Call) -> Document:
    """GET /v1/payouts, by status and created."""
    found: Iterator[Document] = call.store.list(PAYOUT, newest_first=True)
    status = call.params.text("status")
    if status is not None:
        found = (one for one in found if one["status"] == status)
    return page(created_within(found, call.params), call.params, "/v1/payouts")


async def close(world: World, request: ParsedRequest) -> Answer:
    """`{"currency", "fails", "automatic", "amount"}`: pay out what is available of a currency, or
    by hand (`automatic` false) an `amount` of it."""
    body = request.json()
    currency = str(body.get("currency", "eur"))
    automatic = bool(body.get("automatic", True))
    included = [one for one in world.store.list(BALANCE) if _is_due(world, one, currency)]
    available = balance.totals(world)[0].get(currency, 0)
    amount = int(body.get("amount", available))
    if not 0 < amount <= available or (automatic and amount != available):
        return _refused(f"{available} {currency} are available, {amount} cannot be paid out")
    payout = _new(world, amount, currency, automatic=automatic)
    moved = balance.book(world, "payout", (-amount, currency), payout["id"], wait=0)
    payout["balance_transaction"] = moved
    world.store.put(PAYOUT, payout["id"], payout)
    if automatic:
        own = world.store.get(BALANCE, moved)
        for one in [*included, *([own] if own else [])]:
            one["_"] = {"payout": payout["id"]}
            world.store.put(BALANCE, one["id"], one)
    _record(world, "payout", payout)
    events.emit(world, "payout.created", payout, None)
    seconds = float(world.settings.section("stripe")["payout_arrives_after"])
    fails = bool(body.get("fails", False))
    world.timers.after(seconds, ARRIVAL, {"payout": payout["id"], "fails": fails})
    return Answer.json(shown(payout), 201)


async def fail(world: World, request: ParsedRequest) -> Answer:
    """The bank sends a payout back, even one that it had taken."""
    payout = world.store.get(PAYOUT, request.path_params["id"])
    if payout is None or payout["status"] in ("failed", "canceled"):
        return _refused("there is no such payout, or it has come back already")
    _come_back(world, payout)
    return Answer.json(shown(payout))


async def arrive(world: World, payload: Document) -> None:
    """The bank has it; or it sends it back."""
    payout = world.store.get(PAYOUT, payload["payout"])
    if payout is None or payout["status"] != "in_transit":
        return
    if payout["automatic"]:
        payout["reconciliation_status"] = "completed"
    if payload["fails"]:
        _come_back(world, payout)
        return
    payout["status"] = "paid"
    world.store.put(PAYOUT, payout["id"], payout)
    _record(world, "payout_paid", payout)
    events.emit(world, "payout.paid", payout, None)
    if payout["automatic"]:
        events.emit(world, "payout.reconciliation_completed", payout, None)


def _come_back(world: World, payout: Document) -> None:
    money = payout["amount"], payout["currency"]
    back = balance.book(world, "payout_failure", money, payout["id"], wait=0)
    payout |= {
        "status": "failed",
        "failure_balance_transaction": back,
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
    }
    world.store.put(PAYOUT, payout["id"], payout)
    _record(world, "payout_failed", payout)
    events.emit(world, "payout.failed", payout, None)


def _is_due(world: World, transaction: Document, currency: str) -> bool:
    due = transaction["available_on"] <= world.clock.timestamp()
    return due and transaction["currency"] == currency and payout_of(transaction) is None


def payout_of(transaction: Document) -> str | None:
    """The payout that a balance transaction is in, if any."""
    return transaction.get("_", {}).get("payout")


def _new(world: World, amount: int, currency: str, *, automatic: bool) -> Document:
    now = world.clock.timestamp()
    arrives = datetime.fromtimestamp(now + _DAY, UTC).replace(hour=0, minute=0, second=0)
    return {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": int(arrives.timestamp()),
        "automatic": automatic,
        "balance_transaction": None,
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT" if automatic else None,
        "destination": "ba_sandbox",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
        "_": {},
    }


def _record(world: World, kind: str, payout: Document) -> None:
    names = ("amount", "currency", "automatic", "status")
    facts = {name: payout[name] for name in names} | {"payout": payout["id"]}
    world.ledger.append("stripe", kind, None, facts)


def _refused(message: str) -> Answer:
    return Answer.json(plain_error(409, message), 409)
