"""Step 7: rates, one live label for each parcel, and labels that are no longer wanted."""

import time
from datetime import timedelta
from typing import Annotated

from temporalio import activity

from activities.courier import Courier, HandoffOnRecord, LabelsOnRecord, SendersOnRecord
from activities.label_purchase import LabelPurchase
from activities.operations import operation
from activities.pace import Clock, Pace, earlier_progress, go_on_later
from activities.step import IN_DOUBT_FOR, Records, Request, StepRun, step_run
from domain.borders import crosses_customs
from domain.failures import BeingMade, NotDone, UnknownOutcome
from domain.journal import FactOutcome
from domain.model import LongText, Model, unsaid
from domain.record import Commit, OrderOnRecord
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote, label_id
from domain.status import Step
from domain.warehouse import CustomsLine


class AskQuotes(Request):
    """Ask for rates for planned parcels."""

    parcels: tuple[PlannedParcel, ...]


class Quotes(Model):
    """All rates for all parcels; or none, and what cannot cross a border as the catalogue ``lacks``
    its HS code or origin."""

    quotes: tuple[Quote, ...] = ()
    lacks: Annotated[tuple[str, ...], unsaid(())] = ()


class QuoteProgress(Model):
    """For how many parcels rates were asked, and which there are."""

    asked: int = 0
    quotes: tuple[Quote, ...] = ()


class BuyLabels(Request):
    """Buy one label for each quote. ``sequence`` is the labels' version.

    One that is in the making for longer than ``made_within`` counts as not sold.
    """

    quotes: tuple[Quote, ...]
    format: LabelFormat
    made_within: timedelta | None = None


class BoughtLabels(Model):
    """The labels, or why the carrier sold none; labels bought before a refusal are voided."""

    labels: tuple[Label, ...] = ()
    error: LongText = ""


class VoidLabels(Request):
    """Void what is, or may have been, bought. ``sequence`` is the labels' version.

    ``in_doubt`` says that nobody heard what became of the purchase. What is in the making for
    longer than ``made_within`` is not waited for: it is void on record, and the review of the
    provider's labels voids it there, should it come to life.
    """

    quotes: tuple[Quote, ...]
    format: LabelFormat
    in_doubt: bool = False
    made_within: timedelta | None = None


class VoidProgress(Model):
    """How many quotes were looked through, and which labels the carrier keeps as used.

    ``settled`` says that no purchase could be under way any more when the looking began.
    """

    settled: bool = False
    checked: int = 0
    refused: tuple[str, ...] = ()


class VoidKnownLabels(Request):
    """Void labels that are on record, where nobody knows the rates that they were bought for."""

    labels: tuple[Label, ...]


