"""What others tell an order, and ask it: every signal, update and query there is.

A signal is read by `Reception`, which fails no order, whatever it says. An update is refused by its
validator, with words and without a trace in the history, where nobody can do anything with it; it
is kept before it is acted on, and looked at once more after that.
"""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.common import RawValue

from domain.amendment import Amendment, AmendmentAnswer
from domain.cases import CaseKind
from domain.complaints import (
    ComplaintRequest,
    ComplaintTaken,
    OfferMade,
    SolutionOffer,
    SolutionReply,
)
from domain.refunds import RefundRequest, RefundTaken
from domain.status import CancelMoment, OrderStatus
from domain.steering import (
    AddressAnswer,
    AddressChange,
    CancelAnswer,
    CancelRequest,
    CaseReply,
    OtherMethod,
)
from domain.substitution import SubstitutionReply
from domain.warehouse import HandedOver, Packed, Picked, RecallResult
from workflows.address import Addresses
from workflows.amending import Amendments
from workflows.backorder import Shelf
from workflows.cancel import ask_to_cancel, check_cancel
from workflows.complaints import Complaints
from workflows.desk import Desk
from workflows.handover import check_still_here, hear_still_here
from workflows.messages import NOTHING
from workflows.offers import check_reply
from workflows.payer import Payer
from workflows.paying import check_offer
from workflows.reception import Reception
from workflows.refunds import Refunds
from workflows.shipment import Shipment


