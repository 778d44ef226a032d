"""Step 13, after the capture: release, hand-over, and the recall that may come in between."""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.warehouse import ReleaseParcels, StopWork, Told, WarehouseActivities
from domain.cases import Case, CaseAnswer, CaseKind
from domain.hours import deadline
from domain.status import OrderStatus, Step
from domain.warehouse import RecallOutcome
from workflows.interruptions import DoneByHand, Overtaken
from workflows.patience import Patience
from workflows.shipment import Shipment
from workflows.trouble import Trouble


async def release(shipment: Shipment) -> None:
    """Tell the warehouse that the paid parcels may go; not while a recall is wanted.

    A release that does not get through is given up for a recall. It may have had its effect, and
    what was held up on its way comes after the recall: the warehouse refuses it then.
    """
    desk = shipment.desk
    unknown = Trouble(desk, CaseKind.WAREHOUSE_REJECTED, shipment.id)
    sequence = 0

    def idle() -> bool:
        return shipment.inbox.gone or shipment.recall_wanted is not None

    while not idle():
        sequence += 1
        then = desk.next(OrderStatus.RELEASED, Step.HAND_OVER, shipment.id)
        request = ReleaseParcels(
            order_id=desk.order_id,
            shop=desk.shop,
            shipment=shipment.id,
            warehouse=shipment.warehouse,
            sequence=sequence,
            labels=shipment.labels,
        )
        try:
            told = await desk.call(
                WarehouseActivities.release,
                request,
                "release the parcels",
                then,
                stoppable=False,
                unless=idle,
            )
        except Overtaken:
            return
        except DoneByHand:
            desk.journal.add(then)
            told = Told(done=True)
        if told.done:
            desk.arrive(then)
            return
        await unknown.ask(
            "The warehouse does not have the shipment that it shall release",
            (CaseAnswer.RETRY,),
            stoppable=False,
            unless=idle,
        )


async def until_handed_over(shipment: Shipment) -> bool:
    """Wait for the manifest scan or the courier's first scan. False when it was recalled."""
    desk = shipment.desk
    patience = Patience(
        desk,
        CaseKind.HAND_OVER_OVERDUE,
        shipment.id,
        desk.policy.hand_over_within,
        "Released, and not handed over",
        desk.policy.warehouse_hours,
    )
    while not shipment.inbox.gone:
        if shipment.recall_wanted is not None and not shipment.recalled:
            await _recall(shipment, shipment.recall_wanted.why)
        elif shipment.inbox.recall is RecallOutcome.PULLED:
            await _undo_paid(shipment)
            return False
        else:
            await patience.until(
                lambda: (
                    shipment.inbox.gone
                    or (shipment.recall_wanted is not None and not shipment.recalled)
                    or shipment.inbox.recall is RecallOutcome.PULLED
                ),
                "the hand-over to the courier",
                stoppable=False,
            )
    patience.settle("handed over")
    desk.settle(shipment.labelled_anew, "handed over")
    desk.journal.waited(Step.HAND_OVER, "handed_over", shipment.id, patience.began)
    await _tell_of_a_cancel_that_came_too_late(shipment)
    return True


async def _tell_of_a_cancel_that_came_too_late(shipment: Shipment) -> None:
    """Whoever cancelled was told of a recall, and the courier was faster than that."""
    if shipment.recall_wanted is None or shipment.recalled:
        return
    if workflow.patched("a-recall-that-came-too-late-is-told"):
        await shipment.desk.report(
            CaseKind.INTERCEPT,
            "A cancel was accepted, and the courier took the parcel before it could be recalled: "
            "intercept it at the courier, or take it back as a return",
            shipment.id,
        )


async def _recall(shipment: Shipment, why: str) -> None:
    """Ask for the parcel back; silence and "gone" go to a person, who asks the courier."""
    desk = shipment.desk
    shipment.recalled = True
    desk.enter(OrderStatus.RECALLING, Step.HAND_OVER, shipment.id)
    request = StopWork(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        warehouse=shipment.warehouse,
        reason=why or "cancelled",
    )
    try:
        await desk.call(WarehouseActivities.recall, request, "recall the parcels", stoppable=False)
    except DoneByHand:
        shipment.inbox.recall = RecallOutcome.PULLED
    hours, within = desk.policy.warehouse_hours, desk.policy.recall_answer_within
    answered = await desk.until(
        lambda: shipment.inbox.recall is not None or shipment.inbox.gone,
        deadline(hours, desk.clocks, workflow.now(), within),
        "the warehouse's answer to the recall",
        stoppable=False,
    )
    if answered and shipment.inbox.recall is RecallOutcome.PULLED and not shipment.inbox.gone:
        return
    await desk.report(
        CaseKind.INTERCEPT,
        "The recall failed ("
        + ("the parcel is gone" if answered else "the warehouse does not answer")
        + "): intercept it at the courier, or take it back as a return",
        shipment.id,
    )


async def _undo_paid(shipment: Shipment) -> None:
    """The parcel is back: refund, void the label, put away."""
    shipment.promises.register(lambda: shipment.money.refund(shipment.id))
    await shipment.promises.undo()


async def report_gone_unlabelled(shipment: Shipment) -> None:
    """The warehouse let something go that has no label: a person asks what and with whom."""
    desk = shipment.desk
    case = desk.cases.open(
        CaseKind.GONE_UNRELEASED,
        "The warehouse says that the courier has the parcel, and it has no label yet: ask what "
        "left and with whom. Once it is labelled it counts as gone, and is captured at once. "
        "still_here takes the scan back, until the money is asked for",
        (CaseAnswer.STILL_HERE, CaseAnswer.CLOSE),
        shipment.id,
    )
    shipment.inbox.doubt_scan(case.id)
    await desk.call_attention()


def check_still_here(shipments: Sequence[Shipment], case: Case, answer: CaseAnswer) -> None:
    """A false scan can be taken back as long as no money moves because of it.

    Raises:
        ApplicationError: the money was asked for.
    """
    if answer is CaseAnswer.STILL_HERE and any(
        one.capture_asked for one in shipments if one.id == case.shipment
    ):
        raise ApplicationError(
            "the money was asked for when the parcel was labelled, so the scan cannot be taken "
            "back. Let the parcel go, or give the money back at the payment provider"
        )


def hear_still_here(shipments: Sequence[Shipment], case: Case, answer: CaseAnswer) -> None:
    """Staff have looked, and this scan was false: nothing has gone because of it."""
    for shipment in shipments:
        if answer is CaseAnswer.STILL_HERE and shipment.id == case.shipment:
            shipment.inbox.take_back_scan(case.id)


async def report_gone_after_all(shipment: Shipment) -> None:
    """A courier scanned what was undone already: only a person can get the money or the parcel."""
    if shipment.inbox.gone and not shipment.gone_after_all:
        shipment.gone_after_all = True
        await shipment.desk.report(
            CaseKind.GONE_UNRELEASED,
            "The courier has the parcel although the order was undone: intercept it, or charge the "
            "customer anew",
            shipment.id,
        )
