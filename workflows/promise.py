"""By when the customer is promised to have it: reckoned anew when goods come later than the order,
told when a courier takes longer, and judged at the door."""

from datetime import date, datetime, time

from temporalio import workflow

from activities.mail import MailActivities, SendMail
from domain.clocks import zone_in
from domain.mail import MailFact, MailKind
from domain.promise import PromiseReason, day_of, promise
from domain.shipping import Choice
from workflows.desk import Desk
from workflows.shipment import Shipment


def promise_by(desk: Desk) -> datetime:
    """What counts for the choice of a courier. Orders from before promises reckon it here."""
    if desk.promised_by is not None:
        return desk.promised_by
    order, policy = desk.order, desk.policy
    calendar = policy.courier_calendar
    days = policy.transit_days[order.shipping.service_level]
    usual = calendar.end_of(calendar.delivered_on(desk.accepted_at, days))
    return order.shipping.deliver_by or usual


def promise_goods_on(desk: Desk, shipment: str | None, expected: date | None) -> str:
    """The day that the customer is told with the day on which the goods are expected."""
    if desk.promised_by is None or expected is None:
        return ""
    zone = zone_in(desk.clocks, desk.policy.courier_calendar.time_zone)
    evening = datetime.combine(expected, time(23, 59), zone)
    by = _later(desk, shipment, evening)
    return day_of(by, desk.policy, desk.clocks)


def promise_from_now(desk: Desk, shipment: str | None) -> None:
    """The goods have come: what was promised before they were here may be too early."""
    if desk.promised_by is not None:
        _later(desk, shipment, workflow.now())


def _later(desk: Desk, shipment: str | None, since: datetime) -> datetime:
    """Never earlier than what was told."""
    told = desk.promised_by or desk.accepted_at
    by = promise(desk.order, desk.policy, desk.clocks, since) or told
    if by <= told:
        return told
    desk.promised_by = by
    desk.journal.promise(by, PromiseReason.GOODS, shipment)
    return by


def tell_of_a_later_day(shipment: Shipment, choice: Choice | None) -> None:
    """The labels that were bought are not there in time: the customer is told, once."""
    desk = shipment.desk
    by = None if choice is None or choice.in_time else choice.there_by
    if desk.promised_by is None or desk.expected_by is not None or by is None:
        return
    desk.expected_by = by
    desk.journal.promise(by, PromiseReason.COURIER, shipment.id if shipment.dues.several else None)
    desk.in_background(_mail(shipment, day_of(by, desk.policy, desk.clocks)))


async def _mail(shipment: Shipment, day: str) -> None:
    desk = shipment.desk
    request = SendMail(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        kind=MailKind.DELIVERY_LATER,
        facts=(MailFact(name="expected", value=day),),
    )
    await desk.call(MailActivities.send, request, "delivery later mail", stoppable=False)


def overdue_by(desk: Desk) -> datetime | None:
    """When a delivery that has not come is late: what the customer was told, unless that is past.
    None where the policy's own time counts."""
    told = desk.expected_by or desk.promised_by
    return told if told is not None and told > workflow.now() else None


def delivered_late(shipment: Shipment) -> bool | None:
    """Whether the last parcel came after what was promised; None where nothing was."""
    promised = shipment.desk.promised_by
    if promised is None:
        return None
    moments = [shipment.inbox.delivered_at(one.tracking_number) for one in shipment.labels]
    return any(min(at or workflow.now(), workflow.now()) > promised for at in moments)
