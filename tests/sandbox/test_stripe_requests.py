"""What Stripe refuses before it asks any bank."""

import httpx
import pytest
import stripe

from sandbox.client import SandboxClient
from tests.sandbox.payments import (
    ORDER,
    authorize,
    error_param,
    intent_params,
)


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
