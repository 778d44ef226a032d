"""Webhooks: something has come. They say which booking, and are signed."""

import hashlib
import hmac
import json

from sandbox.bank.ledger import PRIVATE
from sandbox.core.store import Document
from sandbox.core.world import World


def sign(section: Document, body: bytes, at: int) -> dict[str, str]:
    """`Bank-Signature` over "timestamp.body" with the endpoint's secret."""
    secret = str(section["webhook_secret"]).encode()
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"bank-signature": f"t={at},v1={digest}"}


def tell(world: World, booking: Document) -> None:
    """Tell the seller's system of a booking."""
    event = {"id": f"evt_{booking['id']}", "type": "booking.received", "booking": booking["id"]}
    event["reference"] = booking["reference"]
    world.webhooks.send("bank", event["type"], json.dumps(event), order=booking[PRIVATE])
