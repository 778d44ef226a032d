"""Steps 7 and 8: rates, the choice by policy, one live label for each parcel."""

from datetime import datetime

from temporalio import workflow

from activities.shipping import AskQuotes, BuyLabels, ShippingActivities, VoidLabels
from domain.cases import CaseAnswer, CaseKind
from domain.money import Money
from domain.shipping import Item, Quote, choose_service, plan_parcels
from domain.status import Step
from workflows.shipment import Shipment


async def book_courier(shipment: Shipment) -> None:
    """Plan parcels from catalogue weights and buy a label for each, until that succeeds."""
    if not shipment.sends:
        return
    desk = shipment.desk
    shipment.parcels = plan_parcels(
        shipment.id, _items(shipment), desk.policy.packaging_grams, desk.policy.max_parcel_grams
    )
    shipment.booking = True
    while not shipment.labels:
        shipment.label_version += 1
        await _buy(shipment, shipment.label_version)
        if shipment.goes_elsewhere:
            await give_labels_back(shipment)
    # A parcel may still leave with a label that was given back: its scan counts.
    shipment.inbox.tracking_numbers += tuple(label.tracking_number for label in shipment.labels)
    desk.journal.waited(
        Step.TRACKING_RECORDED,
        "tracking",
        shipment.id,
        workflow.now(),
        attempt=shipment.label_version,
    )


async def _buy(shipment: Shipment, version: int) -> None:
    desk = shipment.desk
    quotes = await _choose(shipment, version)
    desk.check_stop()
    heard = False

    async def way_back() -> None:
        await _void(shipment, quotes, version, in_doubt=not heard)

    shipment.promises.register(way_back)
    shipment.give_labels_back = way_back
    request = BuyLabels(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        sequence=version,
        quotes=quotes,
        format=desk.policy.label_format,
    )
    carrier = f"{quotes[0].carrier} {quotes[0].service}"
    bought = await desk.call(ShippingActivities.buy, request, f"buy label: {carrier}")
    heard = True
    shipment.labels = bought.labels
    if not bought.labels:
        await desk.ask(
            CaseKind.LABEL_FAILED,
            f"{carrier} sells no label: {bought.error}",
            (CaseAnswer.RETRY, CaseAnswer.CANCEL),
            shipment.id,
        )


async def give_labels_back(shipment: Shipment) -> None:
    """The customer has moved: what was bought for the old address is void."""
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


def promised_by(shipment: Shipment) -> datetime:
    """When the customer was promised to have it: the order's word, else the service level's."""
    desk = shipment.desk
    shipping = desk.order.shipping
    if shipping.deliver_by is not None:
        return shipping.deliver_by
    calendar = desk.policy.courier_calendar
    days = desk.policy.transit_days[shipping.service_level]
    return calendar.end_of(calendar.delivered_on(desk.accepted_at, days))


async def _choose(shipment: Shipment, version: int) -> tuple[Quote, ...]:
    desk = shipment.desk
    while True:
        await desk.until(lambda: not shipment.address_pending, None, "the new address to be known")
        shipment.moved = False
        request = AskQuotes(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            sequence=version,
            parcels=shipment.parcels,
        )
        answer = await desk.call(ShippingActivities.quote, request, "ask for rates")
        choice = choose_service(
            answer.quotes,
            shipment.parcels,
            desk.policy.courier_calendar,
            workflow.now(),
            promised_by(shipment),
        )
        if choice is not None and not await _too_dear(shipment, choice.quotes):
            return choice.quotes
        if choice is not None or shipment.goes_elsewhere:
            continue
        await desk.ask(
            CaseKind.NO_RATE,
            "No carrier offers a rate for every parcel; check address and weights",
            (CaseAnswer.RETRY, CaseAnswer.CANCEL),
            shipment.id,
        )


async def _too_dear(shipment: Shipment, quotes: tuple[Quote, ...]) -> bool:
    """Whether a person wants other rates than these, which cost more than the labels before."""
    desk, before = shipment.desk, shipment.label_cost
    more = sum(quote.cost.amount for quote in quotes) - (0 if before is None else before)
    if before is None or more <= desk.policy.relabel_extra:
        return False
    extra = Money(amount=more, currency=quotes[0].cost.currency)
    answer = await desk.ask(
        CaseKind.LABEL_COSTS_MORE,
        f"The label for the new address costs {extra} more. accept pays it, retry asks for rates "
        "again",
        (CaseAnswer.ACCEPT, CaseAnswer.RETRY, CaseAnswer.CANCEL),
        shipment.id,
    )
    return answer is not CaseAnswer.ACCEPT


async def _void(
    shipment: Shipment, quotes: tuple[Quote, ...], version: int, *, in_doubt: bool
) -> None:
    desk = shipment.desk
    request = VoidLabels(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        sequence=version,
        quotes=quotes,
        format=desk.policy.label_format,
        in_doubt=in_doubt,
    )
    await desk.call(ShippingActivities.void, request, "void the label", stoppable=False)
