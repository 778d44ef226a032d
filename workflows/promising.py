"""Step 1: an order's goods are promised, whole or by policy in part, now or when they have come."""

from activities.stock import DivideStock, ReserveStock, StockActivities
from domain.backorder import OutOfStock, Promised
from domain.shares import Share, rest_of, shares_of, skus_of, wants_of, whole
from domain.status import OrderStatus, Step
from domain.stock import Wanted, wants
from workflows.backorder import Backorder, Shelf, place_of, route_of
from workflows.desk import Desk


async def until_promised(desk: Desk, shelf: Shelf) -> tuple[Share, ...]:
    """Reserve everything, now or when it has come, or by policy a part; the order's shares.

    There are none where it does not come in time.
    """
    if desk.policy.out_of_stock.divides:
        return await _divided(desk, shelf)
    promised = await _whole(desk, shelf)
    return () if promised.shortages else _shares(desk, promised)


def _shares(desk: Desk, promised: Promised) -> tuple[Share, ...]:
    """A share for each warehouse that what was promised comes from."""
    there = promised.there if promised.shortages else whole(desk.order)
    return shares_of(there, skus_of(desk.order), promised.sources)


async def _divided(desk: Desk, shelf: Shelf) -> tuple[Share, ...]:
    """What is there goes at once; where nothing is, all of it waits together."""
    order, rule, everything = desk.order, desk.policy.out_of_stock, whole(desk.order)
    place = place_of(desk)
    then = desk.next(OrderStatus.RESERVED, Step.RECEIVED)
    lines = (Wanted(line=one.id, sku=one.sku, quantity=one.quantity) for one in order.lines)
    request = DivideStock(
        order_id=desk.order_id,
        shop=desk.shop,
        lines=tuple(lines),
        place=place if rule.may_wait else None,
        whole_lines=rule is OutOfStock.CANCEL_LINE,
        route=route_of(desk),
    )
    promised = await desk.own_books(
        StockActivities.reserve_what_is_there, request, "reserve what is there", then, within=True
    )
    if promised.shortages and not promised.there:
        backorder = Backorder(desk, shelf, wants_of(order, everything), place)
        if promised.waits:
            promised = await backorder.until_served(promised)
        return () if promised.shortages else _shares(desk, promised)
    desk.arrive(then)
    shares = _shares(desk, promised)
    if not promised.waits:
        return shares
    return (*shares, Share(portions=rest_of(everything, promised.there), waits=True))


async def _whole(desk: Desk, shelf: Shelf) -> Promised:
    wanted = wants(tuple((line.sku, line.quantity) for line in desk.order.lines))
    place = place_of(desk)
    may_wait = desk.policy.out_of_stock is OutOfStock.HOLD_ALL
    then = desk.next(OrderStatus.RESERVED, Step.RECEIVED)
    request = ReserveStock(
        order_id=desk.order_id,
        shop=desk.shop,
        wants=wanted,
        place=place if may_wait else None,
        route=route_of(desk),
    )
    promised = await desk.own_books(
        StockActivities.reserve, request, "reserve stock", then, within=True
    )
    if promised.waits:
        return await Backorder(desk, shelf, wanted, place).until_served(promised)
    if not promised.shortages:
        desk.arrive(then)
    return promised