class ShippingActivities:
    """What an order asks of the couriers."""

    def __init__(
        self,
        courier: Courier,
        handoffs: HandoffOnRecord,
        labels: LabelsOnRecord,
        records: Records,
        sites: SendersOnRecord,
        in_doubt_for: timedelta = IN_DOUBT_FOR,
        clock: Clock = time.monotonic,
    ) -> None:
        """Wire the courier and the back office; ``clock`` counts seconds."""
        self._courier = courier
        self._handoffs = handoffs
        self._labels = labels
        self._records = records
        self._sites = sites
        self._in_doubt_for = in_doubt_for
        self._clock = clock

    @activity.defn(name="ask_quotes", no_thread_cancel_exception=True)
    @operation("quote")
    def quote(self, request: AskQuotes) -> Quotes:
        """Ask for every rate; which one is taken is the policy's choice."""
        with step_run(self._records, request, Step.BOOKING, self.quote) as run:
            on_record = self._records.order(request.order_id)
            seller, warehouse = on_record.shop.seller, request.warehouse
            sender = self._sites.sender(seller, request.shop, warehouse)
            abroad = crosses_customs(sender.address, on_record.order.shipping_address)
            customs = self._customs(run, on_record, abroad=abroad)
            lacks = _undeclared(on_record, request.parcels, customs) if abroad else ()
            if lacks:
                words = f"no HS code or origin: {', '.join(lacks)}"
                run.commit(outcome=FactOutcome.MISTAKE, detail=words)
                return Quotes(lacks=lacks)
            pace, before = Pace(self._clock), earlier_progress(QuoteProgress)
            asked, quotes = before.asked, list(before.quotes)
            for parcel in request.parcels[asked:]:
                if not pace.allows(self._courier.call_seconds):
                    words = f"{asked} of {len(request.parcels)} parcels have rates"
                    raise go_on_later(QuoteProgress(asked=asked, quotes=tuple(quotes)), words)
                quotes += self._courier.quotes(
                    request.order_id,
                    parcel,
                    sender,
                    on_record.order.shipping_address,
                    on_record.order.currency,
                    customs,
                )
                asked += 1
            run.commit(outcome=FactOutcome.DONE if quotes else FactOutcome.MISTAKE)
            return Quotes(quotes=tuple(quotes))

    def _customs(
        self, run: StepRun, on_record: OrderOnRecord, *, abroad: bool
    ) -> tuple[CustomsLine, ...]:
        """What was handed off; what lacked then may be in the catalogue by now."""
        customs = self._handoffs.customs_of(run.subject)
        if abroad and len(customs) < len(on_record.order.lines):
            return self._handoffs.customs_today(run.subject)
        return customs

    @activity.defn(name="buy_labels", no_thread_cancel_exception=True)
    @operation("buy_labels")
    def buy(self, request: BuyLabels) -> BoughtLabels:
        """Buy one label for each parcel; a surplus from a lost answer is found and voided.

        Many parcels may take several tries, each of which goes on where the last one stopped.
        """
        with step_run(self._records, request, Step.BOOKING, self.buy) as run:
            purchase = LabelPurchase(
                self._courier,
                self._labels,
                run.attempt,
                Pace(self._clock),
                request.sequence,
                request.format,
            )
            try:
                labels = purchase.given_up_before(request.quotes) or purchase.buy(request.quotes)
            except BeingMade as slow:
                if _is_waited_for(run, request.made_within):
                    raise
                names = (label_id(quote.parcel, request.sequence) for quote in request.quotes)
                self._records.commit(Commit(order=request.order_id, voided=tuple(names)))
                labels = purchase.given_up(slow.reason)
            if isinstance(labels, LabelError):
                run.commit(outcome=FactOutcome.MISTAKE, detail=labels.message)
                return BoughtLabels(error=labels.message)
            kept = run.commit(Commit(order=request.order_id, labels=labels)).labels
            purchase.void_surplus(request.quotes, kept)
            return BoughtLabels(labels=kept)

    @activity.defn(name="void_labels", no_thread_cancel_exception=True)
    @operation("void_labels")
    def void(self, request: VoidLabels) -> None:
        """Void every label of this version, known or not; they never print again.

        They are void on record before the first look, so that no later purchase begins. Of a
        purchase in doubt, a look is the last one only when none can be under way any more.
        """
        with step_run(self._records, request, Step.BOOKING, self.void) as run:
            names = tuple(label_id(quote.parcel, request.sequence) for quote in request.quotes)
            self._records.commit(Commit(order=request.order_id, voided=names))
            wait = self._in_doubt_for - run.waited if request.in_doubt else timedelta(0)
            refused = self._void_what_is_live(run, request, settled=wait <= timedelta(0))
            if wait > timedelta(0):
                raise NotDone(
                    "courier", "a label may still come of the last purchase", wait.total_seconds()
                )
            run.commit(
                detail=f"not refunded by the carrier: {', '.join(refused)}" if refused else "",
            )
            if refused and not run.attempt.repeated:
                raise UnknownOutcome("courier", f"labels {', '.join(refused)} were not refunded")

    def _void_what_is_live(
        self, run: StepRun, request: VoidLabels, *, settled: bool
    ) -> tuple[str, ...]:
        """Look for each label and void it; the tracking numbers of those that were used."""
        pace, before = Pace(self._clock), earlier_progress(VoidProgress)
        if before.settled is not settled:
            before = VoidProgress(settled=settled)
        checked, refused = before.checked, list(before.refused)
        for quote in request.quotes[checked:]:
            if not pace.allows(self._courier.look_seconds + self._courier.call_seconds):
                progress = VoidProgress(settled=settled, checked=checked, refused=tuple(refused))
                words = f"{checked} of {len(request.quotes)} labels are looked through"
                raise go_on_later(progress, words)
            name = label_id(quote.parcel, request.sequence)
            try:
                live = self._courier.bought(name, quote, request.format)
            except BeingMade:
                if _is_waited_for(run, request.made_within):
                    raise
                live = ()
            refused += [
                label.tracking_number
                for label in live
                if not self._courier.void(run.attempt, label.transaction)
            ]
            checked += 1
        return tuple(refused)

    @activity.defn(name="void_known_labels", no_thread_cancel_exception=True)
    @operation("void_known_labels")
    def void_known(self, request: VoidKnownLabels) -> None:
        """Void labels by their transactions; they never print again."""
        with step_run(self._records, request, Step.BOOKING, self.void_known) as run:
            refused = [
                label.tracking_number
                for label in request.labels
                if not self._courier.void(run.attempt, label.transaction)
            ]
            run.commit(
                Commit(order=request.order_id, voided=tuple(label.id for label in request.labels)),
                detail=f"not refunded by the carrier: {', '.join(refused)}" if refused else "",
            )
            if refused and not run.attempt.repeated:
                raise UnknownOutcome("courier", f"labels {', '.join(refused)} were not refunded")


def _is_waited_for(run: StepRun, made_within: timedelta | None) -> bool:
    """Whether a label that is still in the making may take more time."""
    return made_within is None or run.waited < made_within


def _undeclared(
    on_record: OrderOnRecord,
    parcels: tuple[PlannedParcel, ...],
    customs: tuple[CustomsLine, ...],
) -> tuple[str, ...]:
    """SKUs in parcels across a border of which customs could not be told what they are."""
    known = {one.line for one in customs}
    inside = {portion.line for parcel in parcels for portion in parcel.contents}
    lines = on_record.order.lines
    return tuple(sorted({one.sku for one in lines if one.id in inside and one.id not in known}))
