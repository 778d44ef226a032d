"""The courier's events: looked up, told by webhook, repeated, late and signed."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from shippo.models import errors

from sandbox.client import SandboxClient, SandboxRefusedError
from tests.sandbox.receiver import Receiver, wait_until
from tests.sandbox.shipping import Shop, components


@pytest.fixture
def shop(sandbox: SandboxClient) -> Shop:
    return Shop(sandbox)


@pytest.fixture
def label(shop: Shop) -> Any:
    return shop.buy(shop.rated().rates[1].object_id)


def tracked(shop: Shop, label: Any) -> Any:
    return shop.sdk.tracking_status.get(label.tracking_number, "usps")


def told(receiver: Receiver) -> list[Any]:
    bodies = [json.loads(call.body) for call in receiver.received]
    return [
        components.WebhookPayloadTrack.from_dict(body)
        for body in bodies
        if body["event"] == "track_updated"
    ]


def test_a_label_just_bought_is_known_to_the_courier_and_not_in_its_hands(
    shop: Shop, label: Any, sandbox: SandboxClient
) -> None:
    track = tracked(shop, label)
    assert track.tracking_status.status is components.TrackingStatusEnum.PRE_TRANSIT
    assert track.transaction == label.object_id
    assert track.metadata == "ord_1/s1/p1/1"
    assert track.address_to.city == "Albany"
    sandbox.advance(timedelta(days=3))
    assert len(tracked(shop, label).tracking_history) == 1


def test_events_reported_by_hand_make_the_history(
    shop: Shop, label: Any, sandbox: SandboxClient
) -> None:
    sandbox.courier(label.tracking_number, "TRANSIT", substatus="out_for_delivery")
    sandbox.courier(label.tracking_number, "FAILURE", substatus="package_lost")
    track = tracked(shop, label)
    statuses = [event.status.value for event in track.tracking_history]
    assert statuses == ["PRE_TRANSIT", "TRANSIT", "FAILURE"]
    assert track.tracking_status.substatus.code == "package_lost"
    assert shop.sdk.transactions.get(label.object_id).tracking_status.value == "FAILURE"
    entries = sandbox.ledger("shippo", order="ord_1", kind="track")
    assert [entry.data["status"] for entry in entries] == statuses


def test_a_late_event_takes_its_place_by_date_and_does_not_turn_the_parcel_back(
    shop: Shop, label: Any, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.advance(timedelta(days=2))
    sandbox.courier(label.tracking_number, "DELIVERED")
    sandbox.configure(shippo={"webhook_url": receiver.url})
    early = (sandbox.now() - timedelta(days=1)).isoformat()
    sandbox.courier(label.tracking_number, "TRANSIT", status_date=early)
    receiver.wait_for(1)
    track = tracked(shop, label)
    assert track.tracking_status.status.value == "DELIVERED"
    assert [e.status.value for e in track.tracking_history] == [
        "PRE_TRANSIT",
        "TRANSIT",
        "DELIVERED",
    ]
    [event] = told(receiver)
    assert event.data.tracking_status.status.value == "TRANSIT"
    assert len(event.data.tracking_history) == 2


def test_the_same_event_can_be_told_again_without_happening_again(
    shop: Shop, label: Any, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url})
    for _ in range(2):
        sandbox.courier(label.tracking_number, "TRANSIT", object_id="e" * 32)
    receiver.wait_for(2)
    assert {event.data.tracking_status.object_id for event in told(receiver)} == {"e" * 32}
    assert len(tracked(shop, label).tracking_history) == 2
    assert len(sandbox.ledger("shippo", kind="track")) == 2


def test_an_unheard_event_is_repeated_until_it_is_heard(
    label: Any, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url})
    receiver.script = [500, 503]
    sandbox.courier(label.tracking_number, "TRANSIT")
    calls = receiver.wait_for(3)
    assert len({call.body for call in calls}) == 1
    assert sandbox.settle().settled
    assert len(receiver.received) == 3


def test_webhooks_are_signed_where_a_secret_was_provisioned(
    label: Any, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url, "webhook_secret": "s3cret"})
    sandbox.fault("shippo", "webhook", "bad_signature")
    receiver.script = [401]
    sandbox.courier(label.tracking_number, "TRANSIT")
    fits: list[bool] = []
    for call in receiver.wait_for(2):
        at, mac = (
            part.partition("=")[2] for part in call.headers["shippo-auth-signature"].split(",")
        )
        signed = hmac.digest(b"s3cret", f"{at}.".encode() + call.body, hashlib.sha256).hex()
        fits.append(hmac.compare_digest(mac, signed))
    assert fits == [False, True]


def test_a_parcel_registered_by_hand_is_followed_from_then_on(
    shop: Shop, sandbox: SandboxClient
) -> None:
    track = shop.sdk.tracking_status.create("ups", "1Z999", metadata="ord_7/s1")
    assert track.tracking_status is None
    sandbox.courier("1Z999", "TRANSIT")
    assert shop.sdk.tracking_status.get("1Z999", "ups").tracking_status.status.value == "TRANSIT"
    [entry] = sandbox.ledger("shippo", order="ord_7", kind="track")
    assert entry.data["carrier"] == "ups"


def test_registering_a_known_parcel_tells_where_it_is(
    shop: Shop, label: Any, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url})
    track = shop.sdk.tracking_status.create("usps", label.tracking_number)
    assert track.tracking_status.status.value == "PRE_TRANSIT"
    receiver.wait_for(1)
    assert told(receiver)[0].data.tracking_number == label.tracking_number


@pytest.mark.parametrize(
    "status", ["UNKNOWN", "PRE_TRANSIT", "TRANSIT", "DELIVERED", "RETURNED", "FAILURE"]
)
def test_test_numbers_stand_where_they_say(shop: Shop, status: str) -> None:
    track = shop.sdk.tracking_status.get(f"SHIPPO_{status}", "shippo")
    assert track.tracking_status.status.value == status
    dates = [event.status_date for event in track.tracking_history]
    assert dates == sorted(dates)


def test_of_an_unknown_parcel_nothing_is_known(shop: Shop, label: Any) -> None:
    assert shop.sdk.tracking_status.get("9999", "usps").tracking_status is None
    assert shop.sdk.tracking_status.get(label.tracking_number, "ups").tracking_status is None
    with pytest.raises(errors.SDKError) as refused:
        shop.sdk.tracking_status.create("pigeon", "1")
    assert refused.value.status_code == 400


def test_a_slip_in_a_control_call_is_refused(label: Any, sandbox: SandboxClient) -> None:
    with pytest.raises(SandboxRefusedError, match="404"):
        sandbox.courier("9999", "TRANSIT")
    with pytest.raises(SandboxRefusedError, match="422"):
        sandbox.courier(label.tracking_number, "LOST")
    with pytest.raises(SandboxRefusedError, match="422"):
        sandbox.courier(label.tracking_number, "TRANSIT", substatus="eaten")


def test_events_can_arrive_in_reverse_order(
    label: Any, sandbox: SandboxClient, receiver: Receiver
) -> None:
    sandbox.configure(shippo={"webhook_url": receiver.url})
    sandbox.fault("shippo", "webhook", "reverse", event="track_updated")
    sandbox.courier(label.tracking_number, "TRANSIT")
    sandbox.courier(label.tracking_number, "DELIVERED")
    wait_until(lambda: len(told(receiver)) == 2, "both events")
    arrived = [event.data.tracking_status.status.value for event in told(receiver)]
    assert arrived == ["DELIVERED", "TRANSIT"]
