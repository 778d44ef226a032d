"""Callbacks out: each shop is told at its own pace, and none waits for another.

Only as many callbacks are taken as can be called at once, and of one shop only a few: whatever a
shop does with its calls, and for however long, is between it and its few.
"""

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from backoffice.callbacks import CallbackBook, DueCallback
from domain.failures import NotDone, ProviderFailure, Refused, UnknownOutcome
from providers.shop_callbacks import ReceiverDown, ShopCallbacks
from runtime.tracing import OFF, Tracing
from workers.loops import Loop

log = logging.getLogger("ordersaga.callbacks")

CALLERS = 64
"""Calls at once: threads of their own, which wait for shops most of their time."""

LONGEST_PAUSE = 3600.0
"""Seconds, whatever a shop asks for: what it can set for longer would silence it for good."""


class CallbackRelay:
    """Brings each order's next callback to its shop. A process has one."""

    def __init__(
        self, book: CallbackBook, tracing: Tracing = OFF, shops: ShopCallbacks | None = None
    ) -> None:
        """``shops`` is how they are called; it is closed with the relay."""
        self._book = book
        self._tracing = tracing
        self._shops = shops or ShopCallbacks()
        self._callers = ThreadPoolExecutor(CALLERS, thread_name_prefix="callbacks")
        self._under_way: Counter[str] = Counter()
        self._loop = Loop("callbacks", self.deliver, timedelta(seconds=2), "callbacks")

    @property
    def loop(self) -> Loop:
        """Looks when a callback is written, and when a call has ended."""
        return self._loop

    async def deliver(self) -> int:
        """Begin as many calls as there is room for, and wait for none; how many were begun."""
        room = CALLERS - self._under_way.total()
        if not room:
            return 0
        under_way = {shop: count for shop, count in self._under_way.items() if count}
        batch = await asyncio.to_thread(self._book.due, room, under_way=under_way)
        for callback in batch:
            self._under_way[callback.shop] += 1
            call = asyncio.get_running_loop().run_in_executor(self._callers, self._call, callback)
            call.add_done_callback(lambda call, shop=callback.shop: self._ended(call, shop))
        return len(batch)

    def _ended(self, call: asyncio.Future[None], shop: str) -> None:
        """There is room for another, and the order's next callback may be due.

        What could not be noted is due again when its lease ends.
        """
        self._under_way[shop] -= 1
        error = None if call.cancelled() else call.exception()
        if error is not None:
            log.error("cannot note what became of a callback", exc_info=error)
        self._loop.again.set()

    def _call(self, callback: DueCallback) -> None:
        """A shop that is down is left alone; a message that it does not take holds up its order's
        alone."""
        book = self._book
        try:
            with self._tracing.step(callback.order_id, "Callback", _of(callback)):
                self._shops.send(
                    callback.url, callback.secret, callback.message_id, callback.payload
                )
        except Refused as refusal:
            book.failed(callback.id, refusal.reason, timedelta(days=1))
        except ProviderFailure as failure:
            asked = failure.retry_after if isinstance(failure, NotDone) else None
            seconds = min(asked or 2**callback.attempts, LONGEST_PAUSE)
            down = isinstance(failure, ReceiverDown | UnknownOutcome)
            delay = timedelta(seconds=seconds)
            book.failed(callback.id, failure.reason, delay, shop_down=down)
        else:
            book.delivered(callback.id)

    async def close(self) -> None:
        """Let the calls that are under way end, and close the connections."""
        await asyncio.to_thread(self._callers.shutdown)
        self._shops.close()


def _of(callback: DueCallback) -> dict[str, str | int]:
    """What a trace says of a call."""
    return {
        "ordersaga.status": str(callback.payload.get("status", "")),
        "ordersaga.callback": callback.number,
        "ordersaga.attempt": callback.attempts,
    }
