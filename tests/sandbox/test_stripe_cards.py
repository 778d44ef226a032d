"""Test cards: declines, 3-D Secure, saved and attached methods."""

import httpx
import pytest
import stripe

from sandbox.client import SandboxClient
from tests.sandbox.payments import (
    ORDER,
    authorize,
    charge_of,
    error_intent,
)


def kinds(sandbox: SandboxClient, order: str = ORDER) -> list[str]:
    return [entry.kind for entry in sandbox.ledger("stripe", order=order)]


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        (
            "pm_card_chargeDeclinedInsufficientFunds",
            "card_declined",
            "insufficient_funds",
        ),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_decline_carries_the_intent_which_then_waits_for_another_method(
    sandbox: SandboxClient, gateway: stripe.StripeClient, card: str, code: str, decline: str
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        authorize(gateway, payment_method=card)
    error = declined.value
    assert error.http_status == 402
    assert error.code == code
    assert error.error is not None
    assert error.error.decline_code == decline
    intent = error_intent(error)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == decline
    assert kinds(sandbox) == ["decline"]
    again = gateway.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert (again.status, again.last_payment_error) == ("requires_capture", None)


def test_3d_secure_waits_for_the_customer_and_then_authorizes(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(
        gateway,
        payment_method="pm_card_threeDSecure2Required",
        return_url="https://shop.example/back",
    )
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == "https://shop.example/back"
    assert kinds(sandbox) == []
    assert sandbox.complete_3ds(intent.id)["status"] == "requires_capture"
    done = gateway.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    details = charge_of(done).payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.three_d_secure is not None
    assert details.card.three_d_secure.result == "authenticated"
    assert kinds(sandbox) == ["authorization"]


def test_the_bank_page_leads_the_customer_back_to_the_shop(gateway: stripe.StripeClient) -> None:
    intent = authorize(
        gateway,
        payment_method="pm_card_authenticationRequired",
        return_url="https://shop.example/back?order=1",
    )
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = intent.next_action.redirect_to_url.url
    assert url is not None
    assert "1999 eur" in httpx.get(url).text
    answer = httpx.post(url, data={"outcome": "succeeded"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("https://shop.example/back?order=1&payment_intent")
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_failed_3d_secure_waits_for_another_method(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway, payment_method="pm_card_threeDSecure2Required")
    assert sandbox.complete_3ds(intent.id, "failed")["status"] == "requires_payment_method"
    after = gateway.v1.payment_intents.retrieve(intent.id)
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == "payment_intent_authentication_failure"
    assert kinds(sandbox) == ["decline"]


def test_a_card_can_pass_3d_secure_and_still_be_declined(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(
        gateway,
        payment_method="pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
    )
    assert intent.status == "requires_action"
    sandbox.complete_3ds(intent.id)
    after = gateway.v1.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.decline_code == "insufficient_funds"


def test_off_session_3d_secure_is_a_decline(gateway: stripe.StripeClient) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    with pytest.raises(stripe.CardError) as declined:
        authorize(
            gateway,
            customer=customer,
            payment_method="pm_card_authenticationRequired",
            off_session=True,
        )
    assert declined.value.code == "authentication_required"
    assert error_intent(declined.value).status == "requires_payment_method"


def test_a_card_saved_with_consent_serves_off_session_later(gateway: stripe.StripeClient) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    first = authorize(gateway, customer=customer, setup_future_usage="off_session")
    assert isinstance(first.payment_method, str)
    again = authorize(
        gateway, customer=customer, payment_method=first.payment_method, off_session=True
    )
    assert again.status == "requires_capture"


def test_a_card_used_without_a_customer_cannot_be_used_again(
    gateway: stripe.StripeClient,
) -> None:
    first = authorize(gateway)
    assert isinstance(first.payment_method, str)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        authorize(gateway, payment_method=first.payment_method)


def test_a_customers_card_is_not_for_others(gateway: stripe.StripeClient) -> None:
    owner = gateway.v1.customers.create({"name": "A"}).id
    other = gateway.v1.customers.create({"name": "B"}).id
    method = gateway.v1.payment_methods.attach("pm_card_visa", {"customer": owner}).id
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        authorize(gateway, customer=other, payment_method=method)


def test_a_test_number_makes_a_payment_method(gateway: stripe.StripeClient) -> None:
    method = gateway.v1.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "5555555555554444", "exp_month": 12, "exp_year": 2040},
            "billing_details": {"name": "Zoë Ñandú", "address": {"country": "DE"}},
        }
    )
    assert method.card is not None
    assert (method.card.brand, method.card.last4) == ("mastercard", "4444")
    assert method.billing_details.name == "Zoë Ñandú"
    assert authorize(gateway, payment_method=method.id).status == "requires_capture"


def test_attaching_a_card_that_the_bank_refuses_is_declined(gateway: stripe.StripeClient) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    with pytest.raises(stripe.CardError):
        gateway.v1.payment_methods.attach("pm_card_visa_chargeDeclined", {"customer": customer})
    assert gateway.v1.payment_methods.list({"customer": customer}).data == []
