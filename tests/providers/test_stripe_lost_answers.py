"""Holding money at Stripe once, however often the answer is lost."""

from datetime import timedelta

import pytest

from activities.step import IN_DOUBT_FOR
from domain.failures import NotDone, UnknownOutcome
from domain.payment import Authorization, AuthorizeMethod, ConfirmationNeeded, Decline, Payer
from providers import stripe_calls
from providers.stripe_payment import StripePayment
from sandbox.client import SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import CUSTOMER, ORDER, PAYER, VISA, eur
from tests.providers.stripe_looks import KEY, authorize, held, sdk
from workflows.calls import ONE_TRY

LONG_AGO = timedelta(hours=25)


@pytest.mark.parametrize("operation", ["create_customer", "authorize"])
@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_the_money_is_held_once_whatever_goes_wrong(
    sandbox: SandboxClient, payment: StripePayment, trouble: Trouble, operation: str, times: int
) -> None:
    rule = sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
    outcome, failures = until_done(
        lambda attempt: payment.authorize(attempt, ORDER, eur(2500), VISA, PAYER), first(KEY)
    )
    assert isinstance(outcome, Authorization)
    assert len(held(sandbox)) == 1
    assert sandbox.fired(rule)
    if trouble.kind == "rate_limit":
        waits = [one.retry_after for one in failures if isinstance(one, NotDone)]
        assert waits == [7.0] * times
    if times == 3 and trouble.kind.endswith("_after"):
        assert isinstance(failures[0], UnknownOutcome)


@pytest.mark.parametrize("done", [True, False], ids=["after the effect", "without effect"])
@pytest.mark.parametrize("operation", ["create_customer", "authorize"])
def test_a_failure_that_stripe_keeps_under_the_key_does_not_hide_the_outcome(
    sandbox: SandboxClient, payment: StripePayment, operation: str, done: bool
) -> None:
    sandbox.fault("stripe", operation, "stored_error", done=done)
    outcome, _ = until_done(
        lambda attempt: payment.authorize(attempt, ORDER, eur(2500), VISA, PAYER), first(KEY)
    )
    assert isinstance(outcome, Authorization)
    assert len(held(sandbox)) == 1
    assert authorize(payment, 5) == outcome


