"""The promise of goods, its release, and what turns out not to be there."""

from typing import Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.journal import FactOutcome
from domain.model import Model, OptionalText
from domain.record import Commit, Committed
from domain.status import Step
from domain.stock import Lost, RestockNeed, Shortage, Want


class StockLedger(Protocol):
    """The back office's stock ledger."""

    def reserve(
        self, shop: str, wants: tuple[Want, ...], key: str, commit: Commit
    ) -> tuple[Shortage, ...]:
        """Reserve everything for ``commit.order`` and write the commit, in one transaction.

        With a shortage nothing is reserved and nothing is written. Under a key that was used
        before, nothing is reserved again.
        """
        ...

    def release(self, shop: str, key: str, commit: Commit) -> None:
        """Release whatever ``commit.order`` still has reserved, and write the commit."""
        ...

    def write_off(self, shop: str, lost: Lost, key: str, commit: Commit) -> Committed:
        """In one transaction: what is missing leaves the books together with its promise to
        ``commit.order``, what is put back loses the promise alone, and the commit is written.

        What a count has found missing already is not taken off twice. Under a key that was used
        before nothing happens again; the answer is the same.
        """
        ...


class ReserveStock(Request):
    """Promise these pieces to an order: all of them or none."""

    wants: tuple[Want, ...]


class WriteOff(Request):
    """Of what was promised to an order: these pieces are missing, those are put back.

    ``note`` is the warehouse's word on what is missing.
    """

    missing: tuple[Want, ...]
    put_back: tuple[Want, ...] = ()
    note: OptionalText = ""


class WrittenOff(Model):
    """What went below its reorder point by it."""

    restock: tuple[RestockNeed, ...] = ()


class Reservation(Model):
    """What could not be promised; empty when everything was."""

    shortages: tuple[Shortage, ...] = ()


class StockActivities:
    """What an order asks of the stock ledger. Run as local activities: the books are ours."""

    def __init__(self, ledger: StockLedger, records: Records) -> None:
        """Wire the ledger and the back office."""
        self._ledger = ledger
        self._records = records

    @activity.defn(name="reserve_stock", no_thread_cancel_exception=True)
    @operation("reserve")
    def reserve(self, request: ReserveStock) -> Reservation:
        """Promise the goods in one transaction, so that two orders never get the same piece."""
        with step_run(self._records, request, Step.RECEIVED, self.reserve) as run:
            shortages = self._ledger.reserve(request.shop, request.wants, run.key, run.entries())
            if shortages:
                words = "; ".join(
                    f"{one.sku}: {one.wanted} wanted, {one.available} available"
                    for one in shortages
                )
                run.commit(outcome=FactOutcome.DECLINED, detail=words)
            return Reservation(shortages=shortages)

    @activity.defn(name="release_stock", no_thread_cancel_exception=True)
    @operation("release_stock")
    def release(self, request: Request) -> None:
        """Let go of what is still promised; a second time changes nothing."""
        with step_run(self._records, request, Step.STOCK, self.release) as run:
            self._ledger.release(request.shop, run.key, run.entries())

    @activity.defn(name="write_off_stock", no_thread_cancel_exception=True)
    @operation("write_off")
    def write_off(self, request: WriteOff) -> WrittenOff:
        """Take what is not there off the books: let go of alone, it would be promised again."""
        with step_run(self._records, request, Step.STOCK, self.write_off) as run:
            lost = Lost(
                shipment=run.subject,
                missing=request.missing,
                put_back=request.put_back,
                note=request.note,
            )
            written = self._ledger.write_off(request.shop, lost, run.key, run.entries())
            return WrittenOff(restock=written.restock)
