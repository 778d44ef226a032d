"""What each loop does with the rows it has claimed."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from backoffice.books import Books
from backoffice.courier_news import EARLY, take_courier_event, try_early
from backoffice.inbox import Message
from domain.failures import ProviderFailure
from domain.order import OrderInput
from runtime.keyring import Erased
from runtime.master_keys import CodecFailure
from runtime.tracing import OFF, Tracing
from workers.callbacks import CallbackRelay
from workers.disputes import Disputes
from workers.late_news import case_of
from workers.late_refunds import came_back, came_back_unheard
from workers.loops import Loop
from workers.provider_accounts import ProviderAccounts
from workers.reconciliation import Reconciliation
from workers.reviews import Reviews
from workers.transfers import Transfers
from workers.wiring import Vendors
from workflows.starting import start_order

log = logging.getLogger("ordersaga.relays")

BATCH = 50

RPC = timedelta(seconds=5)
ORPHAN_AFTER = timedelta(days=3)
"""A message whose order has not come by then never had one."""

START_AFTER = timedelta(seconds=5)
"""An order that was accepted this long ago and not started was left behind by a dying API."""

POLL_AFTER = timedelta(hours=6)
"""Couriers are asked about parcels that they have been silent about for this long."""


class Relays:
    """The loops of a worker process."""

    def __init__(
        self,
        client: Client,
        books: Books,
        vendors: Vendors,
        task_queue: str,
        tracing: Tracing = OFF,
    ) -> None:
        """Everything is shared with the worker that runs beside."""
        self._client = client
        self._books = books
        self._vendors = vendors
        self._task_queue = task_queue
        self._callbacks = CallbackRelay(books.callbacks, tracing)
        self._reconciliation = Reconciliation(client, books)
        bank = vendors.bank
        self._transfers = None if bank is None else Transfers(books, bank)
        self._disputes = Disputes(books, vendors.disputes)
        self._accounts = ProviderAccounts(books, vendors.account, bank)
        self._reviews = Reviews(
            books,
            (vendors.payments_seen, vendors.payment),
            (vendors.labels_seen, vendors.courier),
        )

    def loops(self) -> tuple[Loop, ...]:
        """All of them; how often each looks where nobody wakes it."""
        return (
            Loop("inbox", self.deliver_inbox, timedelta(seconds=2), "inbox"),
            self._callbacks.loop,
            Loop("starts", self.start_accepted, timedelta(seconds=5)),
            Loop("backorders", self.serve_backorders, timedelta(seconds=5), "stock_arrivals"),
            Loop("couriers", self.poll_couriers, timedelta(minutes=5)),
            *self._reconciliation.loops(),
            *self._reviews.loops(),
            *self._disputes.loops(),
            *self._accounts.loops(),
            *(() if self._transfers is None else self._transfers.loops()),
        )

    async def close(self) -> None:
        """Close what the loops hold open."""
        await self._callbacks.close()

    # -- messages in ----------------------------------------------------------------------------

    async def deliver_inbox(self) -> int:
        """Signal what was stored; what came before its order waits for it."""
        batch = await asyncio.to_thread(self._books.inbox.claim, BATCH)
        await asyncio.gather(*(self._deliver(message) for message in batch))
        return len(batch)

    async def _deliver(self, message: Message) -> None:
        inbox = self._books.inbox
        if message.source == EARLY:
            await asyncio.to_thread(try_early, self._books, message)
            return
        if message.order_id is None:
            await asyncio.to_thread(inbox.give_up, message.id, "it names no order")
            return
        handle = self._client.get_workflow_handle(message.order_id)
        try:
            await handle.signal(message.signal, message.payload, rpc_timeout=RPC)
        except Erased:
            await asyncio.to_thread(self._undeliverable, message)
        except (RPCError, CodecFailure) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                await asyncio.to_thread(self._undeliverable, message)
                return
            delay = timedelta(seconds=min(2**message.attempts, 60))
            await asyncio.to_thread(inbox.later, message.id, str(error), delay)
        else:
            await asyncio.to_thread(self._delivered, message)

    def _delivered(self, message: Message) -> None:
        case = came_back_unheard(self._books, message)
        if case is not None:
            self._books.cases.open(case)
        self._books.inbox.delivered(message.id)

    def _undeliverable(self, message: Message) -> None:
        """The engine knows no such open order: it has ended, or it has not begun."""
        status = self._books.records.status(message.order_id or "")
        if status is not None and status.ended:
            case = case_of(self._books, message, status) or came_back(message, status)
            if case is not None:
                self._books.cases.open(case)
            self._books.inbox.give_up(message.id, f"the order has ended: {status.value}")
        elif datetime.now(UTC) - message.received_at > ORPHAN_AFTER:
            self._books.inbox.give_up(message.id, "its order has never begun")
        else:
            delay = timedelta(seconds=min(2**message.attempts, 300))
            self._books.inbox.later(message.id, "its order has not begun", delay)

    # -- starts ---------------------------------------------------------------------------------

    async def start_accepted(self) -> int:
        """Start what was accepted while nobody could start it; answers how many were.

        An order that cannot be started holds up none behind it: the sweep opens its case.

        Raises:
            RPCError, ConnectionError: the engine or the records are away, so none can be started.
        """
        started = passed_over = 0
        unstarted = self._books.intake.unstarted
        while batch := await asyncio.to_thread(unstarted, START_AFTER, BATCH, passed_over):
            for order in batch:
                if await self._started(order):
                    started += 1
                else:
                    passed_over += 1
        return started

    async def _started(self, order: OrderInput) -> bool:
        name = order.order_id
        try:
            await start_order(self._client, self._task_queue, order, RPC)
        except (RPCError, CodecFailure) as error:
            if isinstance(error, RPCError) and error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            log.warning("cannot be started", extra={"order": name, "reason": str(error)})
            return False
        await asyncio.to_thread(self._books.intake.started, name)
        log.info("started an order that was left behind", extra={"order": name})
        return True

    # -- goods ----------------------------------------------------------------------------------

    async def serve_backorders(self) -> int:
        """Reserve what has come for who stands first in line, and have those orders look."""
        looked = await asyncio.to_thread(self._books.backorders.serve)
        return looked or await asyncio.to_thread(self._books.backorders.remind)

    # -- couriers -------------------------------------------------------------------------------

    async def poll_couriers(self) -> int:
        """Ask about parcels that no webhook has told of for hours."""
        parcels = await asyncio.to_thread(self._books.tracking.to_poll, BATCH, POLL_AFTER)
        for parcel in parcels:
            try:
                event = await asyncio.to_thread(
                    self._vendors.courier.track, parcel.carrier, parcel.tracking_number
                )
            except ProviderFailure as failure:
                log.warning("a courier cannot be asked", extra={"reason": failure.reason})
                continue
            if event is not None:
                await asyncio.to_thread(take_courier_event, self._books, event)
            await asyncio.to_thread(self._books.tracking.polled, parcel.tracking_number)
        return 0
