"""Stripe's webhooks, verified as production verifies them, and everything that befalls them."""

import json
from pathlib import Path

import pytest
import stripe

from sandbox.client import SandboxClient
from sandbox.server import start
from tests.sandbox.payments import authorize, stripe_client
from tests.sandbox.receiver import Received, Receiver, wait_until

SECRET = "whsec_test"


@pytest.fixture
def listening(sandbox: SandboxClient, receiver: Receiver) -> SandboxClient:
    sandbox.configure(stripe={"webhook_url": receiver.url, "webhook_secret": SECRET})
    return sandbox


def event_of(call: Received) -> stripe.Event:
    signature = call.headers["stripe-signature"]
    return stripe.Webhook.construct_event(call.body, signature, SECRET)


def types(receiver: Receiver) -> list[str]:
    return [json.loads(call.body)["type"] for call in receiver.received]


def test_every_step_of_a_payment_is_told_and_signed(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    gateway.v1.refunds.create({"payment_intent": intent.id})
    listening.advance(2)
    listening.dispute(authorize(gateway, capture_method="automatic").id)
    gateway.v1.payment_intents.cancel(authorize(gateway).id)
    authorize(gateway, payment_method="pm_card_threeDSecure2Required")
    with pytest.raises(stripe.CardError):
        authorize(gateway, payment_method="pm_card_visa_chargeDeclined")
    assert listening.settle().settled
    events = [event_of(call) for call in receiver.received]
    assert {event.type for event in events} >= {
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "charge.captured",
        "charge.refunded",
        "refund.updated",
        "charge.dispute.created",
    }
    assert len({event.id for event in events}) == len(events)
    listed = {event.id for event in gateway.v1.events.list({"limit": 100}).data}
    assert {event.id for event in events} <= listed


def test_the_event_holds_the_object_as_it_was_then(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    listening.settle()
    told = {event_of(call).type: event_of(call) for call in receiver.received}
    held = told["payment_intent.amount_capturable_updated"].data.object
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 1999)
    assert held["metadata"]["order"] == "ord_1"
    done = told["payment_intent.succeeded"].data.object
    assert (done["status"], done["amount_received"]) == ("succeeded", 1999)


def test_an_expired_authorization_is_told(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    authorize(gateway)
    listening.advance(8 * 86400)
    listening.settle()
    [cancelled] = [
        event_of(call) for call in receiver.received if b"payment_intent.canceled" in call.body
    ]
    assert cancelled.data.object["cancellation_reason"] == "expired"


def test_a_call_is_repeated_until_it_is_heard(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    receiver.script = [500, 503]
    authorize(gateway)
    assert listening.settle().settled
    assert len(receiver.received) == 3
    assert len({call.body for call in receiver.received}) == 1
    [entry] = listening.ledger("webhooks", order="ord_1")
    assert (entry.kind, entry.data["attempts"]) == ("delivered", 3)


def test_a_call_is_given_up_after_the_last_attempt(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.configure(webhooks={"attempts": 2})
    receiver.status = 500
    authorize(gateway)
    assert listening.settle().settled
    assert [entry.kind for entry in listening.ledger("webhooks")] == ["given_up"]


def test_settle_says_what_is_still_pending(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    receiver.status = 500
    authorize(gateway)
    left = listening.settle(timeout=0.3)
    assert not left.settled
    [pending] = left.webhooks
    assert pending["event"] == "payment_intent.amount_capturable_updated"


def test_duplicates_come_all_at_once(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "duplicate", count=50, event="payment_intent.succeeded")
    authorize(gateway, capture_method="automatic")
    assert listening.settle().settled
    assert types(receiver).count("payment_intent.succeeded") == 50
    assert types(receiver).count("charge.captured") == 1


def test_a_held_event_comes_late(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "hold", event="charge.captured", seconds=3600)
    authorize(gateway, capture_method="automatic")
    receiver.wait_for(1)
    assert types(receiver) == ["payment_intent.succeeded"]
    listening.advance(3600)
    assert listening.settle().settled
    assert types(receiver) == ["payment_intent.succeeded", "charge.captured"]


def test_a_reversed_event_comes_after_the_next_one(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "reverse", seconds=60)
    authorize(gateway, capture_method="automatic")
    assert listening.settle().settled
    assert types(receiver) == ["payment_intent.succeeded", "charge.captured"]


def test_a_lost_event_never_comes_but_is_listed(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "lost", event="charge.captured")
    authorize(gateway, capture_method="automatic")
    assert listening.settle().settled
    assert types(receiver) == ["payment_intent.succeeded"]
    assert len(gateway.v1.events.list({"type": "charge.captured"}).data) == 1
    assert len(gateway.v1.events.list({"type": "charge.*"}).data) == 2


def test_a_badly_signed_event_fails_verification_and_the_next_attempt_is_good(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "bad_signature")
    receiver.script = [400]
    authorize(gateway)
    assert listening.settle().settled
    forged, good = receiver.received
    with pytest.raises(stripe.SignatureVerificationError):
        event_of(forged)
    assert event_of(good).type == "payment_intent.amount_capturable_updated"


def test_an_event_can_come_before_the_apis_own_answer(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "before_answer", times=None)
    authorize(gateway)
    assert types(receiver) == ["payment_intent.amount_capturable_updated"]


def test_a_fault_can_wait_for_the_event_of_one_order(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.fault("stripe", "webhook", "lost", order="ord_2", times=None)
    authorize(gateway, metadata={"order": "ord_2"})
    authorize(gateway, metadata={"order": "ord_3"})
    assert listening.settle().settled
    assert [json.loads(call.body)["data"]["object"]["metadata"] for call in receiver.received] == [
        {"order": "ord_3"}
    ]


def test_signatures_carry_real_time_however_far_the_clock_was_moved(
    listening: SandboxClient, gateway: stripe.StripeClient, receiver: Receiver
) -> None:
    listening.advance(90 * 86400)
    intent = authorize(gateway)
    listening.settle()
    event = event_of(receiver.received[0])
    assert event.created == pytest.approx(intent.created, abs=2)


@pytest.mark.parametrize("slow", [0.0, 1.0], ids=["between attempts", "during an attempt"])
def test_what_is_pending_survives_sigkill(tmp_path: Path, receiver: Receiver, slow: float) -> None:
    receiver.status, receiver.pause = 500, slow
    state = tmp_path / "world.sqlite"
    running = start(state)
    with SandboxClient(running.url) as sandbox:
        sandbox.configure(stripe={"webhook_url": receiver.url, "webhook_secret": SECRET})
        authorize(stripe_client(sandbox.base("stripe")))
        receiver.wait_for(1)
        if not slow:
            wait_until(lambda: sandbox.settle(0).webhooks[0]["attempts"] == 1, "the answer")
    running.kill()
    receiver.status, receiver.pause = 204, 0.0
    before = len(receiver.received)
    again = start(state)
    with SandboxClient(again.url) as sandbox:
        assert sandbox.settle().settled
        assert event_of(receiver.received[-1]).type == "payment_intent.amount_capturable_updated"
        assert len(receiver.received) > before
    again.stop()


def test_without_a_listener_nothing_is_queued(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    authorize(gateway)
    wait_until(lambda: sandbox.settle(0).settled, "an empty queue")
    assert sandbox.ledger("webhooks") == []
