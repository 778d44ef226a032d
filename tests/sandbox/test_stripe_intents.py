"""PaymentIntents against the sandbox, through Stripe's own SDK: the state machine."""

from datetime import timedelta

import httpx
import pytest
import stripe

from sandbox.client import SandboxClient
from tests.sandbox.payments import (
    ORDER,
    authorize,
    capture_before,
    charge_of,
    error_intent,
    error_param,
    intent_params,
)
from tests.sandbox.receiver import wait_until

DAY = 86400


def kinds(sandbox: SandboxClient, order: str = ORDER) -> list[str]:
    return [entry.kind for entry in sandbox.ledger("stripe", order=order)]


def test_a_manual_intent_holds_the_money_until_captured(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    assert intent.status == "requires_capture"
    assert (intent.amount_capturable, intent.amount_received) == (1999, 0)
    assert charge_of(intent).captured is False
    assert capture_before(intent) == charge_of(intent).created + 7 * DAY
    captured = gateway.v1.payment_intents.capture(intent.id)
    assert captured.status == "succeeded"
    assert (captured.amount_capturable, captured.amount_received) == (0, 1999)
    assert kinds(sandbox) == ["authorization", "capture"]
    capture = sandbox.ledger("stripe", kind="capture")[0].data
    assert (capture["amount"], capture["currency"], capture["intent"]) == (1999, "eur", intent.id)


def test_an_automatic_intent_is_captured_at_once(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, capture_method="automatic")
    assert intent.status == "succeeded"
    assert intent.amount_received == 1999
    assert charge_of(intent).captured is True


def test_an_intent_can_be_made_first_and_confirmed_later(gateway: stripe.StripeClient) -> None:
    params = intent_params(confirm=False)
    del params["payment_method"]
    intent = gateway.v1.payment_intents.create(params)
    assert intent.status == "requires_payment_method"
    intent = gateway.v1.payment_intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_confirmation"
    assert gateway.v1.payment_intents.confirm(intent.id).status == "requires_capture"


def test_a_partial_capture_lets_the_rest_go(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    done = gateway.v1.payment_intents.capture(
        intent.id, {"amount_to_capture": 1500, "expand": ["latest_charge.balance_transaction"]}
    )
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    charge = charge_of(done)
    assert (charge.amount_captured, charge.amount_refunded) == (1500, 0)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.net == 1500 - charge.balance_transaction.fee
    assert sandbox.ledger("stripe", kind="capture")[0].data["released"] == 499
    with pytest.raises(stripe.InvalidRequestError, match="has a status of succeeded"):
        gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 499})


def test_no_more_than_the_authorized_amount_is_captured(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert refused.value.code == "amount_too_large"
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_multicapture_takes_several_parts_and_ends_with_the_final_one(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(
        gateway, payment_method_options={"card": {"request_multicapture": "if_available"}}
    )
    part = gateway.v1.payment_intents.capture(
        intent.id, {"amount_to_capture": 1000, "final_capture": False}
    )
    assert (part.status, part.amount_received, part.amount_capturable) == (
        "requires_capture",
        1000,
        999,
    )
    done = gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 500})
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 1500, 0)
    amounts = [entry.data["amount"] for entry in sandbox.ledger("stripe", kind="capture")]
    assert amounts == [1000, 500]


def test_multicapture_must_have_been_asked_for(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway)
    with pytest.raises(stripe.InvalidRequestError, match="multicapture"):
        gateway.v1.payment_intents.capture(
            intent.id, {"amount_to_capture": 1000, "final_capture": False}
        )


