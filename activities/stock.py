"""The promise of goods, its release, and what turns out not to be there."""

from typing import Annotated, Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, step_run
from domain.backorder import PlaceInLine, Promised
from domain.ids import idempotency_key
from domain.journal import FactOutcome
from domain.model import Model, OptionalText, unsaid
from domain.record import Commit, Committed
from domain.routing import ANY, Route
from domain.status import Step
from domain.stock import Lost, RestockNeed, Want, Wanted


class StockLedger(Protocol):
    """The back office's stock ledger."""

    def reserve(
        self, shop: str, wants: tuple[Want, ...], key: str, commit: Commit, route: Route
    ) -> Promised:
        """Reserve everything for ``commit.order`` and write the commit, in one transaction.

        With a shortage nothing is reserved and nothing is written. Under a key that was used
        before, nothing is reserved again.
        """
        ...

    def release(self, shop: str, key: str, commit: Commit) -> None:
        """Release whatever ``commit.order`` still has reserved, and write the commit."""
        ...

    def release_part(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        reserved_as: str | None,
        warehouse: str,
    ) -> None:
        """Release these of the pieces that ``commit.order`` has reserved in a warehouse, and write
        the commit.

        With ``reserved_as`` only what was reserved under that key, which may be nothing: the order
        stands in line for it no longer. Under a key that was used before nothing is released again.
        """
        ...

    def write_off(self, shop: str, lost: Lost, key: str, commit: Commit) -> Committed:
        """In one transaction: what is missing leaves the books together with its promise to
        ``commit.order``, what is put back loses the promise alone, and the commit is written.

        What a count has found missing already is not taken off twice. Under a key that was used
        before nothing happens again; the answer is the same.
        """
        ...


class Line(Protocol):
    """The back office's line of orders that wait for goods."""

    def reserve_or_wait(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        place: PlaceInLine,
        route: Route,
        shipment: str | None,
    ) -> Promised:
        """Reserve everything for ``commit.order`` and write the commit, or let it stand in line.

        Again, under the same key, it is a look whether it was, or can be, served.
        An order that is given up, or whose ``shipment`` is, gets nothing and waits no longer.
        """
        ...

    def reserve_or_leave(
        self,
        shop: str,
        wants: tuple[Want, ...],
        key: str,
        commit: Commit,
        place: PlaceInLine,
        route: Route,
        shipment: str | None,
    ) -> Promised:
        """The last look: what was not served by now leaves the line."""
        ...

    def reserve_what_is_there(
        self,
        shop: str,
        lines: tuple[Wanted, ...],
        keys: tuple[str, str],
        commit: Commit,
        place: PlaceInLine | None,
        *,
        whole_lines: bool,
        route: Route,
    ) -> Promised:
        """Reserve what is there for ``commit.order`` and write the commit; with a ``place`` the
        rest stands in line.

        The first of the ``keys`` is for what is there, the second for a rest. Where nothing is
        there, nothing is written, and all of it stands in line under the first.
        """
        ...


class ReserveStock(Request):
    """Promise these pieces to an order: all of them or none. With a ``place`` it may wait."""

    wants: tuple[Want, ...]
    place: PlaceInLine | None = None
    route: Annotated[Route, unsaid(ANY)] = ANY


class DivideStock(Request):
    """Promise what is there of these lines; with a ``place`` the rest may wait.

    With ``whole_lines`` a line that lacks a piece gets none.
    """

    lines: tuple[Wanted, ...]
    place: PlaceInLine | None = None
    whole_lines: bool = False
    route: Annotated[Route, unsaid(ANY)] = ANY


class ReleasePart(Request):
    """Let go of what a shipment was promised: these pieces.

    One that ``waits`` has a place in line instead, and its goods only if it was served just now.
    """

    wants: tuple[Want, ...]
    waits: bool = False


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


class LookForGoods(Request):
    """Look whether an order that stands in line was served; with ``last`` it leaves otherwise.

    ``share`` says which share of its goods it stands there for.
    """

    wants: tuple[Want, ...]
    place: PlaceInLine
    last: bool = False
    share: Annotated[int, unsaid(1)] = 1
    route: Annotated[Route, unsaid(ANY)] = ANY


