"""How the tests pay: Stripe's own SDK, pointed at the sandbox."""

import uuid
from typing import Any, cast

import stripe
from stripe.params import PaymentIntentCreateParams

stripe.enable_telemetry = False
ORDER = "ord_1"


def stripe_client(url: str, retries: int = 2, timeout: float = 10) -> stripe.StripeClient:
    """The SDK as production makes it, but for the address."""
    return stripe.StripeClient(
        "sk_test_sandbox",
        base_addresses={"api": url, "files": url},
        max_network_retries=retries,
        http_client=stripe.RequestsClient(timeout=(2, timeout)),
    )


def intent_params(**changes: Any) -> PaymentIntentCreateParams:
    """19.99 EUR, manual capture, confirmed at once."""
    params: PaymentIntentCreateParams = {
        "amount": 1999,
        "currency": "eur",
        "capture_method": "manual",
        "confirm": True,
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "metadata": {"order": ORDER},
    }
    params.update(cast("PaymentIntentCreateParams", changes))
    return params


def authorize(
    client: stripe.StripeClient, key: str | None = None, **changes: Any
) -> stripe.PaymentIntent:
    """A confirmed intent, its charge expanded."""
    params = intent_params(**changes)
    params["expand"] = ["latest_charge"]
    return client.v1.payment_intents.create(params, {"idempotency_key": key or str(uuid.uuid4())})


def charge_of(intent: stripe.PaymentIntent) -> stripe.Charge:
    """The intent's charge, which must have been expanded."""
    assert isinstance(intent.latest_charge, stripe.Charge)
    return intent.latest_charge


def capture_before(intent: stripe.PaymentIntent) -> int:
    """When the authorization ends, Unix seconds."""
    details = charge_of(intent).payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.capture_before is not None
    return details.card.capture_before


def error_param(error: stripe.StripeError) -> str | None:
    """The parameter that an error is about."""
    assert error.error is not None
    return error.error.param


def error_intent(error: stripe.StripeError) -> stripe.PaymentIntent:
    """The intent that an error carries."""
    assert error.error is not None
    assert error.error.payment_intent is not None
    return error.error.payment_intent
