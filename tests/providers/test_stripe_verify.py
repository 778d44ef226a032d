"""Checking what a shop's own checkout authorized."""

from datetime import timedelta

import pytest
import stripe

from domain.failures import NotDone, UnknownOutcome
from domain.money import Money
from domain.payment import Authorization, Decline, DeclineKind, ExistingIntent
from providers.stripe_payment import StripePayment
from sandbox.client import SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, named
from tests.providers.samples import ORDER, eur


def checkout(sandbox: SandboxClient, **more: object) -> str:
    """A PaymentIntent as a checkout makes it."""
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": sandbox.base("stripe")})
    params: stripe.params.PaymentIntentCreateParams = {
        "amount": 2500,
        "currency": "eur",
        "payment_method": "pm_card_visa",
        "confirm": True,
        "capture_method": "manual",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    params.update(more)  # pyright: ignore[reportCallIssue, reportArgumentType] - any parameter
    return client.v1.payment_intents.create(params).id


def marks(sandbox: SandboxClient, reference: str) -> dict[str, str]:
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": sandbox.base("stripe")})
    return client.v1.payment_intents.retrieve(reference).metadata.to_dict()


def verify(
    payment: StripePayment, reference: str, money: Money | None = None, order: str = ORDER
) -> Authorization | Decline:
    return payment.verify(order, money or eur(2500), ExistingIntent(payment_intent=reference))


def declined(outcome: Authorization | Decline) -> tuple[DeclineKind, str]:
    assert isinstance(outcome, Decline)
    assert outcome.message
    return outcome.kind, outcome.code


def test_an_intent_that_holds_just_this_money_is_taken_over_and_marked(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    reference = checkout(sandbox)
    outcome = verify(payment, reference)
    assert isinstance(outcome, Authorization)
    assert (outcome.reference, outcome.money) == (reference, eur(2500))
    assert outcome.capture_before is not None
    assert marks(sandbox, reference) == {"order": ORDER}


def test_our_own_mark_is_fine(sandbox: SandboxClient, payment: StripePayment) -> None:
    reference = checkout(sandbox)
    assert verify(payment, reference) == verify(payment, reference)


def test_another_orders_mark_is_not(sandbox: SandboxClient, payment: StripePayment) -> None:
    reference = checkout(sandbox)
    verify(payment, reference, order="ord_2")
    assert declined(verify(payment, reference)) == (DeclineKind.MISMATCH, "payment_intent_in_use")
    assert marks(sandbox, reference) == {"order": "ord_2"}


def test_a_shops_own_note_makes_way(sandbox: SandboxClient, payment: StripePayment) -> None:
    reference = checkout(sandbox, metadata={"order": "1001", "basket": "b7"})
    assert isinstance(verify(payment, reference), Authorization)
    assert marks(sandbox, reference) == {"order": ORDER, "basket": "b7"}


@pytest.mark.parametrize("money", [eur(2499), eur(2501), Money(amount=2500, currency="USD")])
def test_another_amount_or_currency_will_not_do(
    sandbox: SandboxClient, payment: StripePayment, money: Money
) -> None:
    reference = checkout(sandbox)
    outcome = verify(payment, reference, money)
    assert declined(outcome) == (DeclineKind.MISMATCH, "payment_intent_amount")
    assert marks(sandbox, reference) == {}


def test_money_that_was_captured_already_will_not_do(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    reference = checkout(sandbox, capture_method="automatic")
    assert declined(verify(payment, reference)) == (
        DeclineKind.MISMATCH,
        "payment_intent_captured",
    )


def test_an_authorization_that_lapsed_will_not_do(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    reference = checkout(sandbox)
    sandbox.advance(timedelta(days=8))
    assert declined(verify(payment, reference))[0] is DeclineKind.EXPIRED


def test_an_intent_that_nobody_confirmed_will_not_do(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    reference = checkout(sandbox, confirm=False)
    assert declined(verify(payment, reference))[0] is DeclineKind.HARD


def test_an_intent_that_waits_for_3d_secure_will_not_do(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    reference = checkout(sandbox, payment_method="pm_card_authenticationRequired")
    assert declined(verify(payment, reference))[0] is DeclineKind.AUTHENTICATION


def test_an_intent_that_does_not_exist_will_not_do(payment: StripePayment) -> None:
    assert declined(verify(payment, "pi_nothing")) == (DeclineKind.MISMATCH, "resource_missing")


@pytest.mark.parametrize("operation", ["retrieve_intent", "update_intent"])
@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_it_is_taken_over_in_the_end_whatever_goes_wrong(
    sandbox: SandboxClient, payment: StripePayment, trouble: Trouble, operation: str, times: int
) -> None:
    reference = checkout(sandbox)
    sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
    for _ in range(times + 1):
        try:
            outcome = verify(payment, reference)
        except NotDone:
            continue
        except UnknownOutcome:
            assert operation == "update_intent"
            continue
        assert isinstance(outcome, Authorization)
        assert marks(sandbox, reference) == {"order": ORDER}
        return
    pytest.fail("it was never taken over")


@pytest.mark.parametrize("kind", ["stored_error", "key_in_use"])
def test_a_failure_kept_under_the_marks_key_is_got_over(
    sandbox: SandboxClient, payment: StripePayment, kind: str
) -> None:
    reference = checkout(sandbox)
    sandbox.fault("stripe", "update_intent", kind)
    for _ in range(3):
        try:
            outcome = verify(payment, reference)
        except UnknownOutcome:
            continue
        assert isinstance(outcome, Authorization)
        assert marks(sandbox, reference) == {"order": ORDER}
        return
    pytest.fail("it was never taken over")
