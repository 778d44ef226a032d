"""Steps 16 and 17: an order's complaints, from the first parcel that left until its time is over.

What a customer, the shop or staff say is checked, kept, and looked after beside everything else; so
is what the courier has lost or brings back. What follows is in `workflows.complaint`.
"""

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.complaints import (
    ComplainedBy,
    Complaint,
    ComplaintReason,
    ComplaintRequest,
    ComplaintTaken,
    OfferMade,
    SolutionKind,
    SolutionOffer,
    SolutionReply,
    too_many,
)
from domain.journal import News
from domain.refunds import RefundedLine
from domain.shares import added_up
from domain.shipping import Portion
from workflows.claimed import Claimed
from workflows.complaint import LookingAfter
from workflows.desk import Desk
from workflows.plaint import Plaint
from workflows.refunds import Refunds
from workflows.shipment import Shipment

_MOST = 20
"""How many complaints one order hears."""
_MOST_HEARD = 100
"""How often, the same again included: each time makes its history longer."""
_TOO_MUCH = "So much was said about it already: call whoever sold it"


class Complaints:
    """What an order's customer is unhappy with. Each is looked after by itself."""

    def __init__(self, desk: Desk, shipments: Sequence[Shipment], refunds: Refunds) -> None:
        """None was heard."""
        self._desk, self._shipments, self._refunds = desk, shipments, refunds
        self._hears = desk.hears_complaints
        self._replaces = desk.replaces
        self._until: datetime | None = None
        self._joined: dict[str, Plaint] = {}
        self._heard = 0
        self._closed = False
        self._offers: dict[str, tuple[SolutionOffer, int]] = {}
        self._all: list[Plaint] = []

    # -- complaining ------------------------------------------------------------------------

    def check(self, request: ComplaintRequest) -> None:
        """Refuse what cannot be complained about. The same key again is let through.

        Raises:
            ApplicationError: too early, too late, pieces that were not sent, or that an open
                complaint is about; or another complaint has this key.
        """
        if self._heard >= _MOST_HEARD:
            raise ApplicationError(_TOO_MUCH)
        known = self._under(request.key)
        if known is not None:
            if request.key in self._joined:
                return
            if not known.complaint.request.same_as(request):
                raise ApplicationError("another complaint was made under this key; it holds")
            return
        if self._replaces is not None:
            raise ApplicationError(
                f"The order replaces pieces of {self._replaces.order}: complain about that one"
            )
        if not self._hears:
            raise ApplicationError(
                "Complaints about this order are not taken here: write to whoever sold it"
            )
        if self._closed or self._desk.status.ended:
            raise ApplicationError("The time for complaints about this order is over")
        self._check_pieces(request)

    def _check_pieces(self, request: ComplaintRequest) -> None:
        there = self._sent()
        if not there:
            raise ApplicationError("Nothing has left yet: cancel the order, or wait until it ships")
        like = self._like(request)
        if len(self._all) >= _MOST or (like is not None and like.full):
            raise ApplicationError(_TOO_MUCH)
        if like is None:
            kept = [one.complaint for one in self._all if one.keeps]
            wrong = too_many(request.lines, there, kept)
            if wrong:
                raise ApplicationError(wrong)

    async def ask(self, request: ComplaintRequest) -> ComplaintTaken:
        """Take a complaint; on record before whoever complained is told so.

        Raises:
            ApplicationError: see `check`.
        """
        self.check(request)
        self._heard += 1
        known = self._under(request.key)
        same = known or self._like(request)
        if same is None:
            one = self._take(request)
            await self._desk.record()
            return self._taken(one, joined=False)
        if known is None:
            self._joined[request.key] = same
            same.add(request.who, request.words)
            await self._desk.record()
        return self._taken(same, joined=known is None)

    def claim(
        self, parcel: str, portions: Sequence[Portion], reason: ComplaintReason, words: str
    ) -> Claimed:
        """What the courier has lost, or brings back, is complained about without the customer.

        Pieces that other complaints keep stay with them: so many fewer are claimed. What was lost
        of a replacement, the order that it is for makes good.
        """
        if not self._hears:
            return Claimed(None, (), elsewhere=self._replaces is not None)
        keeping = [one for one in self._all if one.keeps]
        kept = {one.line: one.quantity for one in added_up(one.portions for one in keeping)}
        sent = self._sent()
        free = {line: max(0, count - kept.get(line, 0)) for line, count in sent.items()}
        lines = tuple(
            RefundedLine(line=one.line, quantity=count)
            for one in portions
            if (count := min(one.quantity, free.get(one.line, 0)))
        )
        whole = sum(one.quantity for one in lines) == sum(one.quantity for one in portions)
        others = () if whole else tuple(one for one in keeping if one.is_about_any(portions))
        key = f"courier·{parcel}·{reason.value}"
        if not lines or self._under(key) is not None:
            return Claimed(None, others)
        courier = ComplainedBy.COURIER
        request = ComplaintRequest(
            reason=reason, lines=lines, words=words, who="the courier", key=key, by=courier
        )
        return Claimed(self._take(request), others)

    def _take(self, request: ComplaintRequest) -> Plaint:
        complaint = Complaint(number=len(self._all) + 1, request=request, at=workflow.now())
        one = Plaint(self._desk, self._refunds, complaint)
        self._all.append(one)
        self._desk.journal.add(complaint)
        one.tell(News.COMPLAINED)
        self._desk.in_background(LookingAfter(self._desk, self._refunds, one).carry_out())
        return one

    def _taken(self, one: Plaint, *, joined: bool) -> ComplaintTaken:
        message = f"It is complaint {one.number} of the order, and is looked after"
        if joined:
            message = f"Complaint {one.number} is about that already: what you say is added to it"
        return ComplaintTaken(
            order=self._desk.order_id, complaint=one.number, joined=joined, message=message
        )

    # -- solutions --------------------------------------------------------------------------

    def check_offer(self, offer: SolutionOffer) -> None:
        """Refuse an offer that cannot be made. The same key again is let through.

        Raises:
            ApplicationError: no such complaint, it has ended, or nothing of that can be given.
        """
        known = self._offers.get(offer.key)
        if known is None:
            self._named(offer.complaint).check_offer(offer.wanted)
        elif known[0] != offer:
            raise ApplicationError("another solution was offered under this key; it holds")

    async def offer(self, offer: SolutionOffer) -> OfferMade:
        """Offer something; on record before whoever offers is told so.

        Raises:
            ApplicationError: see `check_offer`.
        """
        self.check_offer(offer)
        known = self._offers.get(offer.key)
        if known is None:
            made = self._named(offer.complaint).offer(offer.wanted)
            known = self._offers[offer.key] = (offer, made.number)
            await self._desk.record()
        declined = offer.wanted.kind is SolutionKind.DECLINE
        return OfferMade(
            order=self._desk.order_id,
            complaint=offer.complaint,
            offer=known[1],
            message="The customer is told why" if declined else "The customer is asked",
        )

    def check_reply(self, reply: SolutionReply) -> None:
        """Refuse a word on an offer that stands no longer.

        Raises:
            ApplicationError: with the reason.
        """
        self._named(reply.complaint).check_reply(reply)

    async def answer(self, reply: SolutionReply) -> None:
        """The customer's word, on record before they are told so.

        Raises:
            ApplicationError: see `check_reply`.
        """
        self.check_reply(reply)
        self._named(reply.complaint).answer(reply)
        await self._desk.record()

    # -- until when -------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether one of them has not ended."""
        return any(not one.state.ended for one in self._all)

    @property
    def declined(self) -> bool:
        """Whether the customer was told no: not where what was claimed for them has come."""
        return any(one.declined and not one.withdrawn_because for one in self._all)

    def all_has_come(self) -> None:
        """The last parcel has met its end: from now on the time for complaints runs."""
        now = workflow.now()
        within = self._desk.policy.complaints_within
        self._until = now + within if self._hears and self._sent() else now

    @property
    def over(self) -> bool:
        """Whether none is open, and no more will be heard."""
        by = self._heard_until
        return not self.open and by is not None and workflow.now() >= by

    @property
    def last_arrival(self) -> datetime | None:
        """When the last replacement has arrived."""
        return max((one.arrived_at for one in self._all if one.arrived_at), default=None)

    @property
    def _heard_until(self) -> datetime | None:
        """Also about what was sent once more there is as much time to complain."""
        came = self.last_arrival
        if self._until is None or came is None:
            return self._until
        return max(self._until, came + self._desk.policy.complaints_within)

    async def none_open(self) -> None:
        """Wait until all that came have ended."""
        if self.open:
            await workflow.wait_condition(lambda: not self.open)

    async def until_over(self) -> None:
        """Wait until the time for complaints is over, all that came have ended, and what they led
        to has settled. From then on none is heard."""
        while not self.over:
            if self.open:
                await self.none_open()
            else:
                why = "the end of the time for complaints"
                await self._desk.until(lambda: self.open, self._heard_until, why, stoppable=False)
            if self.over:
                await self._refunds.settled()
                await self._desk.hearing.settled()
        self._closed = True

    # -- finding ----------------------------------------------------------------------------

    def _sent(self) -> dict[str, int]:
        """Pieces that have left, by line."""
        gone = (one.leaving for one in self._shipments if one.inbox.gone and not one.dues.dropped)
        return {one.line: one.quantity for one in added_up(gone)}

    def _under(self, key: str) -> Plaint | None:
        made = (one for one in self._all if one.complaint.request.key == key)
        return next(made, self._joined.get(key))

    def _like(self, request: ComplaintRequest) -> Plaint | None:
        """One that is open and about just that."""
        return next(
            (
                one
                for one in self._all
                if not one.state.ended and one.complaint.request.is_about(request)
            ),
            None,
        )

    def _named(self, number: int) -> Plaint:
        for one in self._all:
            if one.number == number:
                return one
        raise ApplicationError(f"the order has no complaint {number}")
