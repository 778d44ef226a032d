"""Couriers by Shippo: rates, labels, refunds of labels, tracking, label files.

Source: Shippo, "Shipments", "Transactions", "Refunds", "Tracking". Shippo knows no idempotency
keys: a purchase is found again by its rate and by the label's id in its metadata.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import ValidationError
from shippo.models.components import (
    RefundStatus,
    ShipmentStatus,
    Transaction,
    TransactionCreateRequest,
)
from shippo.models.operations import ListTransactionsRequest

from domain.address import Address, Seller
from domain.attempt import Attempt
from domain.failures import BeingMade, NotDone, Refused, UnknownOutcome
from domain.ids import order_of
from domain.shipping import Label, LabelError, LabelFormat, PlannedParcel, Quote
from domain.tracking import CourierEvent
from domain.warehouse import CustomsLine
from providers.label_files import LabelStore
from providers.shippo_calls import (
    CONNECT_SECONDS,
    GET_RETRIES,
    READ_SECONDS,
    Rejection,
    ShippoCalls,
)
from providers.shippo_events import Substatus, TrackingStatus, courier_event
from providers.shippo_parcels import shipment_request
from providers.shippo_words import FORMATS, REFUNDS, Fate, fate, label_of, quote_of, words_of

_PAGE = 100
_ASK_AGAIN_SECONDS, _ASK_AGAIN_AT_LAST = 2.0, 300.0
_BOX_MM = (300, 200, 150)
_STILL_RATING = frozenset({ShipmentStatus.QUEUED, ShipmentStatus.WAITING})
_NOT_SOLD = frozenset({400, 404, 410, 422})
"""Answers about the rate or the shipment: other rates may do, a person decides."""


class ShippoCourier:
    """The courier of `activities.shipping` and the label files of `activities.documents`, over
    Shippo's SDK. Safe between threads.

    Every method raises NotDone, UnknownOutcome or Refused of `domain.failures`.
    """

    def __init__(
        self,
        url: str | None,
        key: str,
        box_mm: tuple[int, int, int] = _BOX_MM,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        """``url`` None means Shippo itself; ``key`` is an API token; ``box_mm`` is the size that
        rates are asked for, since parcels are planned by weight; ``timeout`` is (connect, read)
        in seconds."""
        self._calls = ShippoCalls(url, key, timeout)
        self.call_seconds = sum(timeout)
        self.look_seconds = sum(timeout) * (1 + GET_RETRIES)
        self._files = LabelStore(timeout)
        self._box_mm = box_mm

    def close(self) -> None:
        """Let go of all connections."""
        self._calls.close()
        self._files.close()

    def quotes(
        self,
        order_id: str,
        parcel: PlannedParcel,
        sender: Seller,
        to: Address,
        currency: str,
        customs: tuple[CustomsLine, ...],
    ) -> tuple[Quote, ...]:
        """Every rate for this parcel, in the carriers' order.

        Raises:
            Refused: Shippo does not take the address, the parcel or the customs declaration.
        """
        request = shipment_request(order_id, parcel, self._box_mm, sender, to, currency, customs)
        shipment = self._calls.read(lambda: self._calls.sdk.shipments.create(request))
        if shipment.status in _STILL_RATING:
            raise NotDone("shippo", "the rates are still being asked for", _ASK_AGAIN_SECONDS)
        quotes = (quote_of(parcel.id, rate) for rate in shipment.rates)
        return tuple(quote for quote in quotes if quote is not None)

    def buy(
        self,
        attempt: Attempt,
        label: str,
        quote: Quote,
        form: LabelFormat,
        unwanted: Callable[[], bool] = lambda: False,
    ) -> Label | LabelError:
        """Buy a label; a repeated attempt looks first whether one was bought or is being made.

        ``unwanted`` is asked at the last moment before money is spent.

        Raises:
            BeingMade: ask again.
            NotDone: it was not bought.
            Refused: also where it is not wanted any more.
        """
        if attempt.repeated:
            live = self.bought(label, quote, form)
            if live:
                return live[0]
        request = TransactionCreateRequest(
            rate=quote.rate,
            async_=False,
            label_file_type=FORMATS[form],
            metadata=_remark(label),
        )
        if unwanted():
            raise Refused("shippo", f"label {label} was given up before it was bought")
        made = self._calls.ask(lambda: self._calls.sdk.transactions.create(request))
        if isinstance(made, Rejection):
            if made.status in _NOT_SOLD:
                return LabelError(message=made.words or "the rate cannot be bought")
            raise made.failure()
        match fate(made):
            case Fate.LIVE:
                return label_of(label, quote, form, made)
            case Fate.BEING_MADE:
                raise _still_being_made(made)
            case Fate.NEVER_MADE:
                return LabelError(message=words_of(made.messages) or "the carrier gave no reason")
            case Fate.VOID | Fate.NOT_VOIDABLE:
                raise UnknownOutcome("shippo", f"{made.object_id} was voided as it was bought")

    def bought(self, label: str, quote: Quote, form: LabelFormat) -> tuple[Label, ...]:
        """Every live label that was bought under this label id for this rate, oldest first.

        Raises:
            BeingMade: one of them may yet come to life.
        """
        made = sorted(self._transactions(label, quote), key=_created)
        for transaction in made:
            if fate(transaction) is Fate.BEING_MADE:
                raise _still_being_made(transaction)
        live = (Fate.LIVE, Fate.NOT_VOIDABLE)
        return tuple(label_of(label, quote, form, one) for one in made if fate(one) in live)

    def void(self, attempt: Attempt, transaction: str) -> bool:
        """Ask for a label's money back, once; False where the carrier refuses (it was used)."""
        found = self._calls.read(lambda: self._calls.sdk.transactions.get(transaction))
        match fate(found):
            case Fate.VOID | Fate.NEVER_MADE:
                return True
            case Fate.NOT_VOIDABLE:
                return False
            case Fate.BEING_MADE:
                raise _still_being_made(found)
            case Fate.LIVE:
                return self._refund(transaction)

    def track(self, carrier: str, tracking_number: str) -> CourierEvent | None:
        """Where a parcel is by the courier's last word; None where it has said nothing yet.

        The look-up for when webhooks stay away. ``carrier`` is a label's.
        """
        token = carrier.strip().lower().replace(" ", "_")
        track = self._calls.read(
            lambda: self._calls.sdk.tracking_status.get(tracking_number, token)
        )
        last = track.tracking_status
        if last is None:
            return None
        fine = last.substatus
        try:
            report = TrackingStatus(
                object_id=last.object_id,
                status=last.status.value,
                substatus=None if fine is None else Substatus(code=fine.code),
                status_details=last.status_details,
                status_date=last.status_date,
                object_created=last.object_created,
            )
        except ValidationError as error:
            raise NotDone("shippo", "the courier's report cannot be read") from error
        return courier_event(tracking_number, report)

    def fetch(self, label: Label) -> bytes:
        """A label's bytes, in the format that it was bought in.

        Raises:
            NotDone: they cannot be had now.
        """
        return self._files.fetch(label)

    def customs(self, label: Label) -> bytes:
        """The commercial invoice that goes with a label across a customs border, as a PDF.

        Raises:
            NotDone: it cannot be had now.
        """
        return self._files.customs(label)

    def _transactions(self, label: str, quote: Quote) -> list[Transaction]:
        found: list[Transaction] = []
        number = 1
        while True:
            request = ListTransactionsRequest(rate=quote.rate, page=number, results=_PAGE)
            page = self._calls.read(lambda asked=request: self._calls.sdk.transactions.list(asked))
            results = page.results or []
            found += [one for one in results if one.metadata == _remark(label)]
            if not page.next or not results:
                return found
            number += 1

    def _refund(self, transaction: str) -> bool:
        refund = self._calls.ask(lambda: self._calls.sdk.refunds.create(transaction))
        if not isinstance(refund, Rejection):
            return REFUNDS[refund.status or RefundStatus.PENDING]
        # Also said when a refund was asked for before, by a call whose answer was never heard.
        status = self._refund_status(transaction)
        if status is None:
            raise refund.failure()
        return REFUNDS[status]

    def _refund_status(self, transaction: str) -> RefundStatus | None:
        page = self._calls.read(self._calls.sdk.refunds.list)
        ours = (one for one in page.results or [] if one.transaction == transaction)
        return next((one.status for one in ours), None)


def _remark(label: str) -> str:
    return f"{order_of(label)}/{label}"


def _created(transaction: Transaction) -> datetime:
    return transaction.object_created or datetime.min.replace(tzinfo=UTC)


def _still_being_made(transaction: Transaction) -> BeingMade:
    """Ask soon at first, and less and less often of a label that hangs."""
    age = (datetime.now(UTC) - _created(transaction)).total_seconds()
    seconds = min(max(age / 5, _ASK_AGAIN_SECONDS), _ASK_AGAIN_AT_LAST)
    return BeingMade("shippo", f"label {transaction.object_id} is still being made", seconds)
