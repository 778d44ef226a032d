"""Steps 7 and 8: rates, the choice by policy, one live label for each parcel."""

from datetime import datetime

from temporalio import workflow

from activities.shipping import AskQuotes, BuyLabels, ShippingActivities, VoidLabels
from domain.cases import CaseAnswer, CaseKind
from domain.shipping import Item, Quote, choose_service, plan_parcels
from domain.status import Step
from workflows.shipment import Shipment


async def book_courier(shipment: Shipment) -> None:
    """Plan parcels from catalogue weights and buy a label for each, until that succeeds."""
    if not shipment.picked:
        return
    desk = shipment.desk
    shipment.parcels = plan_parcels(
        shipment.id, _items(shipment), desk.policy.packaging_grams, desk.policy.max_parcel_grams
    )
    version = 0
    heard: set[int] = set()
    while not shipment.labels:
        version += 1
        quotes = await _choose(shipment, version)
        desk.check_stop()
        shipment.promises.register(
            lambda q=quotes, v=version: _void(shipment, q, v, in_doubt=v not in heard)
        )
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
        heard.add(version)
        shipment.labels = bought.labels
        if not bought.labels:
            await desk.ask(
                CaseKind.LABEL_FAILED,
                f"{carrier} sells no label: {bought.error}",
                (CaseAnswer.RETRY, CaseAnswer.CANCEL),
                shipment.id,
            )
    shipment.inbox.tracking_numbers = tuple(label.tracking_number for label in shipment.labels)
    desk.journal.waited(Step.TRACKING_RECORDED, "tracking", shipment.id, workflow.now())


def _items(shipment: Shipment) -> tuple[Item, ...]:
    weights = {line.line: line.weight_grams for line in shipment.lines}
    return tuple(
        Item(line=line.line, quantity=line.quantity, weight_grams=weights[line.line])
        for line in shipment.picked
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
        if choice is not None:
            return choice.quotes
        await desk.ask(
            CaseKind.NO_RATE,
            "No carrier offers a rate for every parcel; check address and weights",
            (CaseAnswer.RETRY, CaseAnswer.CANCEL),
            shipment.id,
        )


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
