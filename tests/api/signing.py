"""Webhooks signed as their providers sign them."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

STRIPE_SECRET = "whsec_of_this_test"
BANK_SECRET = "bank-secret-of-this-test"
SHIPPO_TOKEN = "token-of-this-test"
_SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SENDGRID_PUBLIC_KEY = base64.b64encode(
    _SENDGRID_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()


def stripe_headers(raw: bytes, *, secret: str = STRIPE_SECRET, age: float = 0) -> dict[str, str]:
    """``Stripe-Signature`` over time and raw body."""
    moment = str(int(time.time() - age))
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + raw, hashlib.sha256)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": f"t={moment},v1={signature.hexdigest()}",
    }


def bank_headers(raw: bytes, *, secret: str = BANK_SECRET, age: float = 0) -> dict[str, str]:
    """``Bank-Signature`` over time and raw body."""
    moment = str(int(time.time() - age))
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + raw, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "Bank-Signature": f"t={moment},v1={signature.hexdigest()}",
    }


def sendgrid_headers(raw: bytes, *, age: float = 0) -> dict[str, str]:
    """ECDSA over time and raw body."""
    moment = str(int(time.time() - age))
    signature = _SENDGRID_KEY.sign(moment.encode() + raw, ec.ECDSA(hashes.SHA256()))
    return {
        "Content-Type": "application/json",
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": moment,
    }


def stripe_event(
    kind: str, event_id: str = "evt_1", order: str | None = None, intent: str = "pi_1"
) -> bytes:
    """An event about a PaymentIntent."""
    intent_object = {
        "id": intent,
        "object": "payment_intent",
        "status": "succeeded",
        "amount": 3090,
        "amount_received": 3090,
        "currency": "eur",
        "metadata": {} if order is None else {"order": order},
    }
    return _raw(
        {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": intent_object},
        }
    )


def dispute_event(
    kind: str, event_id: str = "evt_1", intent: str = "pi_1", status: str = "needs_response"
) -> bytes:
    """An event about a dispute of a PaymentIntent."""
    dispute_object: dict[str, Any] = {
        "id": "du_1",
        "object": "dispute",
        "status": status,
        "amount": 3090,
        "currency": "eur",
        "payment_intent": intent,
        "metadata": {},
    }
    return _raw(
        {
            "id": event_id,
            "object": "event",
            "type": f"charge.dispute.{kind}",
            "created": int(time.time()),
            "data": {"object": dispute_object},
        }
    )


def bank_event(event_id: str, reference: str) -> bytes:
    """Something has come in; the account says what."""
    booking = {"booking": "bkg_1", "reference": reference}
    return _raw({"id": event_id, "type": "booking.received"} | booking)


def track(number: str, status: str, event_id: str) -> bytes:
    """A ``track_updated`` event."""
    return _raw(
        {
            "event": "track_updated",
            "test": True,
            "data": {
                "carrier": "dhl",
                "tracking_number": number,
                "tracking_status": {
                    "object_id": event_id,
                    "status": status,
                    "status_details": "on its way",
                    "status_date": "2026-03-02T10:00:00Z",
                },
            },
        }
    )


def mail_events(*events: tuple[str, str, str]) -> bytes:
    """A batch of (event, our key, event id)."""
    now = int(time.time())
    return _raw(
        [
            {"event": kind, "key": key, "sg_event_id": name, "timestamp": now, "email": "x@y.z"}
            for kind, key, name in events
        ]
    )


def _raw(body: Any) -> bytes:
    return json.dumps(body, indent=2).encode()