def test_a_cancelled_authorization_is_void_and_cannot_be_captured(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    gone = gateway.v1.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer"}
    )
    assert (gone.status, gone.amount_capturable) == ("canceled", 0)
    assert gone.cancellation_reason == "requested_by_customer"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.capture(intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert error_intent(refused.value).status == "canceled"
    assert kinds(sandbox) == ["authorization", "void"]


def test_a_captured_intent_cannot_be_cancelled_or_confirmed_again(
    gateway: stripe.StripeClient,
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    for again in (gateway.v1.payment_intents.cancel, gateway.v1.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            again(intent.id)
        assert refused.value.code == "payment_intent_unexpected_state"


def test_cancelling_before_authorization_voids_nothing(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = gateway.v1.payment_intents.create(intent_params(confirm=False))
    assert gateway.v1.payment_intents.cancel(intent.id).status == "canceled"
    assert kinds(sandbox) == []


def test_an_authorization_ends_at_capture_before(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    sandbox.advance(timedelta(days=7) - timedelta(minutes=1))
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    sandbox.advance(60)
    ended = gateway.v1.payment_intents.retrieve(intent.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "expired")
    assert kinds(sandbox) == ["authorization", "authorization_expired"]
    with pytest.raises(stripe.InvalidRequestError, match="has a status of canceled"):
        gateway.v1.payment_intents.capture(intent.id)


def test_how_long_an_authorization_lasts_is_a_setting(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    sandbox.configure(stripe={"authorization_days": 0.00001})
    intent = authorize(gateway)
    wait_until(
        lambda: gateway.v1.payment_intents.retrieve(intent.id).status == "canceled",
        "the authorization to end in real time",
    )


def test_a_captured_payment_never_expires(
    sandbox: SandboxClient, gateway: stripe.StripeClient
) -> None:
    intent = authorize(gateway)
    gateway.v1.payment_intents.capture(intent.id)
    sandbox.advance(timedelta(days=30))
    assert gateway.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert kinds(sandbox) == ["authorization", "capture"]


def test_visa_gives_less_time_when_the_customer_is_away(gateway: stripe.StripeClient) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    method = gateway.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    intent = authorize(gateway, customer=customer, payment_method=method, off_session=True)
    assert capture_before(intent) == charge_of(intent).created + 4 * DAY + 18 * 3600


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


def test_off_session_and_setup_for_future_use_exclude_each_other(
    gateway: stripe.StripeClient,
) -> None:
    customer = gateway.v1.customers.create({"name": "A"}).id
    with pytest.raises(stripe.InvalidRequestError, match="setup_future_usage"):
        authorize(gateway, customer=customer, off_session=True, setup_future_usage="off_session")


def test_methods_that_may_redirect_need_a_return_url(gateway: stripe.StripeClient) -> None:
    params = intent_params()
    del params["allowed_payment_method_types"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.create(params)
    assert error_param(refused.value) == "return_url"
    params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
    assert gateway.v1.payment_intents.create(params).status == "requires_capture"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"payment_method_types[]": "card"}, "payment_method_types_no_longer_supported"),
        (
            {
                "allowed_payment_method_types[]": "card",
                "automatic_payment_methods[enabled]": "true",
            },
            None,
        ),
        ({"allowed_payment_method_types[]": "ideal"}, None),
    ],
)
def test_payment_method_types_are_narrowed_as_in_the_sdks_api_version(
    sandbox: SandboxClient, body: dict[str, str], code: str | None
) -> None:
    answer = httpx.post(
        f"{sandbox.base('stripe')}/v1/payment_intents",
        data=body | {"amount": "100", "currency": "eur"},
        headers={"authorization": "Bearer sk_test"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"].get("code") == code


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


@pytest.mark.parametrize(
    ("missing", "code"), [("pi_nothing", "resource_missing"), ("nothing", "resource_missing")]
)
def test_an_unknown_intent_is_404(gateway: stripe.StripeClient, missing: str, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.retrieve(missing)
    assert (refused.value.http_status, refused.value.code) == (404, code)


def test_a_call_without_a_key_is_401(sandbox: SandboxClient) -> None:
    assert httpx.get(f"{sandbox.base('stripe')}/v1/balance").status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"currency": "eur"}, "parameter_missing"),
        ({"amount": "1.5", "currency": "eur"}, "parameter_invalid_integer"),
        ({"amount": "100", "currency": "eur", "colour": "red"}, "parameter_unknown"),
        ({"amount": "100", "currency": "eur", "customer": "cus_none"}, "resource_missing"),
        ({"amount": "100", "currency": "eur", "payment_method": "pm_none"}, "resource_missing"),
        ({"amount": "100", "currency": "eur", "description": ""}, "parameter_invalid_empty"),
    ],
)
def test_bad_parameters_are_named(sandbox: SandboxClient, body: dict[str, str], code: str) -> None:
    answer = httpx.post(
        f"{sandbox.base('stripe')}/v1/payment_intents",
        data=body,
        headers={"authorization": "Bearer sk_test"},
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code


def test_an_unknown_address_is_404(sandbox: SandboxClient) -> None:
    headers = {"authorization": "Bearer sk_test"}
    answer = httpx.get(f"{sandbox.base('stripe')}/v1/unicorns", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_metadata_is_merged_and_emptied_by_key(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, metadata={"order": ORDER, "a": "1", "b": "2"})
    changed = gateway.v1.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"order": ORDER, "b": "2", "c": "3"}
