"""Steps 9 to 11: stock issued, restock alerts, papers to the printer; and the way back."""

from contextlib import suppress

from temporalio import workflow

from activities.documents import DocumentActivities, Papers, PreparePapers, PutAway
from activities.mail import MailActivities, SendMail
from domain.cases import CaseKind
from domain.invoicing import CreditReason
from domain.journal import Transition
from domain.mail import MailFact, MailKind
from domain.status import OrderStatus, Step
from domain.stock import RestockNeed
from workflows.interruptions import DoneByHand
from workflows.shipment import Shipment


async def issue_stock_and_documents(shipment: Shipment) -> None:
    """Issue what was picked and print its papers, in one transaction."""
    if not shipment.labels:
        return
    shipment.promises.register(lambda: put_away(shipment))
    then = shipment.desk.next(OrderStatus.READY_TO_PACK, Step.DOCUMENTS, shipment.id)
    await _issue(shipment, then)
    shipment.desk.arrive(then)


async def account_for_what_left(shipment: Shipment) -> None:
    """Goods that left while they were called back are issued and invoiced like any others.

    A label that may have been bought unheard is voided: it was never printed, so no parcel has it.
    """
    if not workflow.patched("what-left-is-accounted-for"):
        return
    if not shipment.labels:
        await shipment.promises.undo()
    if not shipment.issued:
        with suppress(DoneByHand):
            await _tell_of_new_papers(shipment, await _issue(shipment))


async def _tell_of_new_papers(shipment: Shipment, papers: Papers) -> None:
    """The parcel has an invoice that was credited; the one that holds was made after it left."""
    if shipment.credit_notes and workflow.patched("papers-made-anew-are-told"):
        notes = ", ".join(shipment.credit_notes)
        await shipment.desk.report(
            CaseKind.GONE_UNRELEASED,
            f"The invoice in the parcel was credited ({notes}) before the courier's scan was "
            f"known. Send the customer that credit note, and the invoice: {papers.invoice}",
            shipment.id,
        )


async def _issue(shipment: Shipment, then: Transition | None = None) -> Papers:
    """Under the number of the issue: one whose outcome nobody heard is asked for again."""
    desk = shipment.desk
    shipment.dues.bear_fee()
    request = PreparePapers(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        warehouse=shipment.warehouse,
        sequence=shipment.put_away_times + 1,
        portions=shipment.leaving,
        parcels=shipment.parcels,
        labels=shipment.labels,
        part=shipment.dues.part,
    )
    papers = await desk.call(
        DocumentActivities.prepare,
        request,
        "issue stock, print papers",
        then,
        stoppable=then is not None,
    )
    shipment.issued = True
    desk.journal.waited(Step.STOCK, "issue", shipment.id, workflow.now())
    for need in papers.restock:
        desk.in_background(alert(shipment, need))
    return papers


async def alert(shipment: Shipment, need: RestockNeed) -> None:
    """Step 10: one mail for one crossing of a reorder point."""
    desk = shipment.desk
    request = SendMail(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        kind=MailKind.RESTOCK,
        about=need.sku,
        facts=(
            MailFact(name="sku", value=need.sku),
            MailFact(name="on_hand", value=str(need.on_hand)),
            MailFact(name="reorder_point", value=str(need.reorder_point)),
        ),
    )
    await desk.call(MailActivities.send, request, f"restock alert for {need.sku}", stoppable=False)


async def put_away(shipment: Shipment) -> None:
    """Undo the issue: the goods are on the shelf again, and their invoice is credited."""
    desk = shipment.desk
    request = PutAway(
        order_id=desk.order_id,
        shop=desk.shop,
        shipment=shipment.id,
        reason=CreditReason.RECALLED if shipment.recalled else CreditReason.CANCELLED,
    )
    back = await desk.own_books(
        DocumentActivities.put_away, request, "book the goods back, credit the invoice"
    )
    shipment.credit_notes = back.credit_notes
    shipment.issued = False
    shipment.dues.shed_fee()
    shipment.put_away_times += 1
