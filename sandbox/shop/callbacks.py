"""A shop's callback receiver: Standard Webhooks signatures, every delivery recorded."""

import base64
import binascii
import hashlib
import hmac
import time

from sandbox.core.http import Answer, BadJsonError, ParsedRequest, object_of
from sandbox.core.store import Document
from sandbox.core.world import World

KIND = "shop.callback"
INDEX = "order"
_TOLERANCE_SECONDS = 300
_NEEDED = ("webhook-id", "webhook-timestamp", "webhook-signature")


class RefusedError(Exception):
    """Not signed by whom it claims to be from."""


def verify(secret: str, headers: dict[str, str], body: bytes, now: float) -> None:
    """Check the Standard Webhooks headers against `whsec_<base64>`. Raises RefusedError.

    The signed text is "id.timestamp.body"; several space-separated signatures may be sent while
    secrets are rotated, and one good one is enough. Five minutes of tolerance either way.
    """
    missing = [name for name in _NEEDED if name not in headers]
    if missing:
        raise RefusedError(f"missing headers {missing}")
    message, timestamp, signatures = (headers[name] for name in _NEEDED)
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > _TOLERANCE_SECONDS:
        raise RefusedError(f"timestamp {timestamp} is not within {_TOLERANCE_SECONDS} s")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise RefusedError("the shop's own secret is not base64") from error
    signed = f"{message}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    if not any(hmac.compare_digest(expected, given) for given in signatures.split()):
        raise RefusedError("no signature fits")


async def take(world: World, request: ParsedRequest) -> Answer:
    """One callback: 401 unless signed, else 204; the same webhook-id again is a duplicate."""
    shop = request.path_params["shop_id"]
    body = _body(request.body)
    order, number, type_ = (body.get(name) for name in ("order", "number", "type"))
    fact: Document = {
        "shop": shop,
        "id": request.headers.get("webhook-id"),
        "order": order,
        "number": number,
        "type": type_,
        "body": body,
    }
    secret = world.settings.section("shop")["secrets"].get(shop)
    try:
        if secret is None:
            raise RefusedError(f"no secret is set for shop {shop}")
        verify(secret, request.headers, request.body, time.time())
    except RefusedError as refusal:
        world.ledger.append("shop", "callback_refused", order, fact | {"reason": str(refusal)})
        return Answer.json({"error": str(refusal)}, 401)
    known = world.store.get(KIND, f"{shop}/{fact['id']}")
    received = fact | {"duplicate": known is not None}
    world.ledger.append("shop", "callback", order, received)
    if known is None:
        at = world.clock.now().isoformat()
        world.store.put(KIND, f"{shop}/{fact['id']}", fact | {"at": at, "deliveries": 1})
    else:
        known["deliveries"] += 1
        world.store.put(KIND, f"{shop}/{fact['id']}", known)
    return Answer.empty()


async def show(world: World, request: ParsedRequest) -> Answer:
    """Callbacks in order of first arrival, each once, with how often it was delivered."""
    order = request.query.get("order")
    found = world.store.list(KIND) if order is None else world.store.find(KIND, INDEX, order)
    return Answer.json({"callbacks": list(found)})


def _body(raw: bytes) -> Document:
    try:
        return object_of(raw)
    except BadJsonError:
        return {}
