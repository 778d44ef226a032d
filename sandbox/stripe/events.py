"""Events: kept for listing, and sent as signed webhooks (Stripe docs: Webhooks)."""

import hashlib
import hmac
import json

from sandbox.core.store import Document
from sandbox.core.world import World
from sandbox.stripe.objects import EVENT, new_id, shown

API_VERSION = "2026-10-28.endive"

DEFAULT_EVENTS = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "charge.captured",
    "charge.expired",
    "charge.refunded",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "review.opened",
    "review.closed",
    "payout.paid",
    "payout.failed",
    "payout.reconciliation_completed",
)
"""What the webhook endpoint is subscribed to unless the settings say otherwise."""


def sign(section: Document, body: bytes, at: int) -> dict[str, str]:
    """`Stripe-Signature` over "timestamp.body" with the endpoint's secret."""
    secret = str(section["webhook_secret"]).encode()
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={at},v1={digest}"}


def emit(
    world: World,
    kind: str,
    subject: Document,
    order: str | None,
    request: Document | None = None,
) -> None:
    """Record an event with the object as it stands, and send it if the endpoint wants its kind."""
    settings = world.settings.section("stripe")
    wanted = settings["webhook_events"]
    event: Document = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": world.clock.timestamp(),
        "data": {"object": shown(subject)},
        "livemode": False,
        "pending_webhooks": 1 if settings["webhook_url"] else 0,
        "request": request or {"id": None, "idempotency_key": None},
        "type": kind,
    }
    world.store.put(EVENT, event["id"], event)
    if wanted is not None and kind not in wanted:
        return
    world.webhooks.send("stripe", kind, json.dumps(event, ensure_ascii=False), order=order)