def test_a_follow_up_key_is_used_only_from_the_second_attempt_on(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    sandbox.fault("stripe", "authorize", "stored_error", done=False)
    with pytest.raises(UnknownOutcome):
        authorize(payment)
    # The SDK itself may replay the key within one attempt; even then nothing else is sent.
    with pytest.raises(UnknownOutcome):
        authorize(payment)
    assert held(sandbox) == []
    assert isinstance(authorize(payment, 2), Authorization)
    assert len(held(sandbox)) == 1


def test_another_authorization_of_the_same_order_is_another_operation(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    """As when the first one has lapsed and the money is held anew."""
    known = sdk(sandbox).v1.customers.create({"email": "other@example.com"})
    method = AuthorizeMethod(payment_method="pm_card_visa", customer=known.id)
    before = authorize(payment, method=method)
    anew, _ = until_done(
        lambda one: payment.authorize(one, ORDER, eur(2500), method, PAYER),
        again(first(f"{ORDER}:authorize:2")),
    )
    assert isinstance(before, Authorization)
    assert isinstance(anew, Authorization)
    assert [entry.data["intent"] for entry in held(sandbox)] == [before.reference, anew.reference]


def test_a_key_in_use_is_waited_for(sandbox: SandboxClient, payment: StripePayment) -> None:
    sandbox.fault("stripe", "authorize", "key_in_use", times=3)
    with pytest.raises(UnknownOutcome):
        authorize(payment)
    assert isinstance(authorize(payment, 2), Authorization)
    assert len(held(sandbox)) == 1


def test_a_key_used_with_other_parameters_leads_to_what_it_was_used_for(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    """As when a newer build words its requests differently."""
    outcome = authorize(payment)
    renamed = Payer(customer=CUSTOMER.model_copy(update={"name": "Grete B."}))
    again_after_deployment = payment.authorize(again(first(KEY)), ORDER, eur(2500), VISA, renamed)
    assert again_after_deployment == outcome
    assert len(held(sandbox)) == 1


def test_a_key_used_for_nothing_that_is_ours_gives_way_to_the_next(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    sdk(sandbox).v1.payment_intents.create(
        {"amount": 100, "currency": "eur"}, {"idempotency_key": KEY}
    )
    with pytest.raises(UnknownOutcome):
        authorize(payment)
    assert isinstance(authorize(payment, 2), Authorization)
    assert len(held(sandbox)) == 1


class TestWhenStripeHasForgottenTheKey:
    """A day and more after the first attempt: keys are pruned, so intents are listed."""

    @pytest.fixture(params=[True, False], ids=["own customer", "the shop's customer"])
    def method(self, request: pytest.FixtureRequest, sandbox: SandboxClient) -> AuthorizeMethod:
        if request.param:
            return VISA
        known = sdk(sandbox).v1.customers.create({"email": "other@example.com"})
        return AuthorizeMethod(payment_method="pm_card_visa", customer=known.id)

    def lost(
        self, sandbox: SandboxClient, payment: StripePayment, method: AuthorizeMethod, kind: str
    ) -> None:
        sandbox.fault("stripe", "authorize", kind, times=3)
        with pytest.raises(UnknownOutcome):
            authorize(payment, method=method)
        sandbox.advance(LONG_AGO)

    def late(
        self, payment: StripePayment, method: AuthorizeMethod
    ) -> Authorization | Decline | ConfirmationNeeded:
        attempt = again(first(KEY, ago=LONG_AGO), 9)
        return payment.authorize(attempt, ORDER, eur(2500), method, PAYER)

    def test_what_was_done_is_found(
        self, sandbox: SandboxClient, payment: StripePayment, method: AuthorizeMethod
    ) -> None:
        self.lost(sandbox, payment, method, "drop_after")
        outcome = self.late(payment, method)
        assert isinstance(outcome, Authorization)
        assert outcome.capture_before is not None
        assert [entry.data["intent"] for entry in held(sandbox)] == [outcome.reference]

    def test_what_was_not_done_is_done(
        self, sandbox: SandboxClient, payment: StripePayment, method: AuthorizeMethod
    ) -> None:
        self.lost(sandbox, payment, method, "drop_before")
        assert isinstance(self.late(payment, method), Authorization)
        assert len(held(sandbox)) == 1

    def test_a_decline_is_found_as_a_decline(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        method = AuthorizeMethod(payment_method="pm_card_visa_chargeDeclined")
        before = authorize(payment, method=method)
        sandbox.advance(LONG_AGO)
        assert self.late(payment, method) == before
        assert len(sandbox.ledger("stripe", kind="decline")) == 1

    def test_another_orders_money_is_not_taken_for_this_ones(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        known = sdk(sandbox).v1.customers.create({"email": "other@example.com"})
        method = AuthorizeMethod(payment_method="pm_card_visa", customer=known.id)
        payment.authorize(first("ord_2:authorize:1"), "ord_2", eur(2500), method, PAYER)
        sandbox.advance(LONG_AGO)
        outcome = self.late(payment, method)
        assert isinstance(outcome, Authorization)
        assert [entry.data["intent"] for entry in held(sandbox)] == [outcome.reference]

    def test_it_is_found_among_hundreds_of_others(
        self, sandbox: SandboxClient, payment: StripePayment
    ) -> None:
        known = sdk(sandbox).v1.customers.create({"email": "other@example.com"})
        method = AuthorizeMethod(payment_method="pm_card_visa", customer=known.id)
        before = authorize(payment, method=method)
        client = sdk(sandbox)
        for _ in range(105):
            client.v1.payment_intents.create(
                {"amount": 100, "currency": "eur", "customer": known.id}
            )
        sandbox.advance(LONG_AGO)
        assert self.late(payment, method) == before
        assert len(held(sandbox)) == 1


@pytest.mark.usefixtures("payment")
def test_all_calls_of_one_attempt_end_within_an_activitys_time(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here 1.2 seconds instead of 50, with time-outs to match: once the first call has used half
    of it, the second is tried once at most, where else it would be tried three times."""
    monkeypatch.setattr("providers.stripe_calls._TURN_SECONDS", 1.2)
    hasty = StripePayment(sandbox.base("stripe"), "sk_test_sandbox", timeout=(0.1, 0.3))
    sandbox.fault("stripe", "create_customer", "hang_before", times=2)
    rule = sandbox.fault("stripe", "authorize", "hang_before", times=None)
    with pytest.raises((UnknownOutcome, NotDone)):
        authorize(hasty)
    assert sandbox.fired(rule) <= 1
    hasty.close()


def test_the_time_that_an_activity_has_is_longer_than_all_calls_of_one_attempt() -> None:
    """An activity's one try has 60 seconds (`workflows.calls.ONE_TRY`)."""
    assert ONE_TRY.total_seconds() - 5 > stripe_calls._TURN_SECONDS  # pyright: ignore[reportPrivateUsage]


def test_a_call_in_doubt_is_waited_for_longer_than_it_can_be_under_way() -> None:
    assert ONE_TRY.total_seconds() + stripe_calls._TURN_SECONDS < IN_DOUBT_FOR.total_seconds()  # pyright: ignore[reportPrivateUsage]
