"""Money is exact to the minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.money import Money, currencies, exponent

AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=40)


@given(AMOUNTS, WEIGHTS, st.sampled_from(["JPY", "EUR", "KWD"]))
def test_allocated_parts_add_up_to_the_whole(amount: int, weights: list[int], code: str) -> None:
    parts = Money(amount=amount, currency=code).allocate(weights)
    assert sum(part.amount for part in parts) == amount
    assert len(parts) == len(weights)


@given(AMOUNTS, WEIGHTS)
def test_no_part_is_a_whole_unit_from_its_exact_share(amount: int, weights: list[int]) -> None:
    shares = weights if any(weights) else [1] * len(weights)
    parts = Money(amount=amount, currency="EUR").allocate(weights)
    for part, share in zip(parts, shares, strict=True):
        assert abs(part.amount * sum(shares) - amount * share) < sum(shares)


def test_the_largest_remainder_gets_the_odd_cent() -> None:
    parts = Money(amount=100, currency="EUR").allocate([1, 1, 1])
    assert [part.amount for part in parts] == [34, 33, 33]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_allocating_by_nothing_or_by_less_than_nothing_is_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="allocate needs"):
        Money(amount=1, currency="EUR").allocate(weights)


@pytest.mark.parametrize(
    ("amount", "code", "words"),
    [(1230, "EUR", "12.30 EUR"), (1230, "JPY", "1230 JPY"), (-5, "KWD", "-0.005 KWD")],
)
def test_people_read_money_with_its_currency_s_decimals(amount: int, code: str, words: str) -> None:
    assert str(Money(amount=amount, currency=code)) == words


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        _ = Money(amount=1, currency="EUR") + Money(amount=1, currency="USD")


@pytest.mark.parametrize("code", ["eur", "EURO", "XXX", "ZZZ", ""])
def test_only_iso_currencies_are_money(code: str) -> None:
    with pytest.raises(ValidationError):
        Money(amount=1, currency=code)


def test_every_currency_has_an_exponent() -> None:
    assert {exponent(code) for code in currencies()} == {0, 2, 3}
