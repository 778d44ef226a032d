"""Holding money at Stripe: once per operation, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from domain.failures import Mismatch, Refused
from domain.money import Money
from domain.payment import (
    Authorization,
    AuthorizeMethod,
    ConfirmationNeeded,
    Decline,
    DeclineKind,
    Payer,
)
from providers.stripe_payment import StripePayment
from sandbox.client import SandboxClient
from tests.providers.attempts import again, first, until_done
from tests.providers.samples import CUSTOMER, ORDER, PAYER, VISA, eur
from tests.providers.stripe_looks import KEY, authorize, held, sdk

CONFIRM = AuthorizeMethod(payment_method="pm_card_authenticationRequired")


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
        ("pm_card_visa_chargeDeclined", DeclineKind.CARD, "generic_decline"),
        ("pm_card_visa_chargeDeclinedLostCard", DeclineKind.HARD, "lost_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", DeclineKind.CARD, "incorrect_cvc"),
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


def test_a_customer_who_is_waited_for_may_confirm_at_the_bank(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    waits = Payer(customer=CUSTOMER, waits=True, back_to="https://shop.example/orders")
    asked = authorize(payment, method=CONFIRM, payer=waits)
    assert isinstance(asked, ConfirmationNeeded)
    assert asked.url.startswith(sandbox.base("stripe").removesuffix("/"))
    assert authorize(payment, 2, CONFIRM, payer=waits) == asked
    assert payment.look(ORDER, asked.reference, eur(2500)) == asked
    assert held(sandbox) == []
    sandbox.complete_3ds(asked.reference, "succeeded")
    confirmed = payment.look(ORDER, asked.reference, eur(2500))
    assert isinstance(confirmed, Authorization)
    assert confirmed.reference == asked.reference
    assert confirmed == authorize(payment, 3, CONFIRM, payer=waits)
    assert len(held(sandbox)) == 1


def test_without_a_page_to_come_back_to_the_shops_own_checkout_asks(
    payment: StripePayment,
) -> None:
    asked = authorize(payment, method=CONFIRM, payer=Payer(customer=CUSTOMER, waits=True))
    assert isinstance(asked, ConfirmationNeeded)
    assert asked.url == ""


def test_a_customer_who_does_not_pass_may_pay_otherwise(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    asked = authorize(payment, method=CONFIRM, payer=Payer(customer=CUSTOMER, waits=True))
    assert isinstance(asked, ConfirmationNeeded)
    sandbox.complete_3ds(asked.reference, "failed")
    outcome = payment.look(ORDER, asked.reference, eur(2500))
    assert isinstance(outcome, Decline)
    assert outcome.kind is DeclineKind.AUTHENTICATION
    assert outcome.another_method_may_do


def test_what_another_order_waits_for_is_not_looked_at(payment: StripePayment) -> None:
    asked = authorize(payment, method=CONFIRM, payer=Payer(customer=CUSTOMER, waits=True))
    assert isinstance(asked, ConfirmationNeeded)
    with pytest.raises(Mismatch, match="does not bear the mark"):
        payment.look("ord_other", asked.reference, eur(2500))


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


def test_many_attempts_at_once_hold_the_money_once(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    def attempt(number: int) -> Authorization | Decline | ConfirmationNeeded:
        return until_done(
            lambda one: payment.authorize(one, ORDER, eur(2500), VISA, PAYER),
            again(first(KEY), number),
        )[0]

    with ThreadPoolExecutor(10) as threads:
        outcomes = set(map(repr, threads.map(attempt, [1] * 20 + list(range(2, 22)))))
    assert len(outcomes) == 1
    assert len(held(sandbox)) == 1
