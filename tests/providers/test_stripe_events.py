"""Stripe's webhooks as they arrive: signed, replayed, forged, unreadable."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from domain.payment import Authorization, AuthorizeMethod
from providers.stripe_events import KINDS, StripeEventKind, StripeWebhooks
from providers.stripe_payment import StripePayment
from providers.webhooks import WebhookRefused
from sandbox.client import SandboxClient
from tests.providers.attempts import first
from tests.providers.samples import ORDER, PAYER, VISA, eur
from tests.sandbox.receiver import Receiver

SECRET = "whsec_sandbox"
EARS = StripeWebhooks(SECRET)


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> str:
    """As Stripe's own library signs for tests."""
    return stripe.WebhookSignature.generate_signature_header(  # pyright: ignore[reportUnknownMemberType]
        body.decode(), secret, int(time.time() if at is None else at)
    )


def event(**changes: Any) -> bytes:
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 2500,
        "amount_received": 0,
        "currency": "eur",
        "status": "requires_capture",
        "metadata": {"order": ORDER},
    }
    document: dict[str, Any] = {
        "id": "evt_1",
        "type": "payment_intent.amount_capturable_updated",
        "created": 1_796_000_000,
        "data": {"object": intent},
    }
    return json.dumps(document | changes).encode()


def test_what_stripe_really_sends_is_understood(
    sandbox: SandboxClient, payment: StripePayment, receiver: Receiver
) -> None:
    wanted = [*KINDS, "charge.captured"]
    sandbox.configure(
        stripe={
            "webhook_url": receiver.url,
            "webhook_secret": SECRET,
            "webhook_events": wanted,
        }
    )
    held = payment.authorize(first(f"{ORDER}:authorize:1"), ORDER, eur(2500), VISA, PAYER)
    assert isinstance(held, Authorization)
    payment.capture(first(f"{ORDER}-s1:capture:1"), held.reference, eur(2000))
    sandbox.advance(timedelta(days=3))
    sandbox.payout("eur")
    sandbox.advance(5)
    payment.refund(first(f"{ORDER}-s1:refund:1"), held.reference, eur(500))
    sandbox.dispute(held.reference)
    other = payment.authorize(first(f"{ORDER}:authorize:2"), ORDER, eur(2500), VISA, PAYER)
    assert isinstance(other, Authorization)
    payment.void(first(f"{ORDER}:void:2"), ORDER, other.reference)
    special = ("chargeDeclined", "authenticationRequired", "riskLevelElevated")
    for number, card in enumerate(f"pm_card_{one}" for one in special):
        method = AuthorizeMethod(payment_method=card)
        payment.authorize(first(f"ord_d{number}:authorize:1"), ORDER, eur(2500), method, PAYER)
    assert sandbox.settle().settled
    told = [EARS.read(one.body, one.headers["stripe-signature"]) for one in receiver.received]
    kinds = {one.kind for one in told}
    assert kinds >= set(StripeEventKind) - {StripeEventKind.DISPUTE_CHANGED}
    assert len({one.id for one in told}) == len(told)
    [captured] = [one for one in told if one.kind is StripeEventKind.CAPTURED]
    assert (captured.order, captured.reference) == (ORDER, held.reference)
    assert captured.money == eur(2000)
    refunds = [one for one in told if one.kind is StripeEventKind.REFUND_CHANGED]
    assert {one.reference for one in refunds} == {held.reference}
    assert all(one.money == eur(500) for one in refunds)
    [dispute] = [one for one in told if one.kind is StripeEventKind.DISPUTE_OPENED]
    assert dispute.reference == held.reference
    [review] = [one for one in told if one.kind is StripeEventKind.REVIEW_CHANGED]
    assert review.subject.startswith("prv_")
    assert (review.reference or "").startswith("pi_")


def test_an_event_is_told_in_our_words() -> None:
    body = event()
    told = EARS.read(body, signed(body))
    assert (told.id, told.kind, told.order) == ("evt_1", StripeEventKind.AUTHORIZED, ORDER)
    assert told.at == datetime.fromtimestamp(1_796_000_000, UTC)
    assert told.money == eur(2500)


def test_a_type_that_means_nothing_to_orders_may_have_any_shape() -> None:
    shapeless = {"object": {"amount": "many", "metadata": [1]}}
    body = event(type="topup.created", data=shapeless)
    assert EARS.read(body, signed(body)).kind is StripeEventKind.OTHER
    body = event(type="payout.paid", data=shapeless)
    assert EARS.read(body, signed(body)).kind is StripeEventKind.PAYOUT_CHANGED


NOT_SIGNED: dict[str, Callable[[], str | None]] = {
    "none": lambda: None,
    "empty": lambda: "",
    "nothing in it": lambda: "t=,v1=",
    "no moment": lambda: "v1=abc",
    "no number": lambda: "t=soon,v1=abc",
    "not ASCII": lambda: "t=1,v1=ä",
    "by another": lambda: signed(event(), secret="whsec_other"),
    "an hour old": lambda: signed(event(), at=time.time() - 3600),
    "of another body": lambda: signed(event(id="evt_2")),
}


@pytest.mark.parametrize("how", NOT_SIGNED)
def test_what_is_not_signed_by_stripe_just_now_is_refused(how: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        EARS.read(event(), NOT_SIGNED[how]())
    assert not refused.value.authentic


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        event(created="soon"),
        event(created=10**30),
        event(id=""),
        event(data={}),
        event(data={"object": {"id": "pi_1", "amount": 1, "currency": "nothing"}}),
        event(data={"object": {"id": "pi_1", "metadata": {"order": "a\x00b"}}}),
    ],
)
def test_what_is_signed_and_no_event_is_refused_as_unreadable(body: bytes) -> None:
    with pytest.raises(WebhookRefused) as refused:
        EARS.read(body, signed(body))
    assert refused.value.authentic


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(WebhookRefused):
        EARS.read(b"\xff\xfe", "t=1,v1=a")


@given(st.binary(max_size=200), st.text(max_size=100))
def test_whatever_arrives_is_an_event_or_refused(body: bytes, signature: str) -> None:
    with pytest.raises(WebhookRefused):
        EARS.read(body, signature)


def test_without_a_secret_nothing_can_be_told_from_forged() -> None:
    with pytest.raises(ValueError, match="secret"):
        StripeWebhooks("")


def test_every_kind_is_told_by_some_event() -> None:
    assert set(KINDS.values()) | {StripeEventKind.OTHER} == set(StripeEventKind)
