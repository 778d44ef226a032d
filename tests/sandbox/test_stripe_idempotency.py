"""Idempotency keys and lost answers: one effect, whatever happens on the way."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import stripe

from sandbox.client import SandboxClient
from sandbox.server import start
from tests.sandbox.payments import authorize, intent_params, stripe_client
from tests.sandbox.receiver import wait_until


def authorizations(sandbox: SandboxClient) -> int:
    return len(sandbox.ledger("stripe", kind="authorization"))


def a_hundred_times(act: Callable[[], str]) -> list[str]:
    with ThreadPoolExecutor(32) as pool:
        running = [pool.submit(act) for _ in range(100)]
    return [one.result() for one in running]


def header(answer: stripe.StripeObject, name: str) -> str | None:
    assert answer.last_response is not None
    return answer.last_response.headers.get(name)


def test_the_same_key_and_body_gives_the_same_answer_once_done(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    first, again = authorize(gateway, key="k1"), authorize(gateway, key="k1")
    assert first.id == again.id
    assert header(first, "idempotent-replayed") is None
    assert header(again, "idempotent-replayed") == "true"
    assert header(again, "original-request") == header(first, "request-id")
    assert authorizations(sandbox) == 1


def test_another_body_under_the_same_key_is_refused(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    authorize(gateway, key="k1")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        authorize(gateway, key="k1", amount=2000)
    assert authorizations(sandbox) == 1


def test_another_endpoint_under_the_same_key_is_refused(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, key="k1")
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        gateway.v1.payment_intents.capture(intent.id, {}, {"idempotency_key": "k1"})


def test_a_hundred_at_once_with_one_key_have_one_effect(sandbox: SandboxClient) -> None:
    client = stripe_client(sandbox.base("stripe"))
    answers = a_hundred_times(lambda: authorize(client, key="k1").id)
    assert len(set(answers)) == 1
    assert authorizations(sandbox) == 1


def test_a_hundred_captures_and_refunds_at_once_have_one_effect(sandbox: SandboxClient) -> None:
    client = stripe_client(sandbox.base("stripe"))
    intent = authorize(client).id
    payments, refunds = client.v1.payment_intents, client.v1.refunds
    a_hundred_times(lambda: payments.capture(intent, {}, {"idempotency_key": "c"}).id)
    a_hundred_times(
        lambda: (
            refunds.create({"payment_intent": intent, "amount": 100}, {"idempotency_key": "r"}).id
        )
    )
    assert [entry.data["amount"] for entry in sandbox.ledger("stripe", kind="capture")] == [1999]
    assert [entry.data["amount"] for entry in sandbox.ledger("stripe", kind="refund")] == [100]


def test_a_key_in_flight_is_409(sandbox: SandboxClient, gateway: stripe.StripeClient) -> None:
    rule = sandbox.fault("stripe", "authorize", "delay", seconds=1)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(authorize, gateway, "k1")
        wait_until(lambda: sandbox.fired(rule) == 1, "the first call to be under way")
        with pytest.raises(stripe.APIError) as refused:
            authorize(gateway, key="k1")
        assert slow.result().status == "requires_capture"
    assert refused.value.http_status == 409
    assert refused.value.error is not None
    assert refused.value.error.code == "idempotency_key_in_use"
    assert authorizations(sandbox) == 1


def test_the_sdk_waits_out_a_key_in_use_by_itself(sandbox: SandboxClient) -> None:
    rule = sandbox.fault("stripe", "authorize", "key_in_use")
    assert authorize(stripe_client(sandbox.base("stripe"))).status == "requires_capture"
    assert sandbox.fired(rule) == 1


def test_keys_are_forgotten_after_24_hours(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    first = authorize(gateway, key="k1")
    sandbox.advance(timedelta(hours=23))
    assert authorize(gateway, key="k1").id == first.id
    sandbox.advance(timedelta(hours=1))
    assert authorize(gateway, key="k1").id != first.id
    assert authorizations(sandbox) == 2


def test_a_decline_is_kept_under_its_key(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            authorize(gateway, key="k1", payment_method="pm_card_visa_chargeDeclined")
    assert len(sandbox.ledger("stripe", kind="decline")) == 1


def test_a_refusal_of_the_parameters_does_not_use_up_the_key(gateway: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        authorize(gateway, key="k1", amount=1)
    assert authorize(gateway, key="k1").status == "requires_capture"


@pytest.mark.parametrize("kind", ["drop_after", "error_after", "hang_after", "malformed_after"])
def test_an_answer_lost_after_the_act_is_had_again_by_its_key(
    sandbox: SandboxClient, kind: str
) -> None:
    impatient = stripe_client(sandbox.base("stripe"), retries=0, timeout=0.5)
    sandbox.fault("stripe", "authorize", kind, order="ord_1")
    with pytest.raises((stripe.APIConnectionError, stripe.APIError)):
        authorize(impatient, key="k1")
    assert authorizations(sandbox) == 1
    again = authorize(impatient, key="k1")
    assert again.status == "requires_capture"
    assert header(again, "idempotent-replayed") == "true"
    assert authorizations(sandbox) == 1


def test_the_sdks_own_retries_have_one_effect(sandbox: SandboxClient) -> None:
    rule = sandbox.fault("stripe", "capture", "drop_after", times=2)
    client = stripe_client(sandbox.base("stripe"))
    intent = authorize(client)
    assert client.v1.payment_intents.capture(intent.id).status == "succeeded"
    assert sandbox.fired(rule) == 2
    assert len(sandbox.ledger("stripe", kind="capture")) == 1


@pytest.mark.parametrize(("done", "effects"), [(True, 1), (False, 0)])
def test_a_500_is_kept_under_its_key(
    sandbox: SandboxClient, gateway: stripe.StripeClient, *, done: bool, effects: int
) -> None:
    sandbox.fault("stripe", "authorize", "stored_error", done=done)
    for _ in range(3):
        with pytest.raises(stripe.APIError) as failed:
            authorize(gateway, key="k1")
        assert failed.value.http_status == 500
    assert authorizations(sandbox) == effects
    assert authorize(gateway, key="k2").status == "requires_capture"


def test_a_call_that_never_arrived_can_simply_be_repeated(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.fault("stripe", "authorize", "drop_before")
    with pytest.raises(stripe.APIConnectionError):
        authorize(gateway, key="k1")
    assert header(authorize(gateway, key="k1"), "idempotent-replayed") is None
    assert authorizations(sandbox) == 1


def test_keys_intents_and_the_clock_survive_sigkill(tmp_path: Path) -> None:
    state = tmp_path / "world.sqlite"
    running = start(state)
    with SandboxClient(running.url) as sandbox:
        client = stripe_client(sandbox.base("stripe"), retries=0)
        kept, left = authorize(client, key="k1"), authorize(client, key="k2")
        sandbox.fault("stripe", "capture", "drop_after")
        with pytest.raises(stripe.APIConnectionError):
            client.v1.payment_intents.capture(kept.id, {}, {"idempotency_key": "c1"})
        running.kill()
    again = start(state)
    with SandboxClient(again.url) as sandbox:
        client = stripe_client(sandbox.base("stripe"), retries=0)
        replayed = client.v1.payment_intents.capture(kept.id, {}, {"idempotency_key": "c1"})
        assert header(replayed, "idempotent-replayed") == "true"
        assert authorize(client, key="k1").id == kept.id
        assert len(sandbox.ledger("stripe", kind="capture")) == 1
        sandbox.advance(timedelta(days=7))
        assert client.v1.payment_intents.retrieve(left.id).status == "canceled"
        assert client.v1.payment_intents.retrieve(kept.id).status == "succeeded"
        assert sandbox.errors() == []
    again.stop()


def test_a_key_is_at_most_255_characters(gateway: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        gateway.v1.payment_intents.create(intent_params(), {"idempotency_key": "k" * 256})
