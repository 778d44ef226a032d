"""By when a customer is promised to have an order, and what changes that."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from domain.clocks import ZoneClock, zone_in
from domain.hours import deadline
from domain.model import Model
from domain.order import Order
from domain.policy import Policy


class PromiseReason(StrEnum):
    """Why another day was told.

    Goods that had to be waited for make a promise of their own. A courier that takes longer does
    not: the customer is told, and late stays late against what was promised.
    """

    GOODS = "goods"
    COURIER = "courier"


class NewPromise(Model):
    """A day that the customer was told after the first; counted from 1 for each order.

    ``shipment`` is set where the order goes in several.
    """

    number: int
    shipment: str | None = None
    by: datetime
    reason: PromiseReason
    at: datetime


def promise(
    order: Order, policy: Policy, clocks: Sequence[ZoneClock], since: datetime
) -> datetime | None:
    """By when an order whose goods are there since then is delivered: after `handling_time`, with
    the next collection, within the transit days of its service level.

    None where the policy does not say how long such a service takes.
    """
    days = policy.transit_days.get(order.shipping.service_level)
    if days is None:
        return None
    ready = deadline(policy.warehouse_hours, clocks, since, policy.handling_time)
    calendar = policy.courier_calendar
    zone = zone_in(clocks, calendar.time_zone)
    return calendar.end_of(calendar.delivered_on(ready, days, zone), zone)


def first_promise(
    order: Order, policy: Policy, clocks: Sequence[ZoneClock], accepted_at: datetime
) -> datetime | None:
    """What is promised when an order is accepted: its channel's own word, else the policy's."""
    return order.shipping.deliver_by or promise(order, policy, clocks, accepted_at)


def day_of(moment: datetime, policy: Policy, clocks: Sequence[ZoneClock]) -> str:
    """The day of a promise, as the courier's calendar has it."""
    return f"{moment.astimezone(zone_in(clocks, policy.courier_calendar.time_zone)):%Y-%m-%d}"
