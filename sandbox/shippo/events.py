"""Webhooks as Shippo sends them."""

import hashlib
import hmac
import json

from sandbox.core.store import Document
from sandbox.core.world import World


def sign(settings: Document, body: bytes, at: int) -> dict[str, str]:
    """`Shippo-Auth-Signature` where a secret was provisioned; else the URL is the only proof."""
    secret = settings["webhook_secret"]
    if not secret:
        return {}
    mac = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return {"shippo-auth-signature": f"t={at},v1={mac}"}


def transaction(world: World, event: str, transaction: Document, shown: Document) -> None:
    """`transaction_created` or `transaction_updated`."""
    _send(world, event, shown, transaction["order"])


def track(world: World, track: Document, shown: Document) -> None:
    """`track_updated`."""
    _send(world, "track_updated", shown, track["order"])


def _send(world: World, event: str, data: Document, order: str | None) -> None:
    body = {"event": event, "test": data.get("test", True), "data": data}
    world.webhooks.send("shippo", event, json.dumps(body, ensure_ascii=False), order=order)
