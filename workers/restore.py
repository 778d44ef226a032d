"""After a restore, before workers start: records and engine compared, and mended where that is
safe.

Postgres restored alone: the engine's histories bring the records back. The engine's store restored
alone: what is on record is told to the orders again, and every call finds its own effect by its
key. Nothing is charged, bought or sent here; docs/decisions says why what follows does not either.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.workflow import NondeterminismError

from backoffice.books import Books
from backoffice.refusals import NotOnRecord, NotReserved, UnknownSku
from backoffice.restores import Progress
from domain.cases import Case, CaseKind
from domain.remains import Remains
from domain.standing import Run
from domain.status import OrderStatus
from runtime.keyring import Erased
from workers.memory import Memory, remember
from workers.on_record import BroughtBack, is_on_record, put_messages_on_record
from workers.remembered import Reenactment
from workflows.standing import standing_of
from workflows.starting import start_order

_RPC = timedelta(seconds=10)
_RESTARTED = (
    OrderStatus.ACCEPTED,
    OrderStatus.BACKORDERED,
    OrderStatus.RESERVED,
    OrderStatus.AWAITING_PAYMENT,
    OrderStatus.PAYMENT_SECURED,
    OrderStatus.IN_REVIEW,
    OrderStatus.IN_FULFILMENT,
    OrderStatus.PICKED,
    OrderStatus.READY_TO_PACK,
    OrderStatus.PACKED,
)
_FIRST_PAYMENT = 2
"""The number of an order's next authorization where it has one at most."""
_WAY_BACK = (OrderStatus.CANCELLING, OrderStatus.RECALLING, OrderStatus.CANCELLED)
_PRINTED = frozenset(
    (OrderStatus.PACKED, OrderStatus.CAPTURED, OrderStatus.RELEASED, OrderStatus.SHIPPED)
)

_NAMED = 10
"""Messages that were refused, of one order, named in one line."""


class Kind(StrEnum):
    """What differs."""

    MISSING = "missing on record"
    BEHIND = "record behind"
    AHEAD = "engine behind"
    LOST = "lost by the engine"
    UNMENDED = "not mended"


@dataclass(frozen=True)
class Difference:
    """One order that differs: how, what was done about it, and what a person must do."""

    order: str
    kind: Kind
    words: str
    mended: str = ""
    to_do: str = ""


