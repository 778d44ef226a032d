"""Minor units to Stripe's units and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money, currencies
from providers.stripe_units import MAXIMUM, MINIMUM, SUPPORTED, from_stripe, problem_with, to_stripe

AMOUNTS = st.integers(min_value=0, max_value=10**13)


@given(AMOUNTS, st.sampled_from(sorted(SUPPORTED)))
def test_what_stripe_can_express_comes_back_as_it_was(amount: int, currency: str) -> None:
    money = Money(amount=amount, currency=currency)
    try:
        units = to_stripe(money)
    except ValueError:
        assert problem_with(money)
    else:
        assert from_stripe(units, currency.lower()) == money


@given(AMOUNTS, st.sampled_from(sorted(currencies())))
def test_an_amount_without_a_problem_can_be_expressed_and_is_within_the_limits(
    amount: int, currency: str
) -> None:
    money = Money(amount=amount, currency=currency)
    if problem_with(money) is None:
        assert MINIMUM.get(currency, 1) <= to_stripe(money) <= MAXIMUM


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        (1099, "EUR", 1099),
        (500, "JPY", 500),
        (5, "ISK", 500),
        (5, "UGX", 500),
        (500, "MGA", 5),
        (5120, "KWD", 5120),
        (1045, "HUF", 1045),
        (80_045, "TWD", 80_045),
    ],
)
def test_each_kind_of_currency_is_counted_as_stripe_counts_it(
    amount: int, currency: str, units: int
) -> None:
    money = Money(amount=amount, currency=currency)
    assert to_stripe(money) == units
    assert from_stripe(units, currency) == money


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (5124, "KWD", "last digit of 0"),
        (50, "MGA", "whole MGA"),
        (1000, "GHS", "does not charge in GHS"),
        (49, "EUR", "0.50 EUR at least"),
        (49, "JPY", "50 JPY at least"),
        (0, "ISK", "at least"),
        (-100, "EUR", "at least"),
        (10**12, "EUR", "12 digits"),
        (10**10, "ISK", "12 digits"),
    ],
)
def test_what_stripe_cannot_charge_is_said_in_words(amount: int, currency: str, words: str) -> None:
    problem = problem_with(Money(amount=amount, currency=currency))
    assert problem is not None
    assert words in problem


def test_a_fraction_that_the_currency_does_not_have_is_not_read_as_money() -> None:
    with pytest.raises(ValueError, match="no whole amount"):
        from_stripe(550, "isk")
