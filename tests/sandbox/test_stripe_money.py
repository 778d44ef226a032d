"""Whatever is asked in whatever order: no money is captured or given back that was not there."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.client import SandboxClient
from tests.sandbox.payments import authorize

STEPS = ("capture", "part", "more", "cancel", "confirm", "refund", "small refund", "wait")
Step = Callable[[], object]


def steps(sandbox: SandboxClient, gateway: stripe.StripeClient, intent: str) -> dict[str, Step]:
    payments, refunds = gateway.v1.payment_intents, gateway.v1.refunds
    return {
        "capture": lambda: payments.capture(intent),
        "part": lambda: payments.capture(intent, {"amount_to_capture": 600}),
        "more": lambda: payments.capture(
            intent, {"amount_to_capture": 700, "final_capture": False}
        ),
        "cancel": lambda: payments.cancel(intent),
        "confirm": lambda: payments.confirm(intent),
        "refund": lambda: refunds.create({"payment_intent": intent}),
        "small refund": lambda: refunds.create({"payment_intent": intent, "amount": 250}),
        "wait": lambda: sandbox.advance(timedelta(days=3)),
    }


def total(sandbox: SandboxClient, order: str, kind: str) -> int:
    entries = sandbox.ledger("stripe", order=order, kind=kind)
    return sum(entry.data["amount"] for entry in entries)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(asked=st.lists(st.sampled_from(STEPS), min_size=3, max_size=10))
def test_money_is_conserved_under_any_sequence_of_calls(
    sandbox: SandboxClient, gateway: stripe.StripeClient, asked: list[str]
) -> None:
    order = f"ord_{uuid.uuid4()}"
    options = {"card": {"request_multicapture": "if_available"}}
    intent = authorize(gateway, metadata={"order": order}, payment_method_options=options).id
    possible = steps(sandbox, gateway, intent)
    for name in asked:
        with suppress(stripe.InvalidRequestError):
            possible[name]()
    after = gateway.v1.payment_intents.retrieve(intent)
    captured, refunded = total(sandbox, order, "capture"), total(sandbox, order, "refund")
    let_go = total(sandbox, order, "void") + total(sandbox, order, "authorization_expired")
    released = sum(
        entry.data["released"] for entry in sandbox.ledger("stripe", order=order, kind="capture")
    )
    assert total(sandbox, order, "authorization") == 1999
    assert captured + let_go + released + after.amount_capturable == 1999
    assert refunded <= captured == after.amount_received
    assert (after.status == "requires_capture") == (after.amount_capturable > 0)
