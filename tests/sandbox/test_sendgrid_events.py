"""Mail events: signed as the real SDK verifies, carrying our custom args, batched, faulted."""

import json
from typing import Any

import pytest
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook
from sendgrid.helpers.mail import CustomArg, Mail, To

from sandbox.client import SandboxClient, SandboxRefusedError
from sandbox.server import start
from tests.sandbox.receiver import Received, Receiver

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


@pytest.fixture
def listening(sandbox: SandboxClient, receiver: Receiver) -> Receiver:
    sandbox.configure(sendgrid={"webhook_url": receiver.url})
    return receiver


def send(sandbox: SandboxClient, *to: str, order: str = "ord_1") -> str:
    made = Mail(
        from_email="orders@shop.example",
        to_emails=[To(address) for address in to or ("ada@customer.example",)],
        subject="Shipped",
        plain_text_content="On its way.",
    )
    made.add_custom_arg(CustomArg("order", order))
    made.add_custom_arg(CustomArg("message", f"{order}:shipped"))
    client: Any = SendGridAPIClient("SG.key", host=sandbox.base("sendgrid"))
    return client.send(made).headers["X-Message-Id"]


def genuine(sandbox: SandboxClient, call: Received) -> bool:
    verifier = EventWebhook(sandbox.mail_signing_key())
    headers = call.headers
    return verifier.verify_signature(call.body.decode(), headers[SIGNATURE], headers[TIMESTAMP])


def events(receiver: Receiver) -> list[dict[str, Any]]:
    return [event for call in receiver.received for event in json.loads(call.body)]


def test_a_mail_is_processed_at_once_and_delivered_a_little_later(
    sandbox: SandboxClient, listening: Receiver
) -> None:
    message = send(sandbox)
    listening.wait_for(1)
    sandbox.advance(1)
    calls = listening.wait_for(2)
    assert [event["event"] for event in events(listening)] == ["processed", "delivered"]
    assert all(genuine(sandbox, call) for call in calls)
    for event in events(listening):
        assert event["email"] == "ada@customer.example"
        assert event["order"] == "ord_1"
        assert event["message"] == "ord_1:shipped"
        assert event["sg_message_id"].startswith(f"{message}.")
        assert isinstance(event["timestamp"], int)
    assert len({event["sg_event_id"] for event in events(listening)}) == 2
    assert [e["event"] for e in sandbox.mailbox()[0]["events"]] == ["processed", "delivered"]


@pytest.mark.parametrize("address", ["bounce@customer.example", "anyone@bounce.example"])
def test_addresses_that_never_work_bounce(
    sandbox: SandboxClient, listening: Receiver, address: str
) -> None:
    send(sandbox, address)
    sandbox.advance(1)
    listening.wait_for(2)
    assert [event["event"] for event in events(listening)] == ["processed", "bounce"]
    assert events(listening)[1]["reason"].startswith("550 5.1.1")
    assert events(listening)[1]["type"] == "bounce"


def test_each_recipient_of_a_mail_has_its_own_event_in_one_batch(
    sandbox: SandboxClient, listening: Receiver
) -> None:
    send(sandbox, "ada@customer.example", "bounce@customer.example", "bob@customer.example")
    [call] = listening.wait_for(1)
    assert [event["event"] for event in json.loads(call.body)] == ["processed"] * 3
    sandbox.advance(1)
    listening.wait_for(3)
    after = [(event["event"], event["email"][:3]) for event in events(listening)[3:]]
    assert sorted(after) == [("bounce", "bou"), ("delivered", "ada"), ("delivered", "bob")]


def test_events_of_several_mails_can_come_in_one_batch(
    sandbox: SandboxClient, listening: Receiver
) -> None:
    sandbox.configure(sendgrid={"batch_seconds": 60})
    for order in ("ord_1", "ord_2"):
        send(sandbox, order=order)
    sandbox.advance(60)
    [call] = listening.wait_for(1)
    told = [(event["order"], event["event"]) for event in json.loads(call.body)]
    assert told == [
        ("ord_1", "processed"),
        ("ord_2", "processed"),
        ("ord_1", "delivered"),
        ("ord_2", "delivered"),
    ]


@pytest.mark.parametrize(("kind", "event"), [("bounce", "bounce"), ("drop", "dropped")])
def test_a_mail_can_be_made_to_fail(
    sandbox: SandboxClient, listening: Receiver, kind: str, event: str
) -> None:
    sandbox.fault("sendgrid", "send", kind, order="ord_1", reason="mailbox full")
    send(sandbox)
    sandbox.advance(1)
    listening.wait_for(2)
    assert events(listening)[1]["event"] == event
    assert events(listening)[1]["reason"] == "mailbox full"


def test_anything_can_become_of_a_mail_by_hand(sandbox: SandboxClient, listening: Receiver) -> None:
    sandbox.configure(sendgrid={"auto_events": False})
    message = send(sandbox)
    sandbox.advance(60)
    assert sandbox.mailbox()[0]["events"] == []
    sandbox.mail_event(message, "spamreport", timestamp=1_700_000_000)
    listening.wait_for(1)
    [event] = events(listening)
    assert (event["event"], event["order"]) == ("spamreport", "ord_1")
    assert event["timestamp"] == 1_700_000_000
    with pytest.raises(SandboxRefusedError, match="404"):
        sandbox.mail_event("nothing", "delivered")


def test_a_badly_signed_batch_does_not_verify_and_its_repetition_does(
    sandbox: SandboxClient, listening: Receiver
) -> None:
    sandbox.fault("sendgrid", "webhook", "bad_signature", event="processed")
    listening.script = [401]
    send(sandbox)
    calls = listening.wait_for(2)
    assert [genuine(sandbox, call) for call in calls[:2]] == [False, True]


def test_a_duplicated_batch_carries_the_same_event_ids(
    sandbox: SandboxClient, listening: Receiver
) -> None:
    sandbox.fault("sendgrid", "webhook", "duplicate", event="processed", count=3)
    send(sandbox)
    listening.wait_for(3)
    assert len({event["sg_event_id"] for event in events(listening)}) == 1


def test_the_processed_event_can_be_lost(sandbox: SandboxClient, listening: Receiver) -> None:
    sandbox.fault("sendgrid", "webhook", "lost", event="processed", order="ord_1")
    send(sandbox)
    sandbox.advance(1)
    listening.wait_for(1)
    assert sandbox.settle().settled
    assert [event["event"] for event in events(listening)] == ["delivered"]


def test_the_signing_key_outlives_a_reset_and_a_power_cut(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    state = tmp_path_factory.mktemp("world") / "world.sqlite"
    keys: list[str] = []
    for _ in range(2):
        running = start(state)
        with SandboxClient(running.url) as client:
            keys.append(client.mail_signing_key())
            client.reset()
            keys.append(client.mail_signing_key())
        running.kill()
    assert len(set(keys)) == 1