class Restore:
    """Compares every order that is open, or has ended since some moment."""

    def __init__(
        self, client: Client, books: Books, reenactment: Reenactment, task_queue: str
    ) -> None:
        """No worker may run meanwhile: what it does is not compared."""
        self._client = client
        self._books = books
        self._reenactment = reenactment
        self._task_queue = task_queue

    async def differences(self, since: datetime) -> AsyncIterator[Difference]:
        """Name each difference as it is found, mended where that is safe."""
        known: set[str] = set()
        at = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = f"WorkflowType = 'Order' AND (ExecutionStatus = 'Running' OR CloseTime > '{at}')"
        found = [one async for one in self._client.list_workflows(query)]
        for execution in sorted(found, key=lambda one: one.start_time):
            is_open = execution.status is WorkflowExecutionStatus.RUNNING
            differences = await self._known(execution.id, is_open=is_open)
            if differences is None:
                continue
            known.add(execution.id)
            for difference in differences:
                yield difference
        for order_id in self._books.restores.orders_since(since):
            if order_id not in known:
                for difference in await self._unknown(order_id):
                    yield difference

    # -- orders that the engine knows -----------------------------------------------------------

    async def _known(self, order_id: str, *, is_open: bool) -> list[Difference] | None:
        """None for one that was deleted: the engine's list names it a little longer."""
        try:
            memory = await remember(self._client, order_id)
        except Erased:
            return []
        except (NondeterminismError, RPCError, RuntimeError, KeyError, ValueError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                return None
            reason = str(error).splitlines()[-1] if str(error) else type(error).__name__
            words = f"its history cannot be read (is its data key on record?): {reason}"
            return [_unmended(order_id, words)]
        before = self._books.restores.progress(order_id)
        try:
            done = self._put_on_record(memory, before)
            told = put_messages_on_record(self._books, memory)
        except (NotOnRecord, NotReserved, UnknownSku, ApplicationError, ValueError) as error:
            return [_unmended(order_id, f"the records lack what it stands on: {error}")]
        newest = memory.transitions[-1] if memory.transitions else None
        status = OrderStatus.ACCEPTED if newest is None else newest.status
        if before is None:
            words = f"the records do not know it; its workflow is {status.value}"
            mended = f"put on record with {done} calls and {told.count} messages{_left_out(told)}"
            return [Difference(order_id, Kind.MISSING, words, mended)]
        found: list[Difference] = []
        if done or told.count:
            words = f"on record it was {before.status.value}; its workflow is {status.value}"
            mended = f"{done} calls and {told.count} messages put on record again{_left_out(told)}"
            found.append(Difference(order_id, Kind.BEHIND, words, mended))
        if is_open and before.numbers - _all_numbers(memory):
            found.append(await self._catch_up(memory, before, status))
        return found

    def _put_on_record(self, memory: Memory, before: Progress | None) -> int:
        """Do on the books what is not on record; how many calls that were."""
        order_id = memory.given.order_id
        if before is None:
            self._books.intake.bring_back(memory.given)
        count = 0
        for call in memory.calls:
            if call.answered is None:
                continue
            operation = self._reenactment.operation(call)
            if before is not None and is_on_record(call, operation, before):
                continue
            self._reenactment.do(call)
            count += 1
        if count and _PRINTED.intersection(one.status for one in memory.transitions):
            self._books.restores.printed(order_id)
        return count

    async def _catch_up(self, memory: Memory, before: Progress, status: OrderStatus) -> Difference:
        """The engine has forgotten: tell the order again what it was told."""
        order_id = memory.given.order_id
        heard = {one.case for call in memory.calls for one in call.request.journal.answers}
        asked = self._books.restores.ask_again(order_id, heard)
        told = self._books.inbox.again(order_id)
        mended = f"{told} messages will be delivered again"
        if before.status in _WAY_BACK:
            await self._client.get_workflow_handle(order_id).cancel(rpc_timeout=_RPC)
            mended += "; it will be cancelled again"
        words = f"on record it is {before.status.value}; its workflow is back at {status.value}"
        to_do = f"answer again: {', '.join(asked)}" if asked else ""
        return Difference(order_id, Kind.AHEAD, words, mended, to_do)

    # -- orders that the engine does not know ---------------------------------------------------

    async def _unknown(self, order_id: str) -> list[Difference]:
        before = self._books.restores.progress(order_id)
        standing = await standing_of(self._client, order_id, _RPC)
        if before is None or before.status.ended or standing.run is not Run.UNKNOWN:
            return []
        words = f"on record it is {before.status.value}; the engine does not know it"
        remains = self._books.remains.of(order_id)
        if _may_start_again(before.status, remains):
            given = self._books.intake.given(order_id)
            again = given.model_copy(update={"begun_before": given.accepted_at})
            await start_order(self._client, self._task_queue, again, _RPC)
            told = self._books.inbox.again(order_id)
            mended = f"started again; {told} messages will be delivered again"
            return [Difference(order_id, Kind.LOST, words, mended)]
        left = "; ".join(remains.words) or "nothing that is on record"
        to_do = remains.objection or f"`ordersaga settle {order_id}` undoes what it left: {left}"
        self._books.cases.open(
            Case(
                id=f"{order_id}:{CaseKind.LOST.value}:{before.status.value}",
                order=order_id,
                kind=CaseKind.LOST,
                reason=f"{words}. {to_do}"[:4000],
                opened_at=datetime.now(UTC),
            )
        )
        return [Difference(order_id, Kind.LOST, words, "a case was opened", to_do)]


def _may_start_again(status: OrderStatus, remains: Remains) -> bool:
    """Whether a lost order can be carried out again from its beginning: every shipment of it is
    still on its way to the courier, and not paid."""
    # Whoever paid otherwise, or anew, is not asked for the first method again.
    first = remains.authorize_sequence <= _FIRST_PAYMENT
    whole = remains.rest is None and not remains.captured and not remains.in_couriers_hands
    return first and whole and all(one in _RESTARTED for one in (status, *remains.statuses))


def _unmended(order_id: str, words: str) -> Difference:
    to_do = "mend that, and run `ordersaga reconcile` again before workers start"
    return Difference(order_id, Kind.UNMENDED, words, to_do=to_do)


def _left_out(told: BroughtBack) -> str:
    """What the order was told and did not take; a long list is cut off."""
    named = told.misfits[:_NAMED]
    more = len(told.misfits) - len(named)
    words = ", ".join((*named, f"{more} more") if more else named)
    return f"; not brought back, because the order did not take it: {words}" if words else ""


def _all_numbers(memory: Memory) -> set[int]:
    """Every transition that the run has numbered, those of calls under way among them."""
    return {
        one.number
        for call in memory.calls
        for one in (*call.request.journal.transitions, call.request.then)
        if one is not None
    }


Say = Callable[[str], None]


async def reconcile(restore: Restore, since: datetime, say: Say) -> bool:
    """Say every difference in words; whether all of them are mended."""
    counts: dict[Kind, int] = {}
    left = 0
    async for one in restore.differences(since):
        counts[one.kind] = counts.get(one.kind, 0) + 1
        left += bool(one.to_do)
        then = "; ".join(part for part in (one.mended, one.to_do and f"TO DO: {one.to_do}") if part)
        say(f"{one.order}: {one.kind.value}: {one.words}: {then}")
    words = ", ".join(f"{count} {kind.value}" for kind, count in sorted(counts.items()))
    say(f"{words or 'Records and engine agree'}; {left} for a person")
    return not left
