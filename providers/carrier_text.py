"""Names and addresses as carriers can print them: in Latin letters, cut to their limits.

Carriers take Latin-1 at best, the US Postal Service ASCII only. What they cannot print is
transliterated sign by sign, so that a label stays legible to the driver and to the customer.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anyascii import anyascii

from domain.address import Address

NAME, STREET, CITY, REGION, POSTAL_CODE, PHONE = 35, 35, 30, 30, 10, 15
"""Characters of a field that UPS, FedEx, DHL and USPS all take: the least of their limits.
Of a street there are three lines; some carriers print the first two only."""

_STREET_LINES = 3
_ASCII_ONLY = frozenset({"US", "PR", "VI", "GU", "AS", "MP", "UM", "FM", "MH", "PW"})
"""Where the US Postal Service delivers."""
_JOINER = "\u200d"


@dataclass(frozen=True)
class CarrierAddress:
    """An address that every big carrier can print. ``name``, ``street1`` and ``city`` are never
    empty."""

    name: str
    company: str
    street1: str
    street2: str
    street3: str
    city: str
    state: str
    zip: str
    country: str
    phone: str


def carrier_address(address: Address, other_country: str) -> CarrierAddress:
    """An address as carriers print it; ``other_country`` is where the parcel comes from or goes.

    A long street line goes on in the next one, cut between words.
    """
    plain = not _ASCII_ONLY.isdisjoint((address.country, other_country))
    company = _cut(address.company, NAME, plain)
    street1, street2, street3 = _streets(address, plain)
    return CarrierAddress(
        name=_cut(address.name, NAME, plain) or company or "Recipient",
        company=company,
        street1=street1 or "-",
        street2=street2,
        street3=street3,
        city=_cut(address.city, CITY, plain) or "-",
        state=_cut(address.region, REGION, plain),
        zip=_cut(address.postal_code, POSTAL_CODE, plain=True),
        country=address.country,
        phone=_phone(address.phone),
    )


def carrier_text(text: str, limit: int, or_else: str, plain: bool = False) -> str:
    """One line of at most ``limit`` characters, in Latin-1 or (``plain``) ASCII; never empty.

    A character and its accents stay or go together, and so do the letters that it turns into.
    """
    return _cut(text, limit, plain) or or_else


def graphemes(text: str) -> Iterator[str]:
    """What readers see as one character: a base with its marks, a joined emoji, a flag.

    Source: Unicode Standard Annex 29, for the scripts that addresses are written in.
    """
    cluster = ""
    for sign in unicodedata.normalize("NFC", text):
        if cluster and _belongs_to(cluster, sign):
            cluster += sign
            continue
        if cluster:
            yield cluster
        cluster = sign
    if cluster:
        yield cluster


def _belongs_to(cluster: str, sign: str) -> bool:
    if unicodedata.category(sign) in ("Mn", "Mc", "Me") or sign in (_JOINER, "\u200c"):
        return not cluster.isspace()
    if cluster.endswith(_JOINER):
        return True
    skin_tone = "\U0001f3fb" <= sign <= "\U0001f3ff"
    tag = "\U000e0020" <= sign <= "\U000e007f"
    hangul = "\u1160" <= sign <= "\u11ff" and "\u1100" <= cluster[-1] <= "\u11ff"
    flag = len(cluster) == 1 and _is_flag_letter(cluster) and _is_flag_letter(sign)
    return skin_tone or tag or hangul or flag


def _is_flag_letter(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _printable(cluster: str, plain: bool) -> str:
    if cluster.isspace():
        return " "
    if not plain and all(sign.isprintable() and ord(sign) <= 0xFF for sign in cluster):
        return cluster
    # Line breaks count as spaces, other control characters and unknown signs as nothing.
    return "".join(sign for sign in anyascii(cluster) if sign.isprintable()).strip()


def _words(text: str, plain: bool) -> Iterator[list[str]]:
    """Words as lists of pieces that must not be cut."""
    word: list[str] = []
    for cluster in graphemes(text):
        piece = _printable(cluster, plain)
        if piece == " " and word:
            yield word
            word = []
        elif piece.strip():
            word.append(piece)
    if word:
        yield word


def _cut(text: str, limit: int, plain: bool) -> str:
    line = ""
    for word in _words(text, plain):
        gap = " " if line else ""
        for piece in word:
            if len(line) + len(gap) + len(piece) > limit:
                return line
            line += gap + piece
            gap = ""
    return line


def _streets(address: Address, plain: bool) -> tuple[str, str, str]:
    lines = [*_wrapped(address.line1, plain), *_wrapped(address.line2, plain)]
    if len(lines) > _STREET_LINES - 1:
        lines = _wrapped(f"{address.line1} {address.line2}", plain)
    first, second, third = (*lines, "", "", "")[:_STREET_LINES]
    return first, second, third


def _wrapped(text: str, plain: bool) -> list[str]:
    lines: list[str] = []
    for word in _words(text, plain):
        for part in _parts(word):
            if lines and len(lines[-1]) + 1 + len(part) <= STREET:
                lines[-1] += f" {part}"
            else:
                lines.append(part)
    return lines


def _parts(word: Sequence[str]) -> Iterator[str]:
    """A word whole, or in parts that each fit a line; a sign that fits none is left out."""
    part = ""
    for piece in word:
        if len(piece) > STREET:
            continue
        if len(part) + len(piece) > STREET:
            yield part
            part = ""
        part += piece
    if part:
        yield part


def _phone(text: str) -> str:
    """Digits with a leading plus sign; an extension is left out: carriers have no field for it."""
    latin = anyascii(text).strip()
    number = ""
    for sign in latin:
        if sign.isdigit() or (sign == "+" and not number):
            number += sign
        elif sign.isalpha() and number:
            break
    # A shortened number would ring somewhere else.
    return next((form for form in (number, number.lstrip("+")) if len(form) <= PHONE), "")
