"""Addresses as they are written on paper: one line each, ordered as the country orders them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from domain.address import Address
from domain.model import Country

# Where the city comes before its postal code, with the state between them.
_CITY_REGION_CODE = frozenset(("AU", "CA", "US"))
# Where city and postal code have a line each.
_CODE_BELOW = frozenset(("GB", "GG", "GI", "IE", "IM", "JE"))
# The zone table's own names that are not the ones on an envelope.
_NAMES = {
    "CD": "DR Congo",
    "CG": "Congo",
    "GB": "United Kingdom",
    "KP": "North Korea",
    "KR": "South Korea",
    "MM": "Myanmar",
    "MO": "Macao",
    "SS": "South Sudan",
    "ST": "Sao Tome and Principe",
    "VC": "Saint Vincent and the Grenadines",
    "XK": "Kosovo",  # ISO leaves the code to its users, and Stripe, carriers and the EU use it
}


@cache
def _names() -> Mapping[str, str]:
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8")
    rows = [row.partition("\t") for row in table.splitlines() if not row.startswith("#")]
    return {code: name for code, _, name in rows} | _NAMES


def country_codes() -> frozenset[Country]:
    """Every code that ISO 3166-1 assigns, and XK for Kosovo."""
    return frozenset(_names())


def country_name(code: Country) -> str:
    """The English name of a country (ISO 3166-1); the code itself where it has none."""
    return _names().get(code, code)


def address_lines(address: Address) -> list[str]:
    """Who and where, from the person down to the country, which stands in capitals.

    Postal services ask for the destination country in capitals, last, in a language that the
    country of dispatch reads (Universal Postal Union, addressing guidelines).
    """
    lines = [
        address.name,
        address.company,
        address.line1,
        address.line2,
        *_place(address),
        country_name(address.country).upper(),
    ]
    return [line.strip() for line in lines if line.strip()]


def _place(address: Address) -> list[str]:
    if address.country in _CITY_REGION_CODE:
        state = " ".join(part for part in (address.region, address.postal_code) if part)
        return [f"{address.city}, {state}" if state else address.city]
    if address.country in _CODE_BELOW:
        return [address.city, address.region, address.postal_code]
    return [f"{address.postal_code} {address.city}", address.region]
