"""Stock as a ledger: entries are written once and never changed; levels are their sums."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from domain.model import Model, OptionalText, unsaid

MAIN = "main"
"""The warehouse that every shop has. Where no warehouse is named, it is this one."""


class Spot(NamedTuple):
    """A SKU in one of a shop's warehouses."""

    sku: str
    warehouse: str = MAIN


class StockKind(StrEnum):
    """Why a level changed."""

    RECEIPT = "receipt"
    ADJUSTMENT = "adjustment"
    RESERVATION = "reservation"
    RELEASE = "release"
    ISSUE = "issue"
    PUT_AWAY = "put_away"
    WRITE_OFF = "write_off"


class StockEntry(Model):
    """A change of what is on hand and of what is reserved, in pieces, in one warehouse; unique
    there by its key."""

    key: str
    sku: str
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN
    kind: StockKind
    on_hand: int = 0
    reserved: int = 0
    order: str | None = None
    shipment: str | None = None
    at: datetime
    note: OptionalText = ""

    @property
    def spot(self) -> Spot:
        """Where its pieces lie."""
        return Spot(self.sku, self.warehouse)


class Level(Model):
    """What is there, what is promised, and what orders wait for, of one SKU."""

    sku: str
    on_hand: int = 0
    reserved: int = 0
    waiting: int = 0

    @property
    def available(self) -> int:
        """What can still be promised."""
        return self.on_hand - self.reserved


class Want(Model):
    """So many pieces of a SKU."""

    sku: str
    quantity: int


class Wanted(Want):
    """So many pieces of a SKU for a line of an order."""

    line: str


class Shortage(Model):
    """A want that cannot be met."""

    sku: str
    wanted: int
    available: int


class Lost(Model):
    """Pieces of a shipment that are missing, those that are put back with them, and why."""

    shipment: str
    warehouse: str = MAIN
    missing: tuple[Want, ...]
    put_back: tuple[Want, ...] = ()
    note: OptionalText = ""


class RestockNeed(Model):
    """A level that an issue took from its reorder point or above to below it."""

    sku: str
    on_hand: int
    reorder_point: int
    key: str
    warehouse: Annotated[str, unsaid(MAIN)] = MAIN


def wants(lines: tuple[tuple[str, int], ...]) -> tuple[Want, ...]:
    """Add up (SKU, quantity) pairs, in order of SKU: the order in which rows are locked."""
    total: dict[str, int] = {}
    for sku, quantity in lines:
        total[sku] = total.get(sku, 0) + quantity
    return tuple(Want(sku=sku, quantity=total[sku]) for sku in sorted(total))


def crossed(before: int, after: int, reorder_point: int) -> bool:
    """Whether a level went under the reorder point just now, and was not under it already."""
    return before >= reorder_point > after


def added_up(levels: Mapping[Spot, Level]) -> dict[str, Level]:
    """Each SKU's level over some warehouses. What is waited for is waited for anywhere."""
    total: dict[str, Level] = {}
    for spot, here in levels.items():
        so_far = total.get(spot.sku, Level(sku=spot.sku))
        total[spot.sku] = Level(
            sku=spot.sku,
            on_hand=so_far.on_hand + here.on_hand,
            reserved=so_far.reserved + here.reserved,
            waiting=here.waiting,
        )
    return total
