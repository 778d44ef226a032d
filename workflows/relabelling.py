"""Steps 7 to 11 anew for goods that are issued and labelled: other labels take their place."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio import workflow

from activities.documents import DocumentActivities, PrintAnew
from domain.cases import CaseKind
from domain.shipping import Label, PlannedParcel
from domain.status import OrderStatus, Step
from workflows.booking import book_courier, buy_labels, give_labels_back
from workflows.interruptions import Overtaken
from workflows.shipment import Shipment


async def label_for_elsewhere(shipment: Shipment) -> None:
    """The customer has moved: it is packed once more, with the labels for the new address.

    Raises:
        Overtaken: it has left with the labels that it had.
    """
    async with _unless_it_leaves(shipment):
        await book_courier(shipment, lambda: shipment.inbox.gone)
    shipment.inbox.forget_packed()
    await _print(shipment, "to a new address")
    await _report(shipment, "The customer has moved")


async def label_as_packed(
    shipment: Shipment, parcels: tuple[PlannedParcel, ...], beyond: tuple[str, ...]
) -> None:
    """What stands on the scale is not what was booked: it is booked as it stands there.

    Raises:
        Overtaken: it was packed otherwise once more, before that was paid for; or it has left with
            the labels that it had.
    """
    async with _unless_it_leaves(shipment):
        shipment.parcels = parcels
        await buy_labels(shipment, lambda: bool(shipment.inbox.packed) or shipment.inbox.gone)
    await _print(shipment, "booked as packed")
    await _report(shipment, f"It was packed otherwise than booked ({'; '.join(beyond)})")


@asynccontextmanager
async def _unless_it_leaves(shipment: Shipment) -> AsyncGenerator[None]:
    """Other labels take the place of those it has. A parcel that leaves meanwhile has the old ones
    on: the courier takes them for used, and does not pay for them. It has them on as well where
    it was packed otherwise once more, and leaves while that is booked."""
    if shipment.labels:
        shipment.printed = shipment.labels, shipment.parcels
    await give_labels_back(shipment)
    try:
        yield
    except Overtaken:
        if shipment.inbox.gone:
            shipment.labels, shipment.parcels = shipment.printed
        raise
    if await _left_with_the_old_ones(shipment):
        raise Overtaken("buy labels")


async def _left_with_the_old_ones(shipment: Shipment) -> bool:
    """Whether it has left while others were bought: those are not printed, so nobody has them."""
    if not (shipment.inbox.gone and shipment.printed[0]):
        return False
    if not workflow.patched("labels-bought-too-late-are-void"):
        return False
    await give_labels_back(shipment)
    shipment.labels, shipment.parcels = shipment.printed
    return True


async def _print(shipment: Shipment, why: str) -> None:
    desk = shipment.desk
    then = desk.next(OrderStatus.READY_TO_PACK, Step.DOCUMENTS, shipment.id, why)
    request = PrintAnew(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        sequence=shipment.label_version,
        portions=shipment.sends,
        parcels=shipment.parcels,
        labels=shipment.labels,
    )
    await desk.call(DocumentActivities.print_anew, request, "print the new labels", then)
    desk.arrive(then)


async def _report(shipment: Shipment, why: str) -> None:
    """For whoever packs; it closes itself when the parcels leave with the new labels."""
    shipment.desk.settle(shipment.labelled_anew, "labelled anew once more")
    shipment.labelled_anew = await shipment.desk.report(
        CaseKind.LABELLED_ANEW,
        f"{why}. Throw away the labels {_numbers(shipment.printed[0])}, if they are printed, and "
        f"the packing slip: those of {_numbers(shipment.labels)} take their place",
        shipment.id,
    )


def _numbers(labels: tuple[Label, ...]) -> str:
    return ", ".join(label.tracking_number for label in labels)
