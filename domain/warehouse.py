"""What the warehouse is told, and what it tells: handoff, picked, packed, handed over, recall."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from domain.address import Address
from domain.ids import parcel_id
from domain.model import Code, LongText, Model, Moment, OptionalText, Text, unsaid
from domain.shipping import PlannedParcel, Portion
from domain.stock import MAIN


class CustomsLine(Model):
    """What a customs office asks of one line; value in the order's minor unit, without tax."""

    line: str
    name: Text
    hs_code: str
    origin: str
    quantity: int
    value: int
    weight_grams: int


class HandoffLine(Model):
    """What a picker needs of one line."""

    line: str
    sku: str
    name: Text
    barcodes: tuple[str, ...] = ()
    quantity: int
    bin: str
    options: dict[str, str] = Field(default_factory=dict)
    note: LongText = ""
    weight_grams: int


class Handoff(Model):
    """The handoff document, version 1, for one warehouse: lines in bin-route order, ready to be
    walked.

    ``amendment`` is the number of the order's amendment that it follows; 0 before the first.
    """

    version: str = "1"
    order: str
    shipment: str
    number: Text
    shop: str
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    channel: str
    service_level: str
    ship_by: datetime | None = None
    ship_to: Address
    lines: tuple[HandoffLine, ...]
    notes: LongText = ""
    gift_note: LongText = ""
    currency: str
    customs: tuple[CustomsLine, ...] = ()
    amendment: Annotated[int, unsaid(0)] = 0
    moves: Annotated[int, unsaid(0)] = 0
    """How many times the shipment had gone to another warehouse before."""
    replacement: Annotated[int, unsaid(0)] = 0
    """How many times something else was put in place of what is missing."""


class HandoffAnswer(Model):
    """The warehouse's answer: accepted with its reference, or rejected with a reason."""

    accepted: bool
    reference: OptionalText = ""
    reason: OptionalText = ""


Quantity = Annotated[int, Field(strict=True, ge=0, le=100_000)]


class PickedLine(Model):
    """How many pieces of a line were taken, with the barcodes that were scanned.

    ``short`` says that the others are missing for good, and why ("two broken").
    """

    line: Code
    sku: Code
    quantity: Quantity
    barcodes: tuple[Code, ...] = ()
    # Left out where it is empty: what an earlier build stored reads just the same.
    short: OptionalText = Field(default="", exclude_if=lambda why: not why)


class Proposal(Model):
    """What the warehouse would put in place of pieces of a line that are missing for good."""

    line: Code
    sku: Code


class Picked(Model):
    """The warehouse has picked a shipment. Signal ``picked``."""

    id: OptionalText = ""
    shipment: Code
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    lines: Annotated[tuple[PickedLine, ...], Field(min_length=1, max_length=200)]
    picker: OptionalText = ""
    at: Moment | None = None
    substitutes: Annotated[tuple[Proposal, ...], Field(max_length=200), unsaid(())] = ()

    @property
    def is_short(self) -> bool:
        """Whether pieces are missing for good."""
        return any(line.short for line in self.lines)

    def without_reasons(self) -> Self:
        """The same pick as builds read it that knew of no missing pieces."""
        lines = tuple(line.model_copy(update={"short": ""}) for line in self.lines)
        return self.model_copy(update={"lines": lines})


class PackedParcel(Model):
    """A parcel as it stands on the scale: grams and millimetres."""

    reference: OptionalText = ""
    weight_grams: Annotated[int, Field(strict=True, gt=0, le=10_000_000)]
    length_mm: Annotated[int, Field(strict=True, gt=0, le=100_000)] | None = None
    width_mm: Annotated[int, Field(strict=True, gt=0, le=100_000)] | None = None
    height_mm: Annotated[int, Field(strict=True, gt=0, le=100_000)] | None = None
    lines: Annotated[tuple[Portion, ...], Field(min_length=1, max_length=200)]

    @property
    def size_mm(self) -> tuple[int, int, int] | None:
        """Length, width and height, where all three were measured."""
        if self.length_mm is None or self.width_mm is None or self.height_mm is None:
            return None
        return self.length_mm, self.width_mm, self.height_mm


class Packed(Model):
    """The warehouse has packed a shipment. Signal ``packed``."""

    id: OptionalText = ""
    shipment: Code
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    parcels: Annotated[tuple[PackedParcel, ...], Field(min_length=1, max_length=50)]
    at: Moment | None = None


class HandedOver(Model):
    """The courier has taken the parcels (manifest scan). Signal ``handed_over``."""

    id: OptionalText = ""
    shipment: Code
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    manifest: OptionalText = ""
    parcels: tuple[Code, ...] = ()
    at: Moment | None = None


class RecallOutcome(StrEnum):
    """Whether a recalled parcel could still be pulled."""

    PULLED = "pulled"
    GONE = "gone"


