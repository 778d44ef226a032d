"""A shipment's way from the warehouse to the door: steps 5 to 15, and the way back.

Until the capture is asked for, a shipment's promises are undone newest first; from then on only
a recall brings the parcel back.
"""

from enum import StrEnum

from temporalio import workflow

from domain.cases import CaseAnswer, CaseKind
from domain.money import Money
from domain.status import OrderStatus, Step
from workflows.amended import until_nothing_is_amended
from workflows.booking import book_courier
from workflows.delivery import tell_customer, until_delivered
from workflows.handoff import hand_to_warehouse, take_back_from_warehouse
from workflows.handover import release, until_handed_over
from workflows.interruptions import Overtaken, Stopped
from workflows.packing import until_packed
from workflows.papers import account_for_what_left, issue_stock_and_documents
from workflows.picking import until_picked
from workflows.shipment import Shipment
from workflows.trouble import Trouble


class Fate(StrEnum):
    """How a shipment ended."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    CANCELLED = "cancelled"


async def fulfil(shipment: Shipment) -> Fate:
    """Steps 5 to 15 of one shipment."""
    try:
        await hand_to_warehouse(shipment)  # 5
        await until_picked(shipment)  # 6
        await book_courier(shipment)  # 7 8
        await issue_stock_and_documents(shipment)  # 9 10 11
        await until_packed(shipment)  # 12
        await capture(shipment, shipment.inbox.gone)  # 13  paid ...
    except Stopped:
        if await undo(shipment):
            return Fate.CANCELLED
        await account_for_what_left(shipment)
    await release(shipment)  #     ... before it may leave
    if not await until_handed_over(shipment):
        return Fate.CANCELLED
    await tell_customer(shipment)  # 14
    delivered = await until_delivered(shipment)  # 15
    return Fate.DELIVERED if delivered else Fate.NOT_DELIVERED


async def capture(shipment: Shipment, gone: bool = False) -> None:
    """Take the money: from the moment it is asked for, a cancel means a recall.

    Where the provider refuses, the goods stay until a person has decided; where they are gone
    already, nothing is left but to get the money.

    Raises:
        Stopped: the money cannot be had, or a cancel came first.
    """
    desk = shipment.desk
    if shipment.money.held or shipment.dues.several:
        await desk.hearing.settled()
    desk.check_stop(not gone)
    failed = Trouble(desk, CaseKind.CAPTURE_FAILED, shipment.id)
    while True:
        shipment.capture_asked = True
        refused = shipment.money.reference
        shipment.dues.bear_fee()
        rest = shipment.dues.rest()
        try:
            refusal = await shipment.money.capture(
                desk, shipment.id, shipment.due, rest, lambda: _is_stopped(shipment, gone)
            )
        except Stopped:
            shipment.capture_asked = False
            raise
        if not refusal:
            shipment.dues.settled = True
            _let_go_of_what_nobody_owes(shipment)
            return
        shipment.capture_asked = gone
        if not gone:
            desk.stop = desk.stop or shipment.recall_wanted
            desk.check_stop()
        if await shipment.hold.renewed():
            continue
        answer = await failed.ask(
            f"The money could not be taken: {refusal}. "
            + ("The goods are gone." if gone else "The parcel must not leave."),
            (CaseAnswer.RETRY, CaseAnswer.ACCEPT if gone else CaseAnswer.CANCEL),
            stoppable=not gone,
            unless=lambda held=refused: shipment.money.reference != held,
        )
        if answer is CaseAnswer.ACCEPT:
            return


def _is_stopped(shipment: Shipment, gone: bool) -> bool:
    """Whether a cancel has come since the money was refused, or while the capture waited its turn:
    whoever cancelled was promised that none is taken."""
    stopped = not gone and shipment.desk.stop is not None
    return stopped and workflow.patched("a-cancel-before-the-next-try-takes-no-money")


def _let_go_of_what_nobody_owes(shipment: Shipment) -> None:
    """Each of two captures that are asked for at once leaves the hold to the other, and a rest that
    is given up meanwhile leaves it to the capture: what the last one leaves is let go of."""
    dues, money = shipment.dues, shipment.money
    if not dues.several or dues.others_open() or not money.held:
        return
    nothing = Money.zero(shipment.desk.order.currency)
    if money.purse.beyond(nothing) and workflow.patched("what-the-last-capture-leaves-is-let-go"):
        shipment.desk.in_background(money.let_go())


async def undo(shipment: Shipment) -> bool:
    """Undo what was promised up to here. False where the goods are gone: capture at once.

    The warehouse may say that it still has a parcel which a courier has scanned: the courier's
    scan is believed, for as long as the money can still be taken.
    """
    desk = shipment.desk
    await until_nothing_is_amended(desk)
    why = desk.cancelled_by
    desk.enter(OrderStatus.CANCELLING, Step.HANDOFF, shipment.id, why)
    desk.settle(shipment.labelled_anew, "the order is being cancelled")
    while True:
        if not shipment.inbox.gone:
            if await take_back_from_warehouse(shipment, why):
                await shipment.promises.undo()
            else:
                shipment.inbox.gone_for_sure = True
            if not shipment.inbox.gone and await _money_let_go(shipment):
                return True
        case = await desk.report(
            CaseKind.GONE_UNRELEASED,
            "The parcel left before it was paid and released. It is captured at once; the cancel "
            "cannot be kept.",
            shipment.id,
        )
        await desk.hearing.settled()
        if shipment.inbox.gone:
            break
        desk.settle(case, "the parcel is still here")
    shipment.inbox.gone_for_sure = True
    desk.stop = None
    await capture(shipment, gone=True)
    return False


async def _money_let_go(shipment: Shipment) -> bool:
    """Void what is held, unless another shipment needs it. False where the goods turn out to be
    gone before the provider has."""
    if not workflow.patched("money-is-kept-for-what-left"):
        return True
    shipment.dues.dropped = True
    if shipment.dues.others_open():
        return True
    try:
        await shipment.money.let_go(unless=lambda: shipment.inbox.gone)
    except Overtaken:
        shipment.dues.dropped = False
        return False
    return True
