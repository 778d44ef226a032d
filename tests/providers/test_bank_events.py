"""The bank's webhooks: what is not signed, or too old, is not read."""

import hashlib
import hmac

import pytest

from providers.bank_events import BankWebhooks
from providers.webhooks import WebhookRefused

NOW = 1_800_000_000
BODY = b'{"id": "evt_1", "type": "booking.received", "booking": "bkg_1"}'


def signed(body: bytes = BODY, at: int = NOW, secret: bytes = b"of the endpoint") -> str:
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@pytest.fixture
def ears() -> BankWebhooks:
    return BankWebhooks("of the endpoint", clock=lambda: NOW)


def test_what_the_bank_signed_is_read(ears: BankWebhooks) -> None:
    assert ears.read(BODY, signed()).id == "evt_1"


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "t=x,v1=y",
        signed(secret=b"of another"),
        signed(at=NOW - 301),
        signed(at=NOW + 301),
        signed(BODY + b" "),
        signed().upper(),
    ],
)
def test_what_anybody_could_have_sent_is_not(ears: BankWebhooks, signature: str | None) -> None:
    with pytest.raises(WebhookRefused) as refused:
        ears.read(BODY, signature)
    assert not refused.value.authentic


def test_what_the_bank_sent_and_nobody_can_read_is_said_so(ears: BankWebhooks) -> None:
    with pytest.raises(WebhookRefused, match="no event") as refused:
        ears.read(b"[]", signed(b"[]"))
    assert refused.value.authentic


def test_without_a_secret_there_are_no_ears() -> None:
    with pytest.raises(ValueError, match="need a secret"):
        BankWebhooks("")