class RecallResult(Model):
    """The warehouse's answer to a recall. Signal ``recall_result``."""

    id: OptionalText = ""
    shipment: Code
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    outcome: RecallOutcome
    at: Moment | None = None


def problems_of_pick(lines: tuple[HandoffLine, ...], picked: Picked) -> tuple[str, ...]:
    """What does not fit between what was handed off and what was picked, with field paths."""
    wanted = {line.line: line for line in lines}
    problems: list[str] = []
    seen: set[str] = set()
    for place, line in enumerate(picked.lines):
        where = f"lines.{place}"
        want = wanted.get(line.line)
        if want is None:
            problems.append(f"{where}.line: {line.line} was not handed off")
            continue
        if line.line in seen:
            problems.append(f"{where}.line: {line.line} is reported twice")
        seen.add(line.line)
        if line.sku != want.sku:
            problems.append(f"{where}.sku: {line.sku} was picked, {want.sku} was ordered")
        problems += _problems_of_count(where, want, line)
        problems += _problems_of_scans(where, want, line)
    problems += [f"lines: line {line} is missing" for line in wanted if line not in seen]
    return (*problems, *_problems_of_proposals(wanted, picked))


def _problems_of_proposals(wanted: dict[str, HandoffLine], picked: Picked) -> list[str]:
    short = {line.line for line in picked.lines if line.short}
    problems: list[str] = []
    for place, one in enumerate(picked.substitutes):
        where = f"substitutes.{place}"
        if one.line not in short:
            problems.append(f"{where}.line: nothing is missing of {one.line}")
        elif one.sku == wanted[one.line].sku:
            problems.append(f"{where}.sku: {one.sku} is what was ordered")
    return problems


def _problems_of_count(where: str, want: HandoffLine, line: PickedLine) -> list[str]:
    count = f"{where}.quantity: {line.quantity} picked, {want.quantity} ordered"
    if line.quantity > want.quantity:
        return [f"{count}; put the others back"]
    if line.quantity < want.quantity and not line.short:
        return [f"{count}; where the others are missing for good, say why in `short`"]
    if line.quantity == want.quantity and line.short:
        return [f"{where}.short: all {want.quantity} were picked, so nothing is missing"]
    return []


def _problems_of_scans(where: str, want: HandoffLine, line: PickedLine) -> list[str]:
    if not want.barcodes or not (line.quantity or line.barcodes):
        return []
    if not line.barcodes:
        return [f"{where}.barcodes: {want.sku} has a barcode and none was scanned"]
    return [
        f"{where}.barcodes: {code} does not belong to {want.sku}"
        for code in dict.fromkeys(line.barcodes)
        if code not in want.barcodes
    ]


def problems_of_contents(lines: Iterable[PickedLine | Portion], packed: Packed) -> tuple[str, ...]:
    """Whether the parcels hold just what was picked to be sent, with field paths."""
    picked = {line.line: line.quantity for line in lines}
    held: dict[str, int] = {}
    problems: list[str] = []
    for place, parcel in enumerate(packed.parcels):
        for spot, portion in enumerate(parcel.lines):
            if portion.line not in picked:
                problems.append(f"parcels.{place}.lines.{spot}.line: {portion.line} was not picked")
            held[portion.line] = held.get(portion.line, 0) + portion.quantity
    problems += [
        f"parcels: line {line} was picked {quantity} times and packed {held.get(line, 0)} times"
        for line, quantity in picked.items()
        if held.get(line, 0) != quantity
    ]
    return tuple(problems)


def as_packed(shipment: str, packed: Packed) -> tuple[PlannedParcel, ...]:
    """The parcels to book for what stands on the scale."""
    return tuple(
        PlannedParcel(
            id=parcel_id(shipment, place),
            weight_grams=parcel.weight_grams,
            contents=parcel.lines,
            size_mm=parcel.size_mm,
        )
        for place, parcel in enumerate(packed.parcels, 1)
    )


def beyond_booking(
    planned: tuple[PlannedParcel, ...], packed: Packed, percent: int, grams: int
) -> tuple[str, ...]:
    """Where parcels differ from what the labels were bought for by more than the tolerance."""
    if len(planned) != len(packed.parcels):
        return (f"{len(packed.parcels)} parcels were packed, {len(planned)} labels were bought",)
    problems: list[str] = []
    for place, (plan, parcel) in enumerate(zip(planned, packed.parcels, strict=True)):
        allowed = max(plan.weight_grams * percent // 100, grams)
        if abs(parcel.weight_grams - plan.weight_grams) > allowed:
            problems.append(
                f"parcels.{place}.weight_grams: {parcel.weight_grams} g on the scale, "
                f"{plan.weight_grams} g booked, {allowed} g allowed"
            )
    return tuple(problems)
