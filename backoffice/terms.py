"""The words by which an order is found, folded so that writing and asking agree."""

import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from backoffice.tables.base import table
from backoffice.tables.orders import TermRow
from domain.order import Order

_NEW_TERMS = insert(table(TermRow)).on_conflict_do_nothing()

LONGEST = 200
"""Characters of a term that count: an index entry has its limits, and folding can lengthen."""


class TermKind(StrEnum):
    """What a word is."""

    ORDER = "order"
    NUMBER = "number"
    NAME = "name"
    EMAIL = "email"
    SKU = "sku"
    BIN = "bin"
    TRACKING = "tracking"


def fold(text: str) -> str:
    """Letters without case, width or composition, single spaces; for any script.

    Done here and not by the database, whose own rules depend on how it was installed.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())[:LONGEST]


def is_storable(text: str) -> bool:
    """Whether Postgres can hold the text at all: what it cannot hold, it cannot find."""
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def terms_of(order_id: str, order: Order) -> frozenset[tuple[TermKind, str]]:
    """Every word by which an order can be found from the moment that it is accepted."""
    return frozenset((kind, term) for kind, term in _terms(order_id, order) if term)


def _terms(order_id: str, order: Order) -> Iterator[tuple[TermKind, str]]:
    yield TermKind.ORDER, fold(order_id)
    yield TermKind.NUMBER, fold(order.number)
    yield TermKind.EMAIL, fold(order.customer.email)
    people = (order.customer.name, order.shipping_address.name, order.billing_address.name)
    for name in people:
        words = fold(name).split(" ")
        for start in range(len(words)):
            yield TermKind.NAME, " ".join(words[start:])
    for line in order.articles:
        yield TermKind.SKU, fold(line.sku)


def write_terms(
    connection: Connection, shop: str, order: str, terms: Iterable[tuple[TermKind, str]]
) -> None:
    """Let an order be found by these words as well."""
    rows = [
        {"order_id": order, "kind": kind.value, "term": term, "shop": shop}
        for kind, term in sorted(set(terms))
    ]
    if rows:
        connection.execute(_NEW_TERMS, rows)
