"""Which of an order's shipments are here, and which have left, as the records have it."""

from collections.abc import Sequence

from backoffice.views import ShipmentView
from domain.ids import shipment_id
from domain.order import Order
from domain.remains import Rest, Taken
from domain.shares import added_up, rest_of, whole
from domain.shipping import Portion
from domain.status import OrderStatus, status_of

_S = OrderStatus
_LEFT = (_S.SHIPPED, _S.DELIVERED, _S.NOT_DELIVERED)


def all_of(
    order_id: str, known: tuple[ShipmentView, ...], at_least: int = 0
) -> tuple[ShipmentView, ...]:
    """All shipments of an order: where there is a second, there is a first, although nothing of it
    may be on record yet; and there are ``at_least`` so many."""
    by_name = {one.shipment: one for one in known}
    last = max((int(name.rpartition("-s")[2]) for name in by_name), default=0)
    last = max(last, at_least)
    names = (shipment_id(order_id, place) for place in range(1, last + 1))
    return tuple(
        by_name.get(name)
        or ShipmentView(shipment=name, status=None, handoff=None, answer=None, labels=())
        for name in names
    )


def in_couriers_hands(shipment: ShipmentView) -> bool:
    """Whether a courier has, or had, a parcel of it."""
    return any(one.status.in_couriers_hands for one in shipment.labels if one.voided_at is None)


def rest_of_order(
    order: Order, shipments: Sequence[ShipmentView], takings: Sequence[Taken] | None
) -> Rest | None:
    """What is still here where others have left. None where nothing or everything has, or where
    something left that was not paid: then a person decides. ``takings`` are all captures, whatever
    was given back of them; without them nothing is paid here."""
    left = [one for one in shipments if one.status in _LEFT or in_couriers_hands(one)]
    here = [one for one in shipments if one not in left and one.status is not _S.CANCELLED]
    paid = None if takings is None else {one.shipment for one in takings}
    if not left or not here or (paid is not None and any(one.shipment not in paid for one in left)):
        return None
    gone = added_up(_portions(one) for one in left)
    return Rest(
        shipments=tuple(one.shipment for one in here),
        portions=rest_of(whole(order), gone),
        comes_to=status_of(_on_its_way(one) for one in left),
    )


def _on_its_way(shipment: ShipmentView) -> OrderStatus:
    status = shipment.status
    return _S.SHIPPED if status is None or status not in _LEFT else status


def _portions(shipment: ShipmentView) -> tuple[Portion, ...]:
    lines = () if shipment.handoff is None else shipment.handoff.lines
    return tuple(Portion(line=one.line, quantity=one.quantity) for one in lines)


def handed_off(
    order_id: str, status: OrderStatus, shipments: Sequence[ShipmentView], several: bool
) -> tuple[str, ...]:
    """Shipments that the warehouse has, or may have: its answer to a handoff can be lost."""
    known = tuple(each.shipment for each in shipments if each.handoff is not None)
    if several:
        asked = (None, _S.PAYMENT_SECURED, _S.CANCELLING)
        under_way = [one for one in shipments if one.handoff is None and one.status in asked]
        return (*known, *(one.shipment for one in under_way))
    may_be_under_way = status in (_S.PAYMENT_SECURED, _S.CANCELLING)
    return known or ((shipment_id(order_id, 1),) if may_be_under_way else ())


def asked_for(status: OrderStatus, warehouses: int) -> int:
    """How many shipments there may be of which no answer is on record: one for each warehouse that
    keeps goods for the order, once they may have been asked for them."""
    may_be_under_way = status in (_S.PAYMENT_SECURED, _S.CANCELLING)
    return warehouses if may_be_under_way and warehouses > 1 else 0
