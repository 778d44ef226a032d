"""An order's goods divided into shares: what goes together is one shipment.

Each share has its place in the division, counted in pieces of each line. Its sums follow from that
place alone, so that whichever share ships first, and whatever becomes of the others, all of them
together never come to more than the order.
"""

from collections.abc import Iterable, Mapping, Sequence

from domain.invoicing import due_for
from domain.model import Model
from domain.money import Money
from domain.order import Order
from domain.routing import Free, Source
from domain.shipping import Portion
from domain.stock import MAIN, Spot, Want, wants


class Share(Model):
    """Goods that go together, from one warehouse. ``waits`` says that they are not there yet."""

    portions: tuple[Portion, ...]
    warehouse: str = MAIN
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


def part_of(
    portions: Sequence[Portion],
    skus: Mapping[str, str],
    free: Free,
    sequence: Sequence[str],
    *,
    splits: bool,
    whole_lines: bool,
) -> tuple[Portion, ...]:
    """Which part of an order goes now where not all of it can.

    What is there anywhere, where it may come from several warehouses; else what the warehouse has
    that has most of it. ``skus`` names each line's SKU.
    """
    wanted = set(skus.values())

    def at(some: Sequence[str]) -> tuple[Portion, ...]:
        here = {sku: sum(max(0, free.get(Spot(sku, one), 0)) for one in some) for sku in wanted}
        return what_is_there(portions, skus, here, whole_lines=whole_lines)

    if splits:
        return at(sequence)
    parts = [at((one,)) for one in sequence]
    return max(parts, key=lambda part: sum(one.quantity for one in part), default=())


def shares_of(
    portions: Sequence[Portion], skus: Mapping[str, str], sources: Sequence[Source]
) -> tuple[Share, ...]:
    """An order's portions divided by where they come from: a share for each warehouse.

    Without sources all of them come from the main one.
    """
    if not sources:
        return (Share(portions=tuple(portions)),)
    left = {one.line: one.quantity for one in portions}
    shares: list[Share] = []
    for source in sources:
        here = {one.sku: one.quantity for one in source.wants}
        part = [Portion(line=line, quantity=pieces) for line, pieces in left.items() if pieces]
        taken = what_is_there(part, skus, here)
        for one in taken:
            left[one.line] -= one.quantity
        shares.append(Share(portions=taken, warehouse=source.warehouse))
    return tuple(shares)


def rest_of(portions: Iterable[Portion], taken: Iterable[Portion]) -> tuple[Portion, ...]:
    """What is left of some portions when others are taken from them."""
    gone = {one.line: one.quantity for one in taken}
    rests = ((one.line, one.quantity - gone.get(one.line, 0)) for one in portions)
    return tuple(Portion(line=line, quantity=rest) for line, rest in rests if rest)


def skus_of(order: Order) -> dict[str, str]:
    """The SKU of each line, and of what goes in place of one."""
    return {line.id: line.sku for line in order.articles}


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
