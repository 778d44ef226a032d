"""Units and limits by currency, as Stripe's page on supported currencies has them."""

import pytest
import stripe

from tests.sandbox.payments import authorize, error_param


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (50, "usd"),
        (30, "gbp"),
        (500, "jpy"),
        (1230, "kwd"),
        (500, "isk"),
        (500, "ugx"),
        (99_999_999, "eur"),
        (1, "xof"),
    ],
)
def test_amounts_that_can_be_charged(
    gateway: stripe.StripeClient, amount: int, currency: str
) -> None:
    intent = authorize(gateway, amount=amount, currency=currency)
    assert (intent.amount, intent.currency) == (amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "usd", "amount_too_small"),
        (29, "gbp", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (1234, "kwd", None),
        (550, "isk", None),
        (501, "ugx", None),
        (100_000_000, "eur", "amount_too_large"),
        (0, "eur", "parameter_invalid_integer"),
        (-5, "eur", "parameter_invalid_integer"),
        (100, "xyz", None),
    ],
)
def test_amounts_that_cannot_be_charged(
    gateway: stripe.StripeClient, amount: int, currency: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        authorize(gateway, amount=amount, currency=currency)
    assert refused.value.http_status == 400
    assert refused.value.code == code
    assert error_param(refused.value) in ("amount", "currency")


def test_currencies_are_shown_in_lower_case(gateway: stripe.StripeClient) -> None:
    assert authorize(gateway, currency="EUR").currency == "eur"


def test_parts_of_a_payment_obey_the_currencys_units(gateway: stripe.StripeClient) -> None:
    intent = authorize(gateway, amount=1000, currency="isk")
    with pytest.raises(stripe.InvalidRequestError, match="fractions"):
        gateway.v1.payment_intents.capture(intent.id, {"amount_to_capture": 550})
    gateway.v1.payment_intents.capture(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="fractions"):
        gateway.v1.refunds.create({"payment_intent": intent.id, "amount": 50})
