"""Steps 7 and 8: rates, the choice by policy, one live label for each parcel."""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow

from activities.shipping import BuyLabels, ShippingActivities, VoidLabels
from domain.shipping import Item, Quote, plan_parcels
from domain.status import Step
from workflows.promise import tell_of_a_later_day
from workflows.rates import Rates
from workflows.shipment import Shipment


async def book_courier(shipment: Shipment, overtaken: Callable[[], bool] = lambda: False) -> None:
    """Plan parcels from catalogue weights and buy a label for each, until that succeeds.

    Raises:
        Overtaken: they have left before that.
    """
    if not shipment.sends:
        return
    policy = shipment.desk.policy
    shipment.parcels = plan_parcels(
        shipment.id, _items(shipment), policy.packaging_grams, policy.max_parcel_grams
    )
    await buy_labels(shipment, overtaken)


async def buy_labels(shipment: Shipment, overtaken: Callable[[], bool] = lambda: False) -> None:
    """Buy a label for each planned parcel, until that succeeds.

    Raises:
        Overtaken: other parcels are to be booked before these were.
    """
    desk, rates = shipment.desk, Rates(shipment, overtaken)
    shipment.booking = True
    while not shipment.labels:
        shipment.label_version += 1
        await _buy(shipment, rates, shipment.label_version)
        if shipment.goes_elsewhere:
            await give_labels_back(shipment)
    # A parcel may still leave with a label that was given back: its scan counts.
    shipment.inbox.tracking_numbers += tuple(label.tracking_number for label in shipment.labels)
    desk.journal.waited(
        Step.TRACKING_RECORDED,
        "tracking",
        shipment.id,
        workflow.now(),
        detail=_why(shipment, rates),
        attempt=shipment.label_version,
    )
    tell_of_a_later_day(shipment, rates.choice)


def _why(shipment: Shipment, rates: Rates) -> str:
    """What was chosen and why, for the order's page."""
    label, choice = shipment.labels[0], rates.choice
    return f"{label.carrier} {label.service}: {'' if choice is None else choice.why}"


async def _buy(shipment: Shipment, rates: Rates, version: int) -> None:
    desk = shipment.desk
    quotes = await rates.choose(version)
    desk.check_stop()
    rates.check_overtaken()
    heard = failed = False

    async def way_back() -> None:
        await _void(shipment, quotes, version, in_doubt=not heard, failed=failed)

    shipment.promises.register(way_back)
    shipment.give_labels_back = way_back
    request = BuyLabels(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        sequence=version,
        quotes=quotes,
        format=desk.policy.label_format,
        made_within=desk.policy.label_within,
    )
    carrier = f"{quotes[0].carrier} {quotes[0].service}"
    bought = await desk.call(ShippingActivities.buy, request, f"buy label: {carrier}")
    heard = True
    shipment.labels = bought.labels
    failed = not bought.labels
    if failed:
        await rates.not_sold(quotes, bought.error)


async def give_labels_back(shipment: Shipment) -> None:
    """Other labels take the place of what was bought: it is void."""
    if shipment.labels:
        shipment.label_cost = sum(label.cost.amount for label in shipment.labels)
        shipment.labels = ()
        await shipment.promises.undo_one(shipment.give_labels_back)
    shipment.moved = False


def _items(shipment: Shipment) -> tuple[Item, ...]:
    weights = {line.line: line.weight_grams for line in shipment.lines}
    return tuple(
        Item(line=line.line, quantity=line.quantity, weight_grams=weights[line.line])
        for line in shipment.sends
    )


async def _void(
    shipment: Shipment, quotes: tuple[Quote, ...], version: int, *, in_doubt: bool, failed: bool
) -> None:
    """What is still in the making is waited for, but not where it was given up before."""
    desk = shipment.desk
    request = VoidLabels(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        sequence=version,
        quotes=quotes,
        format=desk.policy.label_format,
        in_doubt=in_doubt,
        made_within=timedelta(0) if failed else desk.policy.label_within,
    )
    await desk.call(ShippingActivities.void, request, "void the label", stoppable=False)
