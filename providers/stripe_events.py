"""Stripe's webhooks: verified on the raw body, and told in the domain's words.

They are hints only: the order's workflow owns its money and asks Stripe itself. Source: Stripe,
"Resolve webhook signature verification errors", "Types of events".
"""

from datetime import datetime, timedelta
from enum import StrEnum

import stripe
from pydantic import BaseModel

from domain.model import Model, OptionalText, Text
from domain.money import Money
from providers.stripe_units import from_stripe
from providers.webhooks import WebhookRefused, from_epoch


class StripeEventKind(StrEnum):
    """What happened to money, as far as an order cares."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    CANCELED = "canceled"
    FAILED = "failed"
    AUTHENTICATION_NEEDED = "authentication_needed"
    REFUND_CHANGED = "refund_changed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CHANGED = "dispute_changed"
    REVIEW_CHANGED = "review_changed"
    PAYOUT_CHANGED = "payout_changed"
    OTHER = "other"


KINDS: dict[str, StripeEventKind] = {
    "payment_intent.amount_capturable_updated": StripeEventKind.AUTHORIZED,
    "payment_intent.succeeded": StripeEventKind.CAPTURED,
    "payment_intent.canceled": StripeEventKind.CANCELED,
    "payment_intent.payment_failed": StripeEventKind.FAILED,
    "payment_intent.requires_action": StripeEventKind.AUTHENTICATION_NEEDED,
    "refund.created": StripeEventKind.REFUND_CHANGED,
    "refund.updated": StripeEventKind.REFUND_CHANGED,
    "refund.failed": StripeEventKind.REFUND_CHANGED,
    "charge.dispute.created": StripeEventKind.DISPUTE_OPENED,
    "charge.dispute.updated": StripeEventKind.DISPUTE_CHANGED,
    "charge.dispute.closed": StripeEventKind.DISPUTE_CHANGED,
    "charge.dispute.funds_withdrawn": StripeEventKind.DISPUTE_CHANGED,
    "charge.dispute.funds_reinstated": StripeEventKind.DISPUTE_CHANGED,
    "review.opened": StripeEventKind.REVIEW_CHANGED,
    "review.closed": StripeEventKind.REVIEW_CHANGED,
    "payout.paid": StripeEventKind.PAYOUT_CHANGED,
    "payout.failed": StripeEventKind.PAYOUT_CHANGED,
    "payout.canceled": StripeEventKind.PAYOUT_CHANGED,
    "payout.reconciliation_completed": StripeEventKind.PAYOUT_CHANGED,
}


class StripeEvent(Model):
    """One event, unique by its id. ``reference`` is the PaymentIntent that it is about, ``order``
    the mark in the object's metadata where it has one; ``status`` is Stripe's word."""

    id: Text
    kind: StripeEventKind
    type: str
    at: datetime
    order: OptionalText | None = None
    reference: OptionalText | None = None
    subject: OptionalText = ""
    status: OptionalText = ""
    money: Money | None = None


class _Object(BaseModel):
    id: str = ""
    object: str = ""
    status: str | None = None
    amount: int | None = None
    amount_received: int | None = None
    currency: str | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class _Data(BaseModel):
    object: _Object


class _Envelope(BaseModel):
    id: Text
    type: OptionalText
    created: int


class _Event(_Envelope):
    data: _Data


class StripeWebhooks:
    """Reads webhooks that were signed with this endpoint's secret."""

    def __init__(self, secret: str, tolerance: timedelta = timedelta(minutes=5)) -> None:
        """``secret`` is the endpoint's signing secret; older signatures are replays.

        Raises:
            ValueError: the secret is empty, so that anybody could sign.
        """
        if not secret:
            raise ValueError("Stripe webhooks need a signing secret to be told from forged ones")
        self._secret = secret
        self._tolerance = int(tolerance.total_seconds())

    def read(self, body: bytes, signature: str | None) -> StripeEvent:
        """The event in a raw body with its ``Stripe-Signature`` header.

        Raises:
            WebhookRefused: not signed by Stripe, too old, or no event.
        """
        self._authenticate(body, signature or "")
        try:
            envelope = _Envelope.model_validate_json(body)
            kind = KINDS.get(envelope.type)
            if kind is None or kind is StripeEventKind.PAYOUT_CHANGED:
                # Of any shape: Stripe sends whatever the account subscribed to, and a payout is
                # read anew.
                return StripeEvent(
                    id=envelope.id,
                    kind=kind or StripeEventKind.OTHER,
                    type=envelope.type,
                    at=from_epoch(envelope.created),
                )
            return _told(_Event.model_validate_json(body), kind)
        except ValueError as error:
            raise WebhookRefused("stripe", "the body is no event", authentic=True) from error

    def _authenticate(self, body: bytes, signature: str) -> None:
        if not signature.isascii():
            raise WebhookRefused("stripe", "the signature cannot be read")
        try:
            # The SDK leaves its last parameter without a type.
            stripe.WebhookSignature.verify_header(  # pyright: ignore[reportUnknownMemberType]
                body.decode(), signature, self._secret, self._tolerance
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise WebhookRefused("stripe", "the signature does not fit the body") from error


def _told(event: _Event, kind: StripeEventKind) -> StripeEvent:
    subject = event.data.object
    is_intent = subject.object == "payment_intent"
    amount = subject.amount
    if kind is StripeEventKind.CAPTURED and subject.amount_received is not None:
        amount = subject.amount_received
    return StripeEvent(
        id=event.id,
        kind=kind,
        type=event.type,
        at=from_epoch(event.created),
        order=(subject.metadata or {}).get("order"),
        reference=subject.id if is_intent else subject.payment_intent,
        subject=subject.id,
        status=subject.status or "",
        money=(
            None
            if amount is None or not subject.currency
            else from_stripe(amount, subject.currency)
        ),
    )
