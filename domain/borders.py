"""Where a parcel crosses a customs border: each country is one territory, the Union is one."""

import re

from domain.address import Address

_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_UNION = frozenset({*_MEMBERS.split(), "MC"})
"""The Union's members and Monaco. Territories with a code of their own (AX, GP, RE …) are not in
it: parcels for them are declared. Source: Union Customs Code, article 4."""

_APART = {
    "DE": ((r"27498", "Heligoland"), (r"78266", "Büsingen")),
    "ES": ((r"3[58]\d{3}", "Canary Islands"), (r"51\d{3}", "Ceuta"), (r"52\d{3}", "Melilla")),
    "FI": ((r"22\d{3}", "Åland"),),
    "FR": ((r"9(?:7\d|8[678])\d{2}", "France overseas"),),
    "GR": ((r"6308[67]", "Mount Athos"),),
    "IT": ((r"23041", "Livigno"), (r"22061", "Campione")),
}
"""Postal codes of members' regions outside the Union's territory for customs or for VAT: parcels
for them are declared too. Source: Directive 2006/112/EC, article 6."""


def crosses_customs(sender: Address, receiver: Address) -> bool:
    """Whether a parcel between the two needs a customs declaration."""
    return _territory(sender) != _territory(receiver)


def _territory(address: Address) -> str:
    code = re.sub(r"\D", "", address.postal_code)
    for pattern, name in _APART.get(address.country, ()):
        if re.fullmatch(pattern, code):
            return name
    return "European Union" if address.country in _UNION else address.country
