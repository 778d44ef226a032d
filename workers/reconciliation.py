"""The loops that compare: records with the engine, records with themselves.

Nothing here costs the engine an action. What is found becomes a case, each thing once.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from backoffice.books import Books
from backoffice.engine_checks import DueOrder, OpenCases, Pace
from domain.cases import Answer, Case, CaseAnswer, CaseKind
from domain.standing import WEDGED_AFTER, Run, Standing, Trouble, troubles
from runtime.codec import OrderCodec
from runtime.keyring import locked
from workers.loops import Loop
from workflows.standing import is_second_run, standing_of, with_timer

log = logging.getLogger("ordersaga.reconciliation")

BATCH = 100
AT_ONCE = 10
"""Looks at the engine at the same time, by one process."""
RPC = timedelta(seconds=5)


class Reconciliation:
    """Looks for what no workflow will ever report."""

    def __init__(self, client: Client, books: Books, pace: Pace | None = None) -> None:
        """``pace`` says how often each order is looked at."""
        self._client = client
        self._books = books
        self._pace = pace or Pace()
        self._turns = asyncio.Semaphore(AT_ONCE)

    def loops(self) -> tuple[Loop, ...]:
        """Both, and how often each looks."""
        return (
            Loop("reconciliation", self.records, timedelta(minutes=5)),
            Loop("engine", self.engine, timedelta(seconds=20)),
        )

    async def records(self) -> int:
        """Open a case for everything on record that is left where nobody looks."""
        findings = await asyncio.to_thread(self._books.sweeps.findings)
        for finding in findings:
            await asyncio.to_thread(self._books.cases.open, finding.case())
        return 0

    async def engine(self) -> int:
        """Look at orders in the engine, longest unlooked-at first; how many were looked at."""
        due = await asyncio.to_thread(self._books.engine_checks.claim, self._pace, BATCH)
        await asyncio.gather(*(self._look(order) for order in due))
        return len(due)

    async def _look(self, order: DueOrder) -> None:
        async with self._turns:
            standing = await standing_of(self._client, order.order_id, RPC)
            cases = await asyncio.to_thread(self._books.engine_checks.cases, order.order_id)
            standing = await self._closer(order, standing, cases)
        status = await asyncio.to_thread(self._books.records.status, order.order_id)
        if status is None:
            return
        # The status is read after the look: what has closed by then has recorded its end.
        found = troubles(standing, status, status.ended, cases.asked)
        await asyncio.to_thread(self._report, order, found, cases)
        await asyncio.to_thread(self._books.engine_checks.seen, order.order_id, standing)

    async def _closer(self, order: DueOrder, standing: Standing, cases: OpenCases) -> Standing:
        """Read the history only where the description does not say enough, and once."""
        if standing.run is not Run.UNKNOWN and standing.run_id != order.run_id:
            second = await is_second_run(self._client, order.order_id, standing)
            standing = replace(standing, was_reset=second)
        if standing.tries >= WEDGED_AFTER:
            return replace(standing, locked=await asyncio.to_thread(self._locked, order.order_id))
        if not standing.may_be_idle or cases.asked:
            return standing
        known = order.run_id == standing.run_id and order.length == standing.length
        if known and order.timer_at is not None and order.timer_at > datetime.now(UTC):
            return replace(standing, next_timer=order.timer_at)
        return await with_timer(self._client, order.order_id, standing)

    def _locked(self, order_id: str) -> str:
        """Why this process cannot read the order; empty where it can."""
        codec = self._client.data_converter.payload_codec
        if isinstance(codec, OrderCodec):
            return codec.keyring.locked(order_id)
        kept = self._books.data_keys.find(order_id)
        return "" if kept is None else locked(None, kept)

    def _report(self, order: DueOrder, found: tuple[Trouble, ...], cases: OpenCases) -> None:
        names = [f"{order.order_id}:{one.kind.value}:{one.about}"[:100] for one in found]
        for name, trouble in zip(names, found, strict=True):
            if name not in cases.own:
                log.warning(
                    "an order is in trouble",
                    extra={"order": order.order_id, "trouble": trouble.kind.value},
                )
                self._books.cases.open(self._case(name, order.order_id, trouble))
        for name in cases.own:
            if name not in names:
                self._books.cases.close(
                    Answer(
                        case=name,
                        answer=CaseAnswer.CLOSE,
                        who="ordersaga",
                        why="it is no longer so",
                        at=datetime.now(UTC),
                    )
                )

    def _case(self, name: str, order_id: str, trouble: Trouble) -> Case:
        reason, answers = trouble.reason, (CaseAnswer.CLOSE,)
        if trouble.kind in (CaseKind.DEAD, CaseKind.LOST):
            remains = self._books.remains.of(order_id)
            left = "; ".join(remains.words) or "nothing that is on record"
            reason = f"{reason}. Left behind: {left}. "
            if remains.objection:
                reason += f"It cannot be settled: {remains.objection}"
            elif trouble.kind is CaseKind.DEAD:
                answers = (CaseAnswer.CANCEL, CaseAnswer.CLOSE)
                sold = "" if remains.rest is None else "; what has left stays sold"
                reason += f"`cancel` (or `ordersaga settle`) undoes all of it{sold}"
            else:
                reason += "`ordersaga reconcile` says whether it can be started again"
        return Case(
            id=name,
            order=order_id,
            kind=trouble.kind,
            reason=reason[:4000],
            opened_at=datetime.now(UTC),
            answers=answers,
        )
