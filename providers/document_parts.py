"""What packing slips and invoices have in common: heads, addresses, articles, days."""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.address import Address
from domain.order import Line
from domain.record import Shop
from providers.document_words import Words
from providers.fonts import Json, joins
from providers.postal_address import address_lines

# Letters that a line can only be broken between where there is a space: not those of scripts
# that break between any two signs, or between words that are written together.
_WORD = r"[^\s/\-\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]"
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
_FIRST_STRONG_ISOLATE = "\N{FIRST STRONG ISOLATE}"
_POP_ISOLATE = "\N{POP DIRECTIONAL ISOLATE}"
# About as many letters as fit where such a text stands.
PAGE_LETTERS = 70
_ADDRESS_LETTERS = 34
_ARTICLE_LETTERS = 26
_CODE_LETTERS = 15
# So little that it fills no page, in the narrowest column and the widest letters.
_PAGE_OF_LETTERS = 1000


def head(shop: Shop, words: Words, title: str, number: str) -> dict[str, Json]:
    """Who sells, what this paper is, and the words that it is written in."""
    seller = shop.seller
    tax_id, tax_id_abroad = words.tax_ids_in(seller.address.country)
    return {
        "words": words.model_dump(mode="json"),
        "title": title,
        "number": number,
        "running_head": breakable(f"{title} {number} · {words.continued}", PAGE_LETTERS),
        "seller": {
            "name": seller.name,
            "lines": [line for line in address_lines(seller.address) if line != seller.name],
            "about": [
                " · ".join(one for one in line if one)
                for line in (
                    (seller.email, _titled(words.phone, seller.address.phone)),
                    (
                        _titled(tax_id, seller.tax_id),
                        _titled(tax_id_abroad, seller.tax_id_abroad),
                    ),
                )
            ],
        },
    }


def party(title: str, address: Address, words: Words) -> dict[str, Json]:
    """An address under its title."""
    return {
        "title": title,
        "lines": [breakable(line, _ADDRESS_LETTERS) for line in address_lines(address)],
        "phone": _titled(words.phone, address.phone),
    }


def article(place: int, line: Line, note: str = "") -> dict[str, Json]:
    """An order line's place, SKU, name and options; whether they all go on one page together."""
    options = [
        f"{_isolated(key)}: {_isolated(value)}" if value.strip() else _isolated(key)
        for key, value in line.options.items()
    ]
    return {
        "place": str(place),
        "sku": breakable(line.sku, _CODE_LETTERS),
        "name": breakable(line.name, _ARTICLE_LETTERS),
        "options": breakable(" · ".join(options), _ARTICLE_LETTERS),
        "whole": sum(map(len, (line.name, note, *options))) < _PAGE_OF_LETTERS,
    }


def _titled(title: str, value: str) -> str:
    return f"{title} {value}" if value.strip() else ""


def breakable(text: str, letters: int) -> str:
    """The text, with words of so many letters or more free to break anywhere."""
    return re.sub(f"{_WORD}{{{letters},}}", _opened, text)


def _opened(word: re.Match[str]) -> str:
    return "".join(sign if joins(sign) else _ZERO_WIDTH_SPACE + sign for sign in word[0])


def _isolated(text: str) -> str:
    """Keeps a right-to-left word from turning its neighbours round (Unicode Annex 9)."""
    return text if text.isascii() else f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


def facts(*pairs: tuple[str, str]) -> Sequence[Json]:
    """Labels with their values; what has no value is left out."""
    return [[label, value] for label, value in pairs if value.strip()]


def day(at: datetime, shop: Shop) -> str:
    """The day (ISO 8601) on which a moment falls where the shop is."""
    return at.astimezone(ZoneInfo(shop.policy.courier_calendar.time_zone)).date().isoformat()
