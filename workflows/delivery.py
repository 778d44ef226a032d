"""Steps 14 and 15: the shipping mail with tracking, and the way to the door."""

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from domain.cases import CaseAnswer, CaseKind
from domain.complaints import ComplaintReason
from domain.mail import MailFact, MailKind
from domain.status import OrderStatus, Step
from domain.tracking import CourierStatus
from workflows.attributes import shipped
from workflows.lookout import Lookout, contents_of
from workflows.patience import Patience
from workflows.promise import delivered_late, overdue_by
from workflows.shipment import Shipment
from workflows.short_pick import facts_of_missing, tell_what_the_channel_owes


async def tell_customer(shipment: Shipment) -> None:
    """Step 14: once for each shipment, when it was handed over. Its promises are kept."""
    desk = shipment.desk
    shipment.promises.settle()
    desk.enter(OrderStatus.SHIPPED, Step.HAND_OVER, shipment.id)
    shipped()
    desk.in_background(_shipping_mail(shipment))
    await tell_what_the_channel_owes(shipment)


async def _shipping_mail(shipment: Shipment) -> None:
    desk = shipment.desk
    facts = tuple(
        MailFact(name=f"tracking.{place}", value=f"{label.carrier} {label.tracking_number}")
        for place, label in enumerate(shipment.labels, 1)
    )
    request = SendMail(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        kind=MailKind.SHIPPED,
        facts=(*facts, *_facts_of_part(shipment), *facts_of_missing(shipment)),
    )
    await desk.call(MailActivities.send, request, "shipping mail", stoppable=False)


def _facts_of_part(shipment: Shipment) -> tuple[MailFact, ...]:
    """Which pieces these are, and whether others follow; nothing of an order that goes whole."""
    if not shipment.dues.several:
        return ()
    facts = {f"inside.{one.line}": str(one.quantity) for one in shipment.leaving}
    if shipment.dues.others_open():
        facts["follows"] = "yes"
    if shipment.money.at_provider and not shipment.lacks:
        facts["charged"] = str(shipment.money.taken(shipment.id) or shipment.due)
    return tuple(MailFact(name=name, value=value) for name, value in facts.items())


async def until_delivered(shipment: Shipment) -> bool:
    """Step 15: delivered when all parcels are. False where the courier brings one back, or what it
    has lost was made good."""
    desk = shipment.desk
    if not shipment.labels and workflow.patched("what-no-courier-reports-is-asked"):
        return await _asked_for(shipment)
    numbers = [label.tracking_number for label in shipment.labels]
    lookout = Lookout(shipment)
    patience = Patience(
        desk,
        CaseKind.DELIVERY_OVERDUE,
        shipment.id,
        desk.policy.deliver_within,
        "Handed over, and not delivered",
        by=overdue_by(desk),
        offer=lookout.late,
    )
    while not _all(shipment, numbers, CourierStatus.DELIVERED):
        status = {shipment.inbox.courier_status(number) for number in numbers}
        if CourierStatus.RETURNED in status:
            await lookout.settle(patience, "it comes back")
            return await _returned(shipment)
        if lookout.made_good:
            await lookout.settle(patience, "it was made good")
            desk.enter(OrderStatus.NOT_DELIVERED, Step.DELIVERY, shipment.id)
            return False
        if await lookout.tell_of_trouble(status):
            continue
        news = shipment.inbox.news_of_couriers()
        await patience.until(
            lambda news=news: news() or lookout.made_good, "the courier to deliver", stoppable=False
        )
    await lookout.settle(patience, "delivered")
    late = delivered_late(shipment)
    desk.journal.waited(Step.DELIVERY, "delivered", shipment.id, patience.began, late=late)
    desk.enter(OrderStatus.DELIVERED, Step.DELIVERY, shipment.id)
    await desk.record(within=_is_plain(shipment))
    return True


def _is_plain(shipment: Shipment) -> bool:
    """Whether nothing that may come while it is written decides, or numbers, its delivery
    otherwise."""
    several, gave_back = shipment.dues.several, shipment.money.purse.gave_back
    return not (several or gave_back or shipment.desk.cases.any)


async def _asked_for(shipment: Shipment) -> bool:
    """What left without a label has no tracking: a person finds out what became of it."""
    desk = shipment.desk
    answer = await desk.ask(
        CaseKind.NOT_DELIVERED,
        "It left without a label, so no courier reports it: find out what became of it. accept "
        "says that the customer has it, close that it was settled otherwise",
        (CaseAnswer.ACCEPT, CaseAnswer.CLOSE),
        shipment.id,
        stoppable=False,
    )
    arrived = answer is CaseAnswer.ACCEPT
    status = OrderStatus.DELIVERED if arrived else OrderStatus.NOT_DELIVERED
    desk.enter(status, Step.DELIVERY, shipment.id)
    return arrived


def _all(shipment: Shipment, numbers: list[str], status: CourierStatus) -> bool:
    return all(shipment.inbox.courier_status(number) is status for number in numbers)


async def _returned(shipment: Shipment) -> bool:
    desk = shipment.desk
    desk.enter(OrderStatus.NOT_DELIVERED, Step.DELIVERY, shipment.id)
    await desk.ask(
        CaseKind.NOT_DELIVERED,
        "The courier brings the parcel back: inspect it, book it in, and settle with the customer",
        (CaseAnswer.CLOSE,),
        shipment.id,
        stoppable=False,
    )
    for label in shipment.labels:
        number = label.tracking_number
        if shipment.inbox.courier_status(number) is CourierStatus.RETURNED:
            contents = contents_of(shipment, number)
            desk.claim(
                number, contents, ComplaintReason.CAME_BACK, "The courier has brought it back"
            )
    return False
