"""SendGrid's event webhook as it arrives: signed in batches, replayed, forged."""

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Customer
from domain.mail import MailKind, MailState
from providers.sendgrid_events import EVENTS, MailEvent, SendGridWebhooks, WebhookKeyMalformed
from providers.sendgrid_mail import SendGridMail
from providers.webhooks import WebhookRefused
from sandbox.client import SandboxClient
from tests.providers.samples import on_record
from tests.sandbox.receiver import Receiver

PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    PRIVATE.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
EARS = SendGridWebhooks(PUBLIC)


def signed(body: bytes, at: float | None = None) -> tuple[str, str]:
    moment = str(int(time.time() if at is None else at))
    signature = PRIVATE.sign(moment.encode() + body, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(signature).decode(), moment


def batch(*events: dict[str, Any]) -> bytes:
    return json.dumps(list(events)).encode()


def event(kind: str, **changes: Any) -> dict[str, Any]:
    plain = {"event": kind, "timestamp": 1_796_000_000, "sg_event_id": f"e-{kind}", "key": "k1"}
    return plain | changes


def test_what_sendgrid_really_sends_is_understood(
    sandbox: SandboxClient, mail: SendGridMail, receiver: Receiver
) -> None:
    answer = httpx.get(f"{sandbox.url}/_sandbox/sendgrid/public-key")
    ears = SendGridWebhooks(answer.json()["public_key"])
    sandbox.configure(sendgrid={"webhook_url": receiver.url})
    mail.send("k1", MailKind.CONFIRMATION, on_record(), {})
    nobody = on_record(customer=Customer(name="Grete", email="bounce@example.com"))
    mail.send("k2", MailKind.CONFIRMATION, nobody, {})
    sandbox.advance(5)
    assert sandbox.settle().settled
    prefix = "x-twilio-email-event-webhook-"
    told = [
        one
        for call in receiver.received
        for one in ears.read(
            call.body, call.headers[f"{prefix}signature"], call.headers[f"{prefix}timestamp"]
        )
    ]
    assert {(one.key, one.state) for one in told} == {
        ("k1", MailState.PROCESSED),
        ("k1", MailState.DELIVERED),
        ("k2", MailState.PROCESSED),
        ("k2", MailState.BOUNCED),
    }
    assert len({one.event_id for one in told}) == 4


def test_each_event_of_a_batch_is_told_in_our_words() -> None:
    body = batch(event("processed"), event("bounce", key="k2"), event("dropped"))
    at = datetime.fromtimestamp(1_796_000_000, UTC)
    assert EARS.read(body, *signed(body)) == [
        MailEvent("k1", MailState.PROCESSED, at, "e-processed"),
        MailEvent("k2", MailState.BOUNCED, at, "e-bounce"),
        MailEvent("k1", MailState.BOUNCED, at, "e-dropped"),
    ]


@pytest.mark.parametrize(
    "ignored",
    [
        *(event(kind) for kind, state in EVENTS.items() if state is None),
        event("teleported"),
        event("processed", key=""),
        event("processed", sg_event_id=""),
        {"event": "processed"},
        {},
    ],
    ids=str,
)
def test_what_says_nothing_about_a_mail_of_ours_is_ignored(ignored: dict[str, Any]) -> None:
    body = batch(ignored, event("delivered"))
    assert [one.state for one in EARS.read(body, *signed(body))] == [MailState.DELIVERED]


def test_a_signature_for_another_body_or_another_key_is_refused() -> None:
    body = batch(event("processed"))
    signature, moment = signed(batch(event("delivered")))
    with pytest.raises(WebhookRefused) as refused:
        EARS.read(body, signature, moment)
    assert not refused.value.authentic


@pytest.mark.parametrize("off", [-3600, 3600])
def test_a_signature_of_another_hour_is_refused(off: float) -> None:
    body = batch(event("processed"))
    with pytest.raises(WebhookRefused, match="too old"):
        EARS.read(body, *signed(body, at=time.time() + off))


@pytest.mark.parametrize(
    ("signature", "moment"),
    [
        (None, None),
        ("", ""),
        ("====", "1796000000"),
        ("ä", "1796000000"),
        ("AAAA", "soon"),
        ("AAAA", "nan"),
        ("AAAA", "inf"),
    ],
)
def test_headers_that_are_none_are_refused(signature: str | None, moment: str | None) -> None:
    with pytest.raises(WebhookRefused) as refused:
        EARS.read(batch(event("processed")), signature, moment)
    assert not refused.value.authentic


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[1]", batch(event("processed", timestamp=1e30)), batch(event("x", key=[]))],
)
def test_what_is_signed_and_no_batch_is_refused_as_unreadable(body: bytes) -> None:
    with pytest.raises(WebhookRefused) as refused:
        EARS.read(body, *signed(body))
    assert refused.value.authentic


@given(st.binary(max_size=200), st.text(max_size=100), st.text(max_size=20))
def test_whatever_arrives_is_a_batch_or_refused(body: bytes, signature: str, at: str) -> None:
    with pytest.raises(WebhookRefused):
        EARS.read(body, signature, at)


RSA = base64.b64encode(
    rsa.generate_private_key(65_537, 2048)
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()


@pytest.mark.parametrize(
    "key", ["", "nothing", "AAAA", RSA], ids=["empty", "words", "noise", "RSA"]
)
def test_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    with pytest.raises(WebhookKeyMalformed):
        SendGridWebhooks(key)
