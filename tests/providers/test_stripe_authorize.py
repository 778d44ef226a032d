"""Holding money at Stripe: once per operation, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from domain.failures import NotDone, Refused, UnknownOutcome
from domain.money import Money
from domain.payment import Authorization, AuthorizeMethod, Decline, DeclineKind
from providers.stripe_payment import StripePayment
from sandbox.client import LedgerEntry, SandboxClient
from tests.providers.attempts import STUBBORN, Trouble, again, first, named, until_done
from tests.providers.samples import CUSTOMER, ORDER, VISA, eur

KEY = f"{ORDER}:authorize:1"
LONG_AGO = timedelta(hours=25)


def authorize(
    payment: StripePayment,
    attempt_number: int = 1,
    method: AuthorizeMethod = VISA,
    money: Money | None = None,
) -> Authorization | Decline:
    attempt = again(first(KEY), attempt_number)
    return payment.authorize(attempt, ORDER, money or eur(2500), method, CUSTOMER)


def held(sandbox: SandboxClient) -> list[LedgerEntry]:
    return sandbox.ledger("stripe", order=ORDER, kind="authorization")


def sdk(sandbox: SandboxClient) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_look", base_addresses={"api": sandbox.base("stripe")})


def test_money_is_held_until_stripe_says(sandbox: SandboxClient, payment: StripePayment) -> None:
    outcome = authorize(payment)
    assert isinstance(outcome, Authorization)
    [entry] = held(sandbox)
    assert outcome.reference == entry.data["intent"]
    assert outcome.money == eur(2500)
    assert outcome.capture_before == datetime.fromtimestamp(entry.data["capture_before"], UTC)
    assert sandbox.ledger("stripe", kind="capture") == []


def test_the_intent_bears_the_marks_of_order_and_operation(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    authorize(payment)
    intent = sdk(sandbox).v1.payment_intents.retrieve(held(sandbox)[0].data["intent"])
    assert intent.metadata.to_dict() == {"order": ORDER, "operation": KEY}
    assert intent.capture_method == "manual"
    assert intent.setup_future_usage is None


def test_a_method_is_kept_for_later_only_with_consent(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    consent = AuthorizeMethod(payment_method="pm_card_visa", consent=datetime.now(UTC))
    authorize(payment, method=consent)
    [entry] = held(sandbox)
    methods = sdk(sandbox).v1.customers.payment_methods.list(entry.data["customer"])
    assert len(methods.data) == 1


def test_a_customer_that_the_shop_named_is_used(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    known = sdk(sandbox).v1.customers.create({"email": "grete@example.com"})
    method = AuthorizeMethod(payment_method="pm_card_visa", customer=known.id)
    authorize(payment, method=method)
    assert held(sandbox)[0].data["customer"] == known.id


@pytest.mark.parametrize(
    ("card", "kind", "code"),
    [
        ("pm_card_visa_chargeDeclined", DeclineKind.HARD, "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", DeclineKind.FUNDS, "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", DeclineKind.EXPIRED, "expired_card"),
        ("pm_card_authenticationRequired", DeclineKind.AUTHENTICATION, "authentication_required"),
    ],
)
def test_a_decline_is_an_answer_and_the_same_answer_again(
    sandbox: SandboxClient, payment: StripePayment, card: str, kind: DeclineKind, code: str
) -> None:
    method = AuthorizeMethod(payment_method=card)
    outcome = authorize(payment, method=method)
    assert isinstance(outcome, Decline)
    assert (outcome.kind, outcome.code) == (kind, code)
    assert outcome.message
    assert authorize(payment, 2, method) == outcome
    assert held(sandbox) == []


def test_an_intent_that_waits_for_3d_secure_is_given_up(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    authorize(payment, method=AuthorizeMethod(payment_method="pm_card_authenticationRequired"))
    [intent] = sdk(sandbox).v1.payment_intents.list().data
    assert (intent.status, intent.cancellation_reason) == ("canceled", "abandoned")


@pytest.mark.parametrize(
    ("amount", "currency", "units"), [(5, "ISK", 500), (5120, "KWD", 5120), (300, "MGA", 3)]
)
def test_money_is_counted_in_stripes_units_on_the_way_and_in_ours_at_home(
    sandbox: SandboxClient, payment: StripePayment, amount: int, currency: str, units: int
) -> None:
    money = Money(amount=amount, currency=currency)
    outcome = authorize(payment, money=money)
    assert isinstance(outcome, Authorization)
    assert outcome.money == money
    assert held(sandbox)[0].data["amount"] == units


def test_an_amount_that_stripe_cannot_express_is_refused(payment: StripePayment) -> None:
    with pytest.raises(Refused, match="last digit of 0"):
        authorize(payment, money=Money(amount=5124, currency="KWD"))


def test_an_amount_below_stripes_own_limit_is_a_decline(payment: StripePayment) -> None:
    outcome = authorize(payment, money=eur(1))
    assert isinstance(outcome, Decline)
    assert outcome.code == "amount_too_small"


def test_a_method_that_does_not_exist_is_refused_in_words(payment: StripePayment) -> None:
    with pytest.raises(Refused, match="pm_card_nothing"):
        authorize(payment, method=AuthorizeMethod(payment_method="pm_card_nothing"))


def test_a_hundred_attempts_at_once_hold_the_money_once(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    def attempt(number: int) -> Authorization | Decline:
        return until_done(
            lambda one: payment.authorize(one, ORDER, eur(2500), VISA, CUSTOMER),
            again(first(KEY), number),
        )[0]

    with ThreadPoolExecutor(10) as threads:
        outcomes = set(map(repr, threads.map(attempt, range(1, 101))))
    assert len(outcomes) == 1
    assert len(held(sandbox)) == 1


@pytest.mark.parametrize("operation", ["create_customer", "authorize"])
@pytest.mark.parametrize(("trouble", "times"), STUBBORN, ids=named)
def test_the_money_is_held_once_whatever_goes_wrong(
    sandbox: SandboxClient, payment: StripePayment, trouble: Trouble, operation: str, times: int
) -> None:
    rule = sandbox.fault("stripe", operation, trouble.kind, times=times, **trouble.params)
    outcome, failures = until_done(
        lambda attempt: payment.authorize(attempt, ORDER, eur(2500), VISA, CUSTOMER), first(KEY)
    )
    assert isinstance(outcome, Authorization)
    assert len(held(sandbox)) == 1
    assert sandbox.fired(rule) == times or trouble.kind == "delay"
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
        lambda attempt: payment.authorize(attempt, ORDER, eur(2500), VISA, CUSTOMER), first(KEY)
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
    renamed = CUSTOMER.model_copy(update={"name": "Grete B."})
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

    def late(self, payment: StripePayment, method: AuthorizeMethod) -> Authorization | Decline:
        attempt = again(first(KEY, ago=LONG_AGO), 9)
        return payment.authorize(attempt, ORDER, eur(2500), method, CUSTOMER)

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
        payment.authorize(first("ord_2:authorize:1"), "ord_2", eur(2500), method, CUSTOMER)
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


def test_all_calls_of_one_attempt_end_within_an_activitys_time(
    sandbox: SandboxClient, payment: StripePayment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here 1.5 seconds instead of 50, with time-outs to match; the pauses are those of the
    `payment` fixture."""
    monkeypatch.setattr("providers.stripe_calls._TURN_SECONDS", 1.5)
    monkeypatch.setattr("providers.stripe_calls._BACK_OFF_SECONDS", 0.05)
    hasty = StripePayment(sandbox.base("stripe"), "sk_test_sandbox", timeout=(0.1, 0.3))
    sandbox.fault("stripe", "create_customer", "hang_before", times=2)
    sandbox.fault("stripe", "authorize", "hang_before", times=None)
    began = datetime.now(UTC)
    with pytest.raises((UnknownOutcome, NotDone)):
        authorize(hasty)
    assert datetime.now(UTC) - began < timedelta(seconds=2)
    hasty.close()
    assert payment.name == "stripe"
