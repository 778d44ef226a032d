"""Parcels, rates and labels; and the choice of a service by policy."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from enum import StrEnum

from pydantic import Field

from domain.calendar import WorkingCalendar
from domain.ids import parcel_id
from domain.model import LongText, Model, OptionalText
from domain.money import Money


class ServiceLevel(StrEnum):
    """How fast the customer was promised to get it."""

    ECONOMY = "economy"
    STANDARD = "standard"
    EXPRESS = "express"


class RateChoice(StrEnum):
    """Which of the rates that carry every parcel is bought."""

    CHEAPEST_IN_TIME = "cheapest_in_time"
    CHEAPEST = "cheapest"
    FASTEST = "fastest"


class LabelFormat(StrEnum):
    """What a label printer understands."""

    PDF = "PDF"
    PDF_4X6 = "PDF_4x6"
    ZPL = "ZPLII"
    PNG = "PNG"


class Portion(Model):
    """A quantity of one order line."""

    line: str
    quantity: int


class Item(Model):
    """A quantity of one line with its weight for one piece, as the catalogue has it."""

    line: str
    quantity: int
    weight_grams: int


class PlannedParcel(Model):
    """A parcel as it is booked: one label each, its weight from the catalogue or from the scale.

    Length, width and height are known once it is packed, in millimetres.
    """

    id: str
    weight_grams: int
    contents: tuple[Portion, ...]
    # Left out where it is not known: what an earlier build asked for reads just the same.
    size_mm: tuple[int, int, int] | None = Field(default=None, exclude_if=lambda size: size is None)


class Quote(Model):
    """What one service of one carrier would cost for one parcel."""

    parcel: str
    rate: str
    carrier: str
    service: str
    name: OptionalText = ""
    cost: Money
    transit_days: int | None = None


class Label(Model):
    """A bought label. Versions count per parcel; only the newest that is not void may print.

    ``customs_url`` is where the carrier keeps the commercial invoice that customs want to see.
    """

    id: str
    parcel: str
    version: int
    carrier: str
    service: str
    tracking_number: str
    transaction: str
    cost: Money
    format: LabelFormat
    url: str
    # Left out where there is none: within a customs territory, and from an earlier build.
    customs_url: OptionalText = Field(default="", exclude_if=lambda url: not url)


class LabelError(Model):
    """The carrier will not sell this label; its words say why."""

    message: LongText


def label_id(parcel: str, version: int) -> str:
    """The id of a parcel's n-th label, counted from 1."""
    return f"{parcel}-l{version}"


def plan_parcels(
    shipment: str, items: Iterable[Item], packaging_grams: int, max_parcel_grams: int
) -> tuple[PlannedParcel, ...]:
    """Put items into as few parcels as first-fit finds, none above the limit.

    A single piece heavier than the limit gets a parcel of its own: the carrier's answer decides.
    """
    room = max(max_parcel_grams - packaging_grams, 1)
    boxes: list[tuple[int, dict[str, int]]] = []
    for item in items:
        for _ in range(item.quantity):
            for place, (weight, contents) in enumerate(boxes):
                if weight + item.weight_grams <= room:
                    contents[item.line] = contents.get(item.line, 0) + 1
                    boxes[place] = (weight + item.weight_grams, contents)
                    break
            else:
                boxes.append((item.weight_grams, {item.line: 1}))
    return tuple(
        PlannedParcel(
            id=parcel_id(shipment, place),
            weight_grams=weight + packaging_grams,
            contents=tuple(Portion(line=line, quantity=n) for line, n in contents.items()),
        )
        for place, (weight, contents) in enumerate(boxes, 1)
    )


class Choice(Model):
    """The chosen service: one quote for each parcel, whether it keeps the promise, the end of the
    day by which it is there (None where the carrier does not say), and why it was chosen."""

    quotes: tuple[Quote, ...]
    in_time: bool
    there_by: datetime | None = None
    why: str = ""


class _Offer:
    """One service for every parcel."""

    def __init__(
        self,
        kind: tuple[str, str, str],
        quotes: tuple[Quote, ...],
        calendar: WorkingCalendar,
        collected: date,
        zone: tzinfo | None,
    ) -> None:
        self.kind, self.quotes = kind, quotes
        self.cost = sum(quote.cost.amount for quote in quotes)
        days = [quote.transit_days for quote in quotes]
        known = [one for one in days if one is not None]
        self.days = max(known) if len(known) == len(days) else _UNKNOWN
        self.there_by: datetime | None = None
        if self.days < _UNKNOWN:
            day = calendar.add_working_days(collected, self.days)
            self.there_by = calendar.end_of(day, zone)


_UNKNOWN = 999
"""Days of a service without a transit time: too slow."""


def choose_service(
    quotes: Sequence[Quote],
    parcels: Sequence[PlannedParcel],
    calendar: WorkingCalendar,
    ready_at: datetime,
    promised_by: datetime,
    zone: tzinfo | None = None,
    rule: RateChoice = RateChoice.CHEAPEST_IN_TIME,
) -> Choice | None:
    """The service that policy chooses: usually the cheapest that carries every parcel and meets
    the promise, else the fastest.

    A service without a transit time counts as too slow. Ties go to the faster, then to the
    first by carrier and service. None where no service carries every parcel. ``zone`` is the
    calendar's time zone as the order was given it.
    """
    services: dict[tuple[str, str, str], dict[str, Quote]] = {}
    for quote in quotes:
        kind = (quote.carrier, quote.service, quote.cost.currency)
        services.setdefault(kind, {})[quote.parcel] = quote
    collected = calendar.dispatch_day(ready_at, zone)
    whole = [
        _Offer(kind, tuple(each[parcel.id] for parcel in parcels), calendar, collected, zone)
        for kind, each in services.items()
        if all(parcel.id in each for parcel in parcels)
    ]
    if not whole:
        return None
    punctual = [one for one in whole if one.there_by is not None and one.there_by <= promised_by]
    day = f"{promised_by.astimezone(zone or promised_by.tzinfo):%Y-%m-%d}"
    if rule is RateChoice.CHEAPEST:
        best, why = min(whole, key=_by_cost), f"the cheapest of {len(whole)}, by policy"
    elif rule is RateChoice.FASTEST:
        best, why = min(whole, key=_by_speed), f"the fastest of {len(whole)}, by policy"
    elif punctual:
        best = min(punctual, key=_by_cost)
        why = f"the cheapest of {len(punctual)} that are there by {day}"
    else:
        best = min(whole, key=_by_speed)
        why = f"the fastest of {len(whole)}: none is there by {day}"
    return Choice(quotes=best.quotes, in_time=best in punctual, there_by=best.there_by, why=why)


def _by_cost(offer: _Offer) -> tuple[int, int, tuple[str, str, str]]:
    return offer.cost, offer.days, offer.kind


def _by_speed(offer: _Offer) -> tuple[int, int, tuple[str, str, str]]:
    return offer.days, offer.cost, offer.kind
