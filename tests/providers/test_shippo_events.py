"""Shippo's webhooks as they arrive: from whoever knows the address, or signed."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shipping import Label, LabelFormat
from domain.tracking import CourierStatus
from providers.shippo_events import ShippoWebhooks
from providers.shippo_shipping import ShippoCourier
from providers.webhooks import WebhookRefused
from sandbox.client import SandboxClient
from tests.providers.attempts import first
from tests.providers.samples import LABEL, ORDER, PARCEL, SELLER, VIENNA
from tests.sandbox.receiver import Receiver

TOKEN = "tok-hush"
BY_TOKEN = ShippoWebhooks(TOKEN)
BY_HMAC = ShippoWebhooks(None, "hush")


def signed(body: bytes, at: float | None = None, by: str = "hush") -> str:
    moment = str(int(time.time() if at is None else at))
    mac = hmac.digest(by.encode(), f"{moment}.".encode() + body, hashlib.sha256).hex()
    return f"t={moment},v1={mac}"


def event(**status: Any) -> bytes:
    report = {
        "object_id": "e1",
        "status": "TRANSIT",
        "status_details": "On its way.",
        "status_date": "2026-11-23T10:00:00Z",
    }
    data = {"tracking_number": "1Z1", "carrier": "ups", "tracking_status": report | status}
    return json.dumps({"event": "track_updated", "test": True, "data": data}).encode()


@pytest.mark.parametrize("field", ["status_date", "object_created"])
@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59"])
def test_a_date_that_is_on_no_calendar_is_no_event(field: str, date: str) -> None:
    with pytest.raises(WebhookRefused, match="no event") as refused:
        BY_TOKEN.read(event(**{field: date}), TOKEN)
    assert refused.value.authentic


@pytest.mark.parametrize(
    "date",
    ["2026-11-23T10:00:00", "2026-11-23T05:00:00-05:00", "2026-11-23T11:00:00+01:00"],
)
def test_a_date_is_read_with_its_offset_and_else_in_utc(date: str) -> None:
    told = BY_TOKEN.read(event(status_date=date), TOKEN)
    assert told is not None
    assert told.at == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("secret", [None, "hush"])
def test_what_shippo_really_sends_is_understood(
    sandbox: SandboxClient, courier: ShippoCourier, receiver: Receiver, secret: str | None
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url, "webhook_secret": secret})
    quote = courier.quotes(ORDER, PARCEL, SELLER, VIENNA, "EUR", ())[0]
    label = courier.buy(first(f"{ORDER}-s1:buy_labels:1"), LABEL, quote, LabelFormat.PDF)
    assert isinstance(label, Label)
    sandbox.courier(label.tracking_number, "TRANSIT")
    sandbox.courier(label.tracking_number, "DELIVERED")
    assert sandbox.settle().settled
    ears = ShippoWebhooks(TOKEN, secret)
    told = [
        ears.read(one.body, TOKEN, one.headers.get("shippo-auth-signature"))
        for one in receiver.received
    ]
    events = sorted((one for one in told if one is not None), key=lambda one: one.at)
    assert [one.status for one in events] == [
        CourierStatus.PRE_TRANSIT,
        CourierStatus.TRANSIT,
        CourierStatus.DELIVERED,
    ]
    assert {one.tracking_number for one in events} == {label.tracking_number}
    assert len({one.id for one in events}) == 3
    assert None in told  # the transaction's own events
    assert courier.track(label.carrier, label.tracking_number) == events[-1]


def test_an_event_is_told_in_our_words() -> None:
    told = BY_TOKEN.read(event(), TOKEN)
    assert told is not None
    assert (told.id, told.tracking_number) == ("e1", "1Z1")
    assert (told.status, told.detail) == (CourierStatus.TRANSIT, "On its way.")
    assert told.at == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"status_date": "2026-11-23T10:00:00"}, datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ({"status_date": "2026-11-23T10:00:00+02:00"}, datetime(2026, 11, 23, 8, tzinfo=UTC)),
        (
            {"status_date": None, "object_created": "2026-11-22T10:00:00.123Z"},
            datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC),
        ),
    ],
)
def test_its_time_is_the_couriers_in_utc(changes: dict[str, Any], at: datetime) -> None:
    told = BY_TOKEN.read(event(**changes), TOKEN)
    assert told is not None
    assert told.at == at
    assert told.at.utcoffset() == at.utcoffset()


def test_a_status_that_is_new_to_us_tells_nothing() -> None:
    told = BY_TOKEN.read(event(status="TELEPORTED"), TOKEN)
    assert told is not None
    assert told.status is CourierStatus.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": "transaction_updated", "data": {"object_id": "t1"}}',
        b'{"event": "batch_created", "data": "batch 1 created"}',
        b'{"event": "track_updated", "data": {"tracking_number": "1", "tracking_status": null}}',
        event(status_date=None),
    ],
)
def test_what_is_no_tracking_report_is_ignored(body: bytes) -> None:
    assert BY_TOKEN.read(body, TOKEN) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", event(object_id=""), event(status_date="soon"), event(status=None)],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRefused) as refused:
        BY_TOKEN.read(body, TOKEN)
    assert refused.value.authentic


@pytest.mark.parametrize("token", [None, "", "tok", "tok-hush ", "tök-hush"])
def test_a_wrong_token_is_refused(token: str | None) -> None:
    with pytest.raises(WebhookRefused) as refused:
        BY_TOKEN.read(event(), token)
    assert not refused.value.authentic


NOT_SIGNED: dict[str, Callable[[], str | None]] = {
    "none": lambda: None,
    "empty": lambda: "",
    "no seal": lambda: "t=1",
    "no moment": lambda: f"v1={'0' * 64}",
    "no number": lambda: "t=soon,v1=abc",
    "by another": lambda: signed(event(), by="other"),
    "of another body": lambda: signed(event(object_id="e2")),
    "an hour old": lambda: signed(event(), at=time.time() - 3600),
    "an hour ahead": lambda: signed(event(), at=time.time() + 3600),
}


@pytest.mark.parametrize("how", NOT_SIGNED)
def test_what_is_not_signed_by_shippo_just_now_is_refused(how: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        BY_HMAC.read(event(), signature=NOT_SIGNED[how]())
    assert not refused.value.authentic


def test_a_signature_that_fits_is_enough() -> None:
    assert BY_HMAC.read(event(), signature=signed(event())) is not None


@given(st.binary(max_size=200), st.text(max_size=100))
def test_whatever_arrives_is_an_event_or_refused(body: bytes, words: str) -> None:
    with pytest.raises(WebhookRefused):
        BY_TOKEN.read(body, words)
    with pytest.raises(WebhookRefused):
        BY_HMAC.read(body, signature=words)
    with pytest.raises(WebhookRefused):
        BY_TOKEN.read(body, TOKEN)


def test_without_token_and_secret_nothing_can_be_told_from_forged() -> None:
    with pytest.raises(ValueError, match="token"):
        ShippoWebhooks(None)
    with pytest.raises(ValueError, match="token"):
        ShippoWebhooks("", "")
