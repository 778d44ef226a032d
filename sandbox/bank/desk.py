"""What the seller's system asks of the bank, over HTTP."""

import hashlib

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.bank.ledger import (
    BOOKING,
    CLOSED,
    PRIVATE,
    TRANSFER,
    left_of,
    normal,
    shown,
)
from sandbox.core.http import Answer, ParsedRequest
from sandbox.core.store import Document
from sandbox.core.world import World

_KEY = "bank.key"
_PAGE = 100


class _Transfer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    booking: str
    amount: int = Field(gt=0)
    currency: str
    account: str
    holder: str
    reference: str = ""
    operation: str = Field(min_length=1)
    purpose: str


def _stranger(request: ParsedRequest) -> Answer | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return None
    return _no(401, "unauthorized", "a bearer token is needed")


def _no(status: int, code: str, reason: str) -> Answer:
    return Answer.json({"code": code, "reason": reason}, status)


async def account(world: World, request: ParsedRequest) -> Answer:
    """Where customers are to pay to."""
    section = world.settings.section("bank")
    names = ("account", "holder", "currency")
    return _stranger(request) or Answer.json({name: section[name] for name in names})


async def bookings(world: World, request: ParsedRequest) -> Answer:
    """Bookings after a position, in their order, or those under one reference."""
    query = request.query
    found = list(world.store.list(BOOKING))
    if "reference" in query:
        wanted = normal(query["reference"])
        found = [one for one in found if wanted and one["reference"] == wanted]
    else:
        after = query.get("after", "0")
        if not after.isdecimal():
            return _no(422, "malformed", f"after must be a number, not {after}")
        found = [one for one in found if one["position"] > int(after)][:_PAGE]
    return _stranger(request) or Answer.json({"bookings": [shown(one) for one in found]})


async def booking(world: World, request: ParsedRequest) -> Answer:
    """One booking."""
    return _one(world, request, "booking", BOOKING)


async def transfers(world: World, request: ParsedRequest) -> Answer:
    """What went out after a position, under a reference, of a booking, or for one operation."""
    found = list(world.store.list(TRANSFER))
    after = request.query.get("after")
    if after is not None:
        if not after.isdecimal():
            return _no(422, "malformed", f"after must be a number, not {after}")
        found = [one for one in found if one["position"] > int(after)][:_PAGE]
    for name in ("reference", "booking", "operation"):
        wanted = request.query.get(name)
        if wanted is not None:
            found = [one for one in found if one[name] == wanted]
    return _stranger(request) or Answer.json({"transfers": [shown(one) for one in found]})


async def sent(world: World, request: ParsedRequest) -> Answer:
    """One of the transfers that went out."""
    return _one(world, request, "transfer", TRANSFER)


def _one(world: World, request: ParsedRequest, what: str, kind: str) -> Answer:
    name = request.path_params[what]
    found = world.store.get(kind, name)
    if found is None:
        return _stranger(request) or _no(404, "unknown", f"no {what} {name}")
    return _stranger(request) or Answer.json(shown(found))


async def transfer(world: World, request: ParsedRequest) -> Answer:
    """Send back money of a booking, once for each Idempotency-Key. What is refused may be asked
    again under the same key."""
    key = request.idempotency_key
    stranger = _stranger(request)
    if stranger is not None or not key:
        return stranger or _no(400, "no_key", "an Idempotency-Key header is needed")
    digest = hashlib.sha256(request.body).hexdigest()
    before = world.store.get(_KEY, key)
    if before is not None and before["digest"] != digest:
        return _no(409, "key_reused", f"key {key} was used for another transfer")
    if before is not None:
        made = world.store.get(TRANSFER, before["transfer"]) or {}
        return Answer.json(shown(made), 201)
    try:
        wanted = _Transfer.model_validate_json(request.body)
    except ValidationError as error:
        return _no(422, "malformed", str(error))
    source = world.store.get(BOOKING, wanted.booking)
    refusal = _refusal(world, request, wanted, source)
    if refusal is not None or source is None:
        return refusal or _no(404, "unknown", f"no booking {wanted.booking}")
    return Answer.json(shown(_send(world, wanted, source, key, digest)), 201)


def _refusal(
    world: World, request: ParsedRequest, wanted: _Transfer, source: Document | None
) -> Answer | None:
    if source is None:
        return _no(404, "unknown", f"no booking {wanted.booking}")
    if source["currency"] != wanted.currency or source["account"] != wanted.account:
        return _no(422, "another_account", "money of a booking goes back to where it came from")
    if wanted.amount > left_of(world, source):
        return _no(409, "more_than_left", f"{left_of(world, source)} is left of {source['id']}")
    if request.fault is not None:
        return _no(422, "refused", str(request.fault.params.get("reason", "not possible")))
    if world.store.get(CLOSED, wanted.account) is not None:
        return _no(422, "account_closed", "the receiving account is closed")
    return None


def _send(world: World, wanted: _Transfer, source: Document, key: str, digest: str) -> Document:
    position = world.store.next_number(TRANSFER)
    name = f"trf_{position:08d}"
    made: Document = {"id": name, "position": position, **wanted.model_dump()}
    made["sent_at"] = world.clock.now().isoformat()
    world.store.put(TRANSFER, name, made)
    world.store.put(_KEY, key, {"digest": digest, "transfer": name})
    names = ("booking", "amount", "currency", "purpose", "operation")
    facts = {one: made[one] for one in names} | {"transfer": name, "intent": wanted.reference}
    world.ledger.append("bank", "sent_back", source[PRIVATE], facts)
    return made