class StockActivities:
    """What an order asks of the stock ledger."""

    def __init__(self, ledger: StockLedger, line: Line, records: Records) -> None:
        """Wire the ledger, the line and the back office."""
        self._ledger = ledger
        self._line = line
        self._records = records

    @activity.defn(name="reserve_stock", no_thread_cancel_exception=True)
    @operation("reserve")
    def reserve(self, request: ReserveStock) -> Promised:
        """Promise the goods in one transaction, so that two orders never get the same piece."""
        with step_run(self._records, request, Step.RECEIVED, self.reserve) as run:
            what = (request.shop, request.wants, run.key, run.entries())
            if request.place is None:
                promised = self._ledger.reserve(*what, request.route)
            else:
                promised = self._line.reserve_or_wait(
                    *what, request.place, request.route, request.shipment
                )
            if promised.shortages:
                run.commit(outcome=FactOutcome.DECLINED, detail=_words(promised))
            return promised

    @activity.defn(name="reserve_what_is_there", no_thread_cancel_exception=True)
    @operation("reserve_what_is_there")
    def reserve_what_is_there(self, request: DivideStock) -> Promised:
        """Promise what is there in one transaction; the rest stands in line by then."""
        with step_run(self._records, request, Step.RECEIVED, self.reserve_what_is_there) as run:
            promised = self._line.reserve_what_is_there(
                request.shop,
                request.lines,
                (_reserve_key(request.order_id, 1), _reserve_key(request.order_id, 2)),
                run.entries(),
                request.place,
                whole_lines=request.whole_lines,
                route=request.route,
            )
            if promised.shortages and not promised.there:
                run.commit(outcome=FactOutcome.DECLINED, detail=_words(promised))
            return promised

    @activity.defn(name="look_for_goods", no_thread_cancel_exception=True)
    @operation("look_for_goods")
    def look(self, request: LookForGoods) -> Promised:
        """Whoever was served hears so, and whose turn it is by now is served."""
        with step_run(self._records, request, Step.RECEIVED, self.look) as run:
            key = _reserve_key(request.order_id, request.share)
            ask = self._line.reserve_or_leave if request.last else self._line.reserve_or_wait
            what = (request.shop, request.wants, key, run.entries())
            promised = ask(*what, request.place, request.route, request.shipment)
            if promised.shortages:
                run.commit(outcome=FactOutcome.DECLINED, detail=_words(promised))
            return promised

    @activity.defn(name="release_stock", no_thread_cancel_exception=True)
    @operation("release_stock")
    def release(self, request: Request) -> None:
        """Let go of what is still promised; a second time changes nothing."""
        with step_run(self._records, request, Step.STOCK, self.release) as run:
            self._ledger.release(request.shop, run.key, run.entries())

    @activity.defn(name="release_part", no_thread_cancel_exception=True)
    @operation("release_part")
    def release_part(self, request: ReleasePart) -> None:
        """Let go of what one shipment was promised; others keep what is theirs."""
        with step_run(self._records, request, Step.STOCK, self.release_part) as run:
            known = _reserve_key(request.order_id, 2) if request.waits else None
            self._ledger.release_part(
                request.shop, request.wants, run.key, run.entries(), known, request.warehouse
            )

    @activity.defn(name="write_off_stock", no_thread_cancel_exception=True)
    @operation("write_off")
    def write_off(self, request: WriteOff) -> WrittenOff:
        """Take what is not there off the books: let go of alone, it would be promised again."""
        with step_run(self._records, request, Step.STOCK, self.write_off) as run:
            lost = Lost(
                shipment=run.subject,
                warehouse=request.warehouse,
                missing=request.missing,
                put_back=request.put_back,
                note=request.note,
            )
            written = self._ledger.write_off(request.shop, lost, run.key, run.entries())
            return WrittenOff(restock=written.restock)


def _reserve_key(order_id: str, share: int) -> str:
    """What the reservation of an order's n-th share is called, whoever makes it."""
    return idempotency_key(order_id, "reserve", share)


def _words(promised: Promised) -> str:
    """What is short. What is there and short all the same is for orders that came before."""
    return "; ".join(
        f"{one.sku}: {one.wanted} wanted, {one.available} available"
        + (" to orders before it" if one.available >= one.wanted else "")
        for one in promised.shortages
    )
