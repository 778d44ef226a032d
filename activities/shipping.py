"""Step 7: rates, one live label for each parcel, and labels that are no longer wanted."""

from typing import Protocol

from temporalio import activity

from activities.step import Records, Request, step_run
from domain.address import Address, Seller
from domain.attempt import Attempt
from domain.failures import UnknownOutcome
from domain.journal import FactOutcome
from domain.model import LongText, Model
from domain.record import Commit
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote, label_id
from domain.status import Step
from domain.warehouse import CustomsLine


class Courier(Protocol):
    """A carrier, or an aggregator of carriers."""

    def quotes(
        self,
        order_id: str,
        parcel: PlannedParcel,
        sender: Seller,
        to: Address,
        currency: str,
        customs: tuple[CustomsLine, ...],
    ) -> tuple[Quote, ...]:
        """Every rate that this parcel can be sent for."""
        ...

    def buy(
        self, attempt: Attempt, label: str, quote: Quote, form: LabelFormat
    ) -> Label | LabelError:
        """Buy a label. A repeated attempt looks first whether it was bought before.

        Raises:
            NotDone: also while the label is still being made; ask again.
        """
        ...

    def bought(self, label: str, quote: Quote, form: LabelFormat) -> tuple[Label, ...]:
        """Every live label that was bought under this label id for this rate, oldest first."""
        ...

    def void(self, attempt: Attempt, transaction: str) -> bool:
        """Ask for a label's money back; False where the carrier refuses (it was used)."""
        ...


class HandoffOnRecord(Protocol):
    """What was handed off, as the back office holds it."""

    def customs_of(self, shipment: str) -> tuple[CustomsLine, ...]:
        """The customs lines of a shipment's handoff; none within a country."""
        ...


class AskQuotes(Request):
    """Ask for rates for planned parcels."""

    parcels: tuple[PlannedParcel, ...]


class Quotes(Model):
    """All rates for all parcels."""

    quotes: tuple[Quote, ...] = ()


class BuyLabels(Request):
    """Buy one label for each quote. ``sequence`` is the labels' version."""

    quotes: tuple[Quote, ...]
    format: LabelFormat


class BoughtLabels(Model):
    """The labels, or why the carrier sold none; labels bought before a refusal are voided."""

    labels: tuple[Label, ...] = ()
    error: LongText = ""


class VoidLabels(Request):
    """Void what is, or may have been, bought. ``sequence`` is the labels' version."""

    quotes: tuple[Quote, ...]
    format: LabelFormat


class ShippingActivities:
    """What an order asks of the couriers."""

    def __init__(self, courier: Courier, handoffs: HandoffOnRecord, records: Records) -> None:
        """Wire the courier and the back office."""
        self._courier = courier
        self._handoffs = handoffs
        self._records = records

    @activity.defn(name="ask_quotes", no_thread_cancel_exception=True)
    def quote(self, request: AskQuotes) -> Quotes:
        """Ask for every rate; which one is taken is the policy's choice."""
        with step_run(self._records, request, Step.BOOKING, "quote") as run:
            on_record = self._records.order(request.order_id)
            customs = self._handoffs.customs_of(run.subject)
            quotes: list[Quote] = []
            for parcel in request.parcels:
                quotes += self._courier.quotes(
                    request.order_id,
                    parcel,
                    on_record.shop.seller,
                    on_record.order.shipping_address,
                    on_record.order.currency,
                    customs,
                )
            run.commit(outcome=FactOutcome.DONE if quotes else FactOutcome.MISTAKE)
            return Quotes(quotes=tuple(quotes))

    @activity.defn(name="buy_labels", no_thread_cancel_exception=True)
    def buy(self, request: BuyLabels) -> BoughtLabels:
        """Buy one label for each parcel; a surplus from a lost answer is found and voided."""
        with step_run(self._records, request, Step.BOOKING, "buy_labels") as run:
            labels: list[Label] = []
            for quote in request.quotes:
                name = label_id(quote.parcel, request.sequence)
                outcome = self._courier.buy(run.attempt, name, quote, request.format)
                if isinstance(outcome, LabelError):
                    for label in labels:
                        self._courier.void(run.attempt, label.transaction)
                    run.commit(outcome=FactOutcome.MISTAKE, detail=outcome.message)
                    return BoughtLabels(error=outcome.message)
                labels.append(outcome)
            kept = run.commit(Commit(order=request.order_id, labels=tuple(labels))).labels
            if run.attempt.repeated or kept != tuple(labels):
                self._void_surplus(run.attempt, request, kept)
            return BoughtLabels(labels=kept)

    def _void_surplus(self, attempt: Attempt, request: BuyLabels, kept: tuple[Label, ...]) -> None:
        live = {label.transaction for label in kept}
        for quote in request.quotes:
            name = label_id(quote.parcel, request.sequence)
            for label in self._courier.bought(name, quote, request.format):
                if label.transaction not in live:
                    self._courier.void(attempt, label.transaction)

    @activity.defn(name="void_labels", no_thread_cancel_exception=True)
    def void(self, request: VoidLabels) -> None:
        """Void every label of this version, known or not; they never print again."""
        with step_run(self._records, request, Step.BOOKING, "void_labels") as run:
            voided: list[str] = []
            refused: list[str] = []
            for quote in request.quotes:
                name = label_id(quote.parcel, request.sequence)
                voided.append(name)
                refused += [
                    label.tracking_number
                    for label in self._courier.bought(name, quote, request.format)
                    if not self._courier.void(run.attempt, label.transaction)
                ]
            run.commit(
                Commit(order=request.order_id, voided=tuple(voided)),
                detail=f"not refunded by the carrier: {', '.join(refused)}" if refused else "",
            )
            if refused and not run.attempt.repeated:
                raise UnknownOutcome("courier", f"labels {', '.join(refused)} were not refunded")
