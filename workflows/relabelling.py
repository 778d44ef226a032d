"""Steps 7 to 11 anew for goods that are issued and labelled: the customer has moved."""

from activities.documents import DocumentActivities, PrintAnew
from domain.cases import Case, CaseKind
from domain.status import OrderStatus, Step
from workflows.booking import book_courier, give_labels_back
from workflows.shipment import Shipment


async def label_anew(shipment: Shipment) -> Case:
    """The labels are void before others are bought. The case is for whoever packs."""
    desk = shipment.desk
    old = _numbers(shipment)
    await give_labels_back(shipment)
    await book_courier(shipment)
    then = desk.next(OrderStatus.READY_TO_PACK, Step.DOCUMENTS, shipment.id, "to a new address")
    request = PrintAnew(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        sequence=shipment.label_version,
        portions=shipment.sends,
        parcels=shipment.parcels,
        labels=shipment.labels,
    )
    shipment.inbox.forget_packed()
    await desk.call(DocumentActivities.print_anew, request, "print the new labels", then)
    desk.arrive(then)
    return await desk.report(
        CaseKind.LABELLED_ANEW,
        f"The customer has moved. Throw away the labels {old}, if they are printed, and the "
        f"packing slip: those of {_numbers(shipment)} take their place",
        shipment.id,
    )


def _numbers(shipment: Shipment) -> str:
    return ", ".join(label.tracking_number for label in shipment.labels)
