"""Holding money once more when the customer is not there: with what was kept, and only once."""

from datetime import UTC, datetime

import pytest

from domain.attempt import Attempt
from domain.failures import Refused, UnknownOutcome
from domain.payment import Authorization, AuthorizeMethod, Decline, DeclineKind
from providers.stripe_payment import StripePayment
from sandbox.client import SandboxClient
from tests.providers.attempts import again, first, until_done
from tests.providers.samples import ORDER, eur
from tests.providers.stripe_looks import authorize, held, sdk

KEY = f"{ORDER}:authorize:2"


def kept(payment: StripePayment, card: str = "pm_card_visa") -> Authorization:
    """What is held by a card that the customer agreed to have kept."""
    method = AuthorizeMethod(payment_method=card, consent=datetime.now(UTC))
    outcome = authorize(payment, method=method)
    assert isinstance(outcome, Authorization)
    return outcome


def renew(
    payment: StripePayment, reference: str, attempt: Attempt | None = None
) -> Authorization | Decline:
    return payment.renew(attempt or first(KEY), ORDER, eur(2500), reference)


def test_the_kept_method_holds_the_same_money_beside_what_is_held(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    before = kept(payment)
    after = renew(payment, before.reference)
    assert isinstance(after, Authorization)
    assert (after.money, after.reference != before.reference) == (before.money, True)
    assert len(held(sandbox)) == 2
    intent = sdk(sandbox).v1.payment_intents.retrieve(after.reference)
    assert intent.metadata.to_dict() == {
        "order": ORDER,
        "operation": KEY,
        "renews": before.reference,
    }


def test_what_was_renewed_can_be_renewed_again(payment: StripePayment) -> None:
    second = renew(payment, kept(payment).reference)
    assert isinstance(second, Authorization)
    third = renew(payment, second.reference, first(f"{ORDER}:authorize:3"))
    assert isinstance(third, Authorization)
    assert third.reference != second.reference


def test_what_has_lapsed_is_renewed_all_the_same(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    before = kept(payment)
    sdk(sandbox).v1.payment_intents.cancel(before.reference)
    assert isinstance(renew(payment, before.reference), Authorization)


def test_without_the_customers_consent_nothing_is_asked_of_the_bank(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    before = authorize(payment)
    assert isinstance(before, Authorization)
    outcome = renew(payment, before.reference)
    assert isinstance(outcome, Decline)
    assert (outcome.code, outcome.another_method_may_do) == ("method_not_kept", True)
    assert len(sdk(sandbox).v1.payment_intents.list().data) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("three_d_secure", DeclineKind.AUTHENTICATION), ("insufficient_funds", DeclineKind.FUNDS)],
)
def test_a_bank_that_will_not_is_a_decline(
    sandbox: SandboxClient, payment: StripePayment, fault: str, kind: DeclineKind
) -> None:
    before = kept(payment)
    sandbox.fault("stripe", "authorize", fault)
    outcome = renew(payment, before.reference)
    assert isinstance(outcome, Decline)
    assert outcome.kind is kind
    assert len(held(sandbox)) == 1


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "error_after", "http_error"])
def test_whatever_becomes_of_the_answer_it_is_held_once(
    sandbox: SandboxClient, payment: StripePayment, fault: str
) -> None:
    before = kept(payment)
    sandbox.fault("stripe", "authorize", fault, times=4)
    outcome, _ = until_done(lambda one: renew(payment, before.reference, one), first(KEY))
    assert isinstance(outcome, Authorization)
    assert len(held(sandbox)) == 2
    repeated = renew(payment, before.reference, again(first(KEY), 9))
    assert repeated == outcome


def test_an_intent_that_does_not_exist_is_refused_in_words(payment: StripePayment) -> None:
    with pytest.raises((Refused, UnknownOutcome), match="pi_nothing"):
        renew(payment, "pi_nothing")


def test_a_method_that_was_taken_off_file_is_a_decline(
    sandbox: SandboxClient, payment: StripePayment
) -> None:
    before = kept(payment)
    intent = sdk(sandbox).v1.payment_intents.retrieve(before.reference)
    sdk(sandbox).v1.payment_methods.detach(str(intent.payment_method))
    outcome = renew(payment, before.reference)
    assert isinstance(outcome, Decline)
    assert outcome.another_method_may_do
    assert len(held(sandbox)) == 1
