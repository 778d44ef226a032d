"""Parcels, rates and labels; and the choice of a service by policy."""

from collections.abc import Iterable, Sequence
from datetime import datetime
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
    """The chosen service: one quote for each parcel, and whether it keeps the promise."""

    quotes: tuple[Quote, ...]
    in_time: bool


def choose_service(
    quotes: Sequence[Quote],
    parcels: Sequence[PlannedParcel],
    calendar: WorkingCalendar,
    ready_at: datetime,
    promised_by: datetime,
) -> Choice | None:
    """The cheapest service that carries every parcel and meets the promise, else the fastest.

    A service without a transit time counts as too slow. Ties go to the faster, then to the
    first by carrier and service. None where no service carries every parcel.
    """
    services: dict[tuple[str, str, str], dict[str, Quote]] = {}
    for quote in quotes:
        kind = (quote.carrier, quote.service, quote.cost.currency)
        services.setdefault(kind, {})[quote.parcel] = quote
    whole = [
        (kind, tuple(offer[parcel.id] for parcel in parcels))
        for kind, offer in services.items()
        if all(parcel.id in offer for parcel in parcels)
    ]
    if not whole:
        return None

    def cost(offer: tuple[Quote, ...]) -> int:
        return sum(quote.cost.amount for quote in offer)

    def days(offer: tuple[Quote, ...]) -> int:
        return max(999 if q.transit_days is None else q.transit_days for q in offer)

    def in_time(offer: tuple[Quote, ...]) -> bool:
        if days(offer) >= 999:
            return False
        return calendar.end_of(calendar.delivered_on(ready_at, days(offer))) <= promised_by

    punctual = [(kind, offer) for kind, offer in whole if in_time(offer)]
    if punctual:
        best = min(punctual, key=lambda one: (cost(one[1]), days(one[1]), one[0]))
        return Choice(quotes=best[1], in_time=True)
    best = min(whole, key=lambda one: (days(one[1]), cost(one[1]), one[0]))
    return Choice(quotes=best[1], in_time=False)
