"""An order's goods divided into shares: what goes together is one shipment.

Each share has its place in the division, counted in pieces of each line. Its sums follow from that
place alone, so that whichever share ships first, and whatever becomes of the others, all of them
together never come to more than the order.
"""

from collections.abc import Iterable, Mapping

from domain.invoicing import due_for
from domain.model import Model
from domain.money import Money
from domain.order import Order
from domain.shipping import Portion
from domain.stock import Want, wants


class Share(Model):
    """Goods that go together. ``waits`` says that they are not there yet."""

    portions: tuple[Portion, ...]
    waits: bool = False


def whole(order: Order) -> tuple[Portion, ...]:
    """All of an order, line by line."""
    return tuple(Portion(line=line.id, quantity=line.quantity) for line in order.lines)


def what_is_there(
    portions: Iterable[Portion],
    skus: Mapping[str, str],
    free: Mapping[str, int],
    *,
    whole_lines: bool = False,
) -> tuple[Portion, ...]:
    """What of these can be had of the free pieces, the first lines first.

    ``skus`` names each line's SKU. With ``whole_lines`` a line that lacks a piece gets none.
    """
    left = dict(free)
    there: list[Portion] = []
    for one in portions:
        sku = skus[one.line]
        pieces = min(one.quantity, max(0, left.get(sku, 0)))
        if pieces and (pieces == one.quantity or not whole_lines):
            left[sku] -= pieces
            there.append(Portion(line=one.line, quantity=pieces))
    return tuple(there)


def rest_of(portions: Iterable[Portion], taken: Iterable[Portion]) -> tuple[Portion, ...]:
    """What is left of some portions when others are taken from them."""
    gone = {one.line: one.quantity for one in taken}
    rests = ((one.line, one.quantity - gone.get(one.line, 0)) for one in portions)
    return tuple(Portion(line=line, quantity=rest) for line, rest in rests if rest)


def skus_of(order: Order) -> dict[str, str]:
    """The SKU of each line."""
    return {line.id: line.sku for line in order.lines}


def wants_of(order: Order, portions: Iterable[Portion]) -> tuple[Want, ...]:
    """The pieces of stock that some portions are, by SKU."""
    skus = skus_of(order)
    return wants(tuple((skus[one.line], one.quantity) for one in portions))


def added_up(shares: Iterable[tuple[Portion, ...]]) -> tuple[Portion, ...]:
    """The pieces of several shares together, by line."""
    total: dict[str, int] = {}
    for share in shares:
        for one in share:
            total[one.line] = total.get(one.line, 0) + one.quantity
    return tuple(Portion(line=line, quantity=pieces) for line, pieces in total.items())


def goods_due(order: Order, portions: Iterable[Portion], earlier: Iterable[Portion]) -> Money:
    """What is owed for pieces alone, without the shipping fee."""
    return due_for(order, portions, earlier, shipping=False)
