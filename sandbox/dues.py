"""What a customer owes for some pieces of an order, worked out from the order as it was sent.

Each line's discount and tax are shared out in proportion, halves rounded up; the shipping fee is
owed in full as soon as one piece ships.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

Json = dict[str, Any]

_HALF = Fraction(1, 2)


def due_for(order: Json, pieces: Mapping[str, int]) -> int:
    """The sum in the currency's minor unit. ``pieces`` counts by line; of none, nothing is owed."""
    owed = [_line(order, line, pieces.get(line["id"], 0)) for line in order["lines"]]
    return sum(owed) + int(order["shipping"]["gross"]) if any(pieces.values()) else 0


def _line(order: Json, line: Json, count: int) -> int:
    share = Fraction(count, line["quantity"])
    discount = _rounded(line.get("discount", 0) * share)
    price = line["unit_price"] * count - discount
    if order.get("prices_include_tax", True):
        return price
    basis = Fraction(price, line["net"]) if line["net"] else share
    return price + _rounded(line["tax"] * basis)


def _rounded(amount: Fraction) -> int:
    return int((amount + _HALF).__floor__())