class Told:
    """The way in for everybody else. What is done about it is in the parts that are told."""

    desk: Desk
    shelf: Shelf
    payer: Payer
    shipments: Sequence[Shipment]
    addresses: Addresses
    amendments: Amendments
    reception: Reception
    refunds: Refunds
    complaints: Complaints

    @workflow.signal(description="The warehouse has picked a shipment (domain.warehouse.Picked)")
    async def picked(self, raw: RawValue = NOTHING) -> None:
        """Step 6."""
        await self.reception.take(Picked, raw)

    @workflow.signal(description="The warehouse has packed a shipment (domain.warehouse.Packed)")
    async def packed(self, raw: RawValue = NOTHING) -> None:
        """Step 12."""
        await self.reception.take(Packed, raw)

    @workflow.signal(description="The courier has the parcels (domain.warehouse.HandedOver)")
    async def handed_over(self, raw: RawValue = NOTHING) -> None:
        """Step 13."""
        await self.reception.take(HandedOver, raw)

    @workflow.signal(description="The answer to a recall (domain.warehouse.RecallResult)")
    async def recall_result(self, raw: RawValue = NOTHING) -> None:
        """The warehouse could still pull the parcel, or it is gone."""
        await self.reception.take(RecallResult, raw)

    @workflow.signal(description="What a courier reports (domain.tracking.CourierEvent)")
    async def courier_event(self, raw: RawValue = NOTHING) -> None:
        """Step 15; late, double and out-of-order events change nothing."""
        await self.reception.follow(raw)

    @workflow.signal(description="The payment provider has news: the order asks it itself")
    async def payment_news(self, raw: RawValue = NOTHING) -> None:
        """Step 2, and of refunds; a hint, whatever it says."""
        self.payer.hint()
        self.refunds.hint()

    @workflow.signal(description="Goods have come, or are expected on another day: it looks itself")
    async def goods_news(self, raw: RawValue = NOTHING) -> None:
        """Step 1; a hint, whatever it says."""
        self.shelf.hinted = True

    @workflow.update(description="Cancel the order: what that leads to depends on the moment")
    async def request_cancel(self, request: CancelRequest) -> CancelAnswer:
        """Void before the capture, recall until the hand-over, refuse after it."""
        await self.desk.hearing.kept()
        return ask_to_cancel(self.desk, self.shipments, request)

    @request_cancel.validator
    def check_cancel(self, request: CancelRequest) -> None:
        """One that comes too late leaves no trace in the history."""
        check_cancel(self.desk, self.shipments)

    @workflow.update(description="Send the parcels elsewhere, until they are packed")
    async def change_address(self, change: AddressChange) -> AddressAnswer:
        """Before the label the new address counts; after it the label is bought anew."""
        await self.desk.hearing.kept()
        return self.addresses.ask(change)

    @change_address.validator
    def check_change_address(self, change: AddressChange) -> None:
        """One that comes too late leaves no trace in the history."""
        self.addresses.check(change)

    @workflow.update(description="Amend the order, until it is picked: lines, quantities, sums")
    async def amend(self, amendment: Amendment) -> AmendmentAnswer:
        """Stock, money, warehouse and papers follow, or nothing is changed."""
        await self.desk.hearing.kept()
        return await self.amendments.ask(amendment)

    @amend.validator
    def check_amend(self, amendment: Amendment) -> None:
        """One that cannot be made leaves no trace in the history."""
        self.amendments.check(amendment)

    async def cancelled_from_the_ui(self) -> None:
        """A cancel from the Temporal UI says neither who nor why, and hears no answer."""
        request = CancelRequest(who="Temporal UI", why="cancelled in the Temporal UI")
        answer = ask_to_cancel(self.desk, self.shipments, request)
        if not answer.accepted and answer.moment is CancelMoment.AFTER_HAND_OVER:
            await self.desk.report(CaseKind.INTERCEPT, answer.message)

    @workflow.update(description="Pay with another method, while the order waits for its money")
    async def pay_otherwise(self, other: OtherMethod) -> None:
        """Step 2, once more."""
        await self.desk.hearing.kept()
        self.check_pay_otherwise(other)
        self.payer.offer = other.method

    @pay_otherwise.validator
    def check_pay_otherwise(self, other: OtherMethod) -> None:
        """An offer that nobody waits for leaves no trace in the history."""
        check_offer(self.desk, self.payer)

    @workflow.update(description="Give money back: a sum, lines, the shipping fee, or the rest")
    async def refund(self, request: RefundRequest) -> RefundTaken:
        """From the capture on; never more than was taken."""
        await self.desk.hearing.kept()
        return await self.refunds.ask(request)

    @refund.validator
    def check_refund(self, request: RefundRequest) -> None:
        """One that is too much, too early or too late leaves no trace in the history."""
        self.refunds.check(request)

    @workflow.update(description="Complain about pieces that have left: a customer, shop or staff")
    async def complain(self, request: ComplaintRequest) -> ComplaintTaken:
        """Step 16."""
        await self.desk.hearing.kept()
        return await self.complaints.ask(request)

    @complain.validator
    def check_complain(self, request: ComplaintRequest) -> None:
        """One about what was not sent, or too late, leaves no trace in the history."""
        self.complaints.check(request)

    @workflow.update(description="Offer something for a complaint, or decline it with the reason")
    async def offer_solution(self, offer: SolutionOffer) -> OfferMade:
        """Step 17."""
        await self.desk.hearing.kept()
        return await self.complaints.offer(offer)

    @offer_solution.validator
    def check_offer_solution(self, offer: SolutionOffer) -> None:
        """One that cannot be kept leaves no trace in the history."""
        self.complaints.check_offer(offer)

    @workflow.update(description="Say whether the customer takes what is offered for a complaint")
    async def answer_solution(self, reply: SolutionReply) -> None:
        """The customer's word, from their page or by the shop."""
        await self.desk.hearing.kept()
        await self.complaints.answer(reply)

    @answer_solution.validator
    def check_answer_solution(self, reply: SolutionReply) -> None:
        """One that comes too late leaves no trace in the history."""
        self.complaints.check_reply(reply)

    @workflow.update(description="Answer one of the order's cases, with who and why")
    async def answer_case(self, reply: CaseReply) -> None:
        """A person's decision, on record before the person is told so."""
        await self.desk.hearing.kept()
        self.check_case_reply(reply)
        case = self.desk.cases.answer(reply)
        hear_still_here(self.shipments, case, reply.answer)
        await self.desk.record()

    @answer_case.validator
    def check_case_reply(self, reply: CaseReply) -> None:
        """A reply that does not fit leaves no trace in the history."""
        case = self.desk.cases.check(reply)
        check_still_here(self.shipments, case, reply.answer)

    @workflow.update(description="Say whether the customer takes what is offered instead")
    async def answer_substitution(self, reply: SubstitutionReply) -> None:
        """The customer's word, from their page or by the shop."""
        await self.desk.hearing.kept()
        offers = check_reply(self.shipments, reply)
        offers.take(reply.substitution, reply.answer, reply.by)

    @answer_substitution.validator
    def check_answer_substitution(self, reply: SubstitutionReply) -> None:
        """One that comes too late leaves no trace in the history."""
        check_reply(self.shipments, reply)

    @workflow.query(description="Where the order is. For the Temporal UI; others ask the API")
    def status(self) -> OrderStatus:
        """The order's status."""
        return self.desk.status
