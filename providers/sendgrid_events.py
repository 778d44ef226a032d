"""SendGrid's event webhook: verified, and told as what became of our mails.

Source: Twilio SendGrid, "Getting started with the Event Webhook security features" and "Event
webhook reference". Events come in batches, twice, and in any order.
"""

import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, Field, TypeAdapter
from sendgrid.helpers.eventwebhook import EventWebhook

from domain.mail import MailState
from providers.webhooks import WebhookRefused, from_epoch, utc_now

EVENTS: Mapping[str, MailState | None] = {
    "processed": MailState.PROCESSED,
    "delivered": MailState.DELIVERED,
    "bounce": MailState.BOUNCED,
    "dropped": MailState.BOUNCED,
    "deferred": None,
    "open": None,
    "click": None,
    "spamreport": None,
    "unsubscribe": None,
    "group_unsubscribe": None,
    "group_resubscribe": None,
    "account_status_change": None,
}
"""What each event says about a mail; None where it says nothing about its delivery."""


class MailEvent(NamedTuple):
    """What became of the mail with this outbox key, unique by ``event_id``."""

    key: str
    state: MailState
    at: datetime
    event_id: str


class _Event(BaseModel):
    event: str = ""
    timestamp: float = 0
    sg_event_id: Annotated[str, Field(max_length=250)] = ""
    key: str = ""


_BATCH = TypeAdapter(list[_Event])


class WebhookKeyMalformed(ValueError):
    """ORDERSAGA_SENDGRID_WEBHOOK_KEY cannot be used; the message says why."""


class SendGridWebhooks:
    """Reads batches of events that were signed for this account."""

    def __init__(self, public_key: str, tolerance: timedelta = timedelta(minutes=10)) -> None:
        """``public_key`` is base64 as SendGrid's settings page shows it.

        Raises:
            WebhookKeyMalformed: it is no public key.
        """
        try:
            self._webhook: Any = EventWebhook(public_key)
        except ValueError as error:
            raise WebhookKeyMalformed("it is no public key in base64") from error
        key: object = self._webhook.public_key
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise WebhookKeyMalformed("it is not for ECDSA")
        self._tolerance = tolerance

    def read(self, body: bytes, signature: str | None, timestamp: str | None) -> list[MailEvent]:
        """The events of our mails in a raw body, with the two ``X-Twilio-Email-Event-Webhook-``
        headers; an event that bears none of our keys is somebody else's.

        Raises:
            WebhookRefused: not signed by SendGrid, too old, or no batch of events.
        """
        self._authenticate(body, signature or "", timestamp or "")
        try:
            batch = _BATCH.validate_json(body)
            return [told for event in batch if (told := _told(event)) is not None]
        except ValueError as error:
            raise WebhookRefused("sendgrid", "the body is no batch", authentic=True) from error

    def _authenticate(self, body: bytes, signature: str, timestamp: str) -> None:
        try:
            sent = from_epoch(float(timestamp))
            genuine = self._webhook.verify_signature(body.decode(), signature, timestamp)
        except (ValueError, binascii.Error) as error:
            raise WebhookRefused("sendgrid", "the signature cannot be read") from error
        if not genuine:
            raise WebhookRefused("sendgrid", "the signature does not fit the body")
        if abs(utc_now() - sent) > self._tolerance:
            raise WebhookRefused("sendgrid", "the signature is too old")


def _told(event: _Event) -> MailEvent | None:
    state = EVENTS.get(event.event)
    if state is None or not event.key or not event.sg_event_id:
        return None
    return MailEvent(event.key, state, from_epoch(event.timestamp), event.sg_event_id)
