"""An order is amended: more goods are promised first, and what is less is let go of last."""

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from activities.stock import StockLedger
from domain.backorder import Promised
from domain.ids import idempotency_key
from domain.journal import FactOutcome
from domain.order import Amended
from domain.record import Commit
from domain.routing import Route
from domain.status import Step
from domain.stock import Want

_RESERVE_MORE = "reserve_more"


class MovePieces(Request):
    """Pieces that an amendment takes or gives back in the warehouse that has the shipment;
    ``sequence`` is the amendment's number."""

    wants: tuple[Want, ...]


class RecordAmendment(Request):
    """Put an amendment on record, made or refused; ``sequence`` is its number."""

    amended: Amended


class AmendingActivities:
    """What an order asks of our own books when it is amended."""

    def __init__(self, stock: StockLedger, records: Records) -> None:
        """Wire the stock ledger and the back office."""
        self._stock = stock
        self._records = records

    @activity.defn(name="reserve_more", no_thread_cancel_exception=True)
    @operation(_RESERVE_MORE)
    def reserve_more(self, request: MovePieces) -> Promised:
        """Promise the goods that an amended order needs beyond its own: all of them or none."""
        with step_run(self._records, request, Step.RECEIVED, self.reserve_more) as run:
            here = Route(only=request.warehouse)
            what = (request.shop, request.wants, run.key, run.entries())
            promised = self._stock.reserve(*what, here)
            if promised.shortages:
                run.commit(outcome=FactOutcome.DECLINED, detail=words_of_shortages(promised))
            return promised

    @activity.defn(name="release_more", no_thread_cancel_exception=True)
    @operation("release_more")
    def release_more(self, request: MovePieces) -> None:
        """Undo `reserve_more`, whether or not it was done."""
        with step_run(self._records, request, Step.STOCK, self.release_more) as run:
            known = idempotency_key(request.order_id, _RESERVE_MORE, request.sequence)
            self._stock.release_part(
                request.shop, request.wants, run.key, run.entries(), known, request.warehouse
            )

    @activity.defn(name="release_less", no_thread_cancel_exception=True)
    @operation("release_less")
    def release_less(self, request: MovePieces) -> None:
        """Let go of the goods that an amended order does not need any more."""
        with step_run(self._records, request, Step.STOCK, self.release_less) as run:
            self._stock.release_part(
                request.shop, request.wants, run.key, run.entries(), None, request.warehouse
            )

    @activity.defn(name="record_amendment", no_thread_cancel_exception=True)
    @operation("record_amendment")
    def record(self, request: RecordAmendment) -> None:
        """From here on every call is made for the amended order; or it is said why for none."""
        with step_run(self._records, request, Step.RECORDS, self.record) as run:
            run.commit(Commit(order=request.order_id, amendment=request.amended))


def words_of_shortages(promised: Promised) -> str:
    """What is short, in words."""
    return "; ".join(
        f"{one.sku}: {one.wanted} more wanted, {one.available} available"
        for one in promised.shortages
    )
