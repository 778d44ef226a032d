"""What needs a customs declaration, and what is one territory."""

import pytest

from domain.address import Address
from domain.borders import crosses_customs


def at(country: str, postal_code: str = "") -> Address:
    return Address(name="Zoe", line1="1 Way", city="Town", postal_code=postal_code, country=country)


BERLIN = at("DE", "10115")


@pytest.mark.parametrize(
    "receiver",
    [at("DE", "99423"), at("AT", "1010"), at("FR", "69001"), at("ES", "08001"), at("MC", "98000")],
)
def test_within_the_union_nothing_is_declared(receiver: Address) -> None:
    assert not crosses_customs(BERLIN, receiver)
    assert not crosses_customs(receiver, BERLIN)


@pytest.mark.parametrize(
    "receiver",
    [
        at("CH", "8001"),
        at("GB", "SW1A 1AA"),
        at("NO", "0150"),
        at("US", "10001"),
        at("AX", "22100"),
        at("RE", "97400"),
        at("ES", "35001"),
        at("ES", "38 001"),
        at("ES", "51001"),
        at("DE", "27498"),
        at("DE", "D-78266"),
        at("IT", "23041"),
        at("FR", "97200"),
        at("FI", "22100"),
        at("GR", "630 86"),
    ],
)
def test_what_leaves_the_union_or_its_vat_is_declared_both_ways(receiver: Address) -> None:
    assert crosses_customs(BERLIN, receiver)
    assert crosses_customs(receiver, BERLIN)


def test_a_country_and_a_region_apart_are_each_one_territory() -> None:
    assert not crosses_customs(at("US", "10001"), at("US", "94103"))
    assert not crosses_customs(at("ES", "35001"), at("ES", "38001"))
    assert crosses_customs(at("US", "10001"), at("CA", "K1A 0B1"))
