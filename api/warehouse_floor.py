"""What the warehouse sees: what to pick, in the order of the bins, and how far each shipment is."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import WarehouseKey, Wired
from api.parameters import Cursor, Limit, Name
from api.problems import not_found
from domain.model import Model
from domain.shipping import Portion
from domain.status import OrderStatus
from domain.warehouse import Handoff, PickedLine

router = APIRouter(prefix="/warehouse/shipments", tags=["warehouse"])

_TO_DO = (OrderStatus.IN_FULFILMENT, OrderStatus.PICKED, OrderStatus.READY_TO_PACK)


class FloorEntry(Model):
    """A shipment in a list."""

    shipment: str
    order: str
    number: str
    status: OrderStatus
    service_level: str
    ship_by: datetime | None
    pieces: int
    lines: int


class FloorList(Model):
    """Shipments, the first handed off first; ``next`` asks for what follows, as ``after``."""

    shipments: tuple[FloorEntry, ...]
    next: str | None = None


class ParcelLabel(Model):
    """The label that belongs on a parcel."""

    parcel: str
    label: str
    carrier: str
    service: str
    tracking_number: str


class FloorShipment(Model):
    """One shipment: the handoff, its lines in bin-route order, and what is known since.

    ``to_pack`` is what the packing slip lists, once it is printed: where pieces were missing it may
    be less than was picked, and the others go back to their bins.
    """

    status: OrderStatus
    handoff: Handoff
    picked: tuple[PickedLine, ...] | None
    to_pack: tuple[Portion, ...] | None
    labels: tuple[ParcelLabel, ...]


@router.get("", summary="What is in the warehouse")
def shipments(
    wiring: Wired,
    key: WarehouseKey,
    status: Annotated[
        list[OrderStatus] | None,
        Query(description="of their orders; without any: what is to pick or to pack"),
    ] = None,
    limit: Limit = 100,
    after: Cursor = "",
) -> FloorList:
    """Accepted shipments of orders in these statuses, of the key's warehouse."""
    found = wiring.books.handoffs.on_the_floor(
        key.shop, status or _TO_DO, limit, after or None, key.warehouse
    )
    entries = tuple(
        FloorEntry(
            shipment=one.handoff.shipment,
            order=one.handoff.order,
            number=one.handoff.number,
            status=one.status,
            service_level=one.handoff.service_level,
            ship_by=one.handoff.ship_by,
            pieces=sum(line.quantity for line in one.handoff.lines),
            lines=len(one.handoff.lines),
        )
        for one in found
    )
    return FloorList(shipments=entries, next=entries[-1].shipment if len(found) == limit else None)


@router.get("/{shipment}", summary="What to pick")
def look_up(wiring: Wired, key: WarehouseKey, shipment: Name) -> FloorShipment:
    """The handoff document, ready to be walked."""
    state = wiring.books.handoffs.shipment_state(shipment, key.shop)
    if state is None or state.warehouse != key.warehouse:
        raise not_found("shipment")
    labels = tuple(
        ParcelLabel(
            parcel=one.parcel,
            label=one.id,
            carrier=one.carrier,
            service=one.service,
            tracking_number=one.tracking_number,
        )
        for one in state.labels
    )
    return FloorShipment(
        status=state.status,
        handoff=state.handoff,
        picked=state.picked,
        to_pack=state.to_pack,
        labels=labels,
    )
