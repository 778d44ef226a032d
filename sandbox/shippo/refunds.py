"""Refunds: voiding a label that was not used."""

from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.shippo import courier, events, transactions
from sandbox.shippo.answers import RefusedError, api, missing, new_object, page, stamp, stored

KIND = "shippo.refund"
FINISH = "shippo.refund_decided"
FAULTS = ("refund_error", "refund_stuck")
_OPEN = ("QUEUED", "PENDING", "SUCCESS")


@api
async def create(world: World, request: ParsedRequest) -> Answer:
    """Ask for a label's price back: 201 QUEUED, then SUCCESS or ERROR.

    ERROR at once for a label that was never made, or whose parcel the courier has; 400 while
    another refund of the same label is under way or done.
    """
    key = str(request.json().get("transaction") or "")
    transaction = world.store.get(transactions.KIND, key)
    if transaction is None:
        text = f"Transaction with supplied object_id {key} not found."
        raise RefusedError(transaction=text if key else "This field is required.")
    if any(known["status"] in _OPEN for known in world.store.find(KIND, "transaction", key)):
        raise RefusedError(transaction="A refund was already requested for this transaction.")
    refund: Document = new_object(world, request) | {"transaction": key, "status": "QUEUED"}
    fault = request.fault.kind if request.fault else None
    _note(world, "label_refund_requested", transaction, refund)
    transaction["status"] = "REFUNDPENDING" if _made(transaction) else transaction["status"]
    if not _refundable(world, transaction):
        _end(world, refund, transaction, "ERROR")
    elif fault != "refund_stuck":
        wait = float(world.settings.section("shippo")["refund_after"])
        outcome = "ERROR" if fault == "refund_error" else "SUCCESS"
        world.timers.after(wait, FINISH, {"refund": refund["object_id"], "outcome": outcome})
    world.store.put(KIND, refund["object_id"], refund)
    _update(world, transaction)
    return Answer.json(refund, 201)


@api
async def retrieve(world: World, request: ParsedRequest) -> Answer:
    """A refund by its id."""
    found = world.store.get(KIND, request.path_params["id"])
    return missing() if found is None else Answer.json(found)


@api
async def list_all(world: World, request: ParsedRequest) -> Answer:
    """Refunds, newest first."""
    return page(request, world.store.list(KIND, newest_first=True))


async def finish_later(world: World, payload: Document) -> None:
    """The carrier has decided; a parcel that left meanwhile is not refunded."""
    refund = world.store.get(KIND, payload["refund"])
    if refund is None or refund["status"] not in ("QUEUED", "PENDING"):
        return
    transaction = stored(world, transactions.KIND, refund["transaction"])
    outcome = payload["outcome"] if _refundable(world, transaction) else "ERROR"
    _end(world, refund, transaction, outcome)
    world.store.put(KIND, refund["object_id"], refund)
    _update(world, transaction)


def _end(world: World, refund: Document, transaction: Document, outcome: str) -> None:
    refund |= {"status": outcome, "object_updated": stamp(world.clock.now())}
    refunded = outcome == "SUCCESS"
    if _made(transaction):
        transaction["status"] = "REFUNDED" if refunded else "REFUNDREJECTED"
    _note(world, "label_refunded" if refunded else "label_refund_refused", transaction, refund)


def _update(world: World, transaction: Document) -> None:
    transaction["object_updated"] = stamp(world.clock.now())
    world.store.put(transactions.KIND, transaction["object_id"], transaction)
    shown = transactions.shown(transaction)
    events.transaction(world, "transaction_updated", transaction, shown)


def _made(transaction: Document) -> bool:
    return bool(transaction["tracking_number"])


def _refundable(world: World, transaction: Document) -> bool:
    track = world.store.get(courier.TRACK, transaction["tracking_number"])
    return track is not None and not courier.in_hands(track)


def _note(world: World, kind: str, transaction: Document, refund: Document) -> None:
    fact = {"transaction": transaction["object_id"], "refund": refund["object_id"]}
    fact |= {name: transaction[name] for name in ("metadata", "rate", "tracking_number")}
    fact |= {"amount": transaction["amount_minor"], "currency": transaction["currency"]}
    world.ledger.append("shippo", kind, transaction["order"], fact)
