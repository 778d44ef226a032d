"""A shop that takes its time keeps its own callbacks waiting, and nobody else's."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from backoffice.callbacks import EACH_SHOP, CallbackBook
from backoffice.shops import ShopBook
from providers.shop_callbacks import ShopCallbacks
from tests.backoffice.samples import Trade, setup
from tests.backoffice.test_callbacks import moved
from tests.sandbox.receiver import Receiver
from workers.callbacks import CALLERS, CallbackRelay
from workers.loops import Loops

PATIENCE = 4.0
"""Seconds for each call; the slow shop takes longer, the quick one is told all of it sooner."""


async def test_a_shop_that_answers_nobody_holds_up_no_other_shop(trade: Trade) -> None:
    other = Trade(trade.database, "other")
    with Receiver(pause=2 * PATIENCE) as slow, Receiver() as quick:
        with_orders(trade, slow, *map(str, range(CALLERS + 10)))
        with_orders(other, quick, *map(str, range(5)))
        began = time.monotonic()
        async with relayed(trade):
            await asyncio.to_thread(quick.wait_for, 15)
        assert time.monotonic() - began < 2 * PATIENCE
        assert len(slow.received) == EACH_SHOP
        assert [call.headers["webhook-id"][-2:] for call in quick.received].count(".3") == 5


async def test_each_process_has_a_few_calls_to_a_slow_shop_and_room_for_the_others(
    trade: Trade,
) -> None:
    other = Trade(trade.database, "other")
    with Receiver(pause=2 * PATIENCE) as slow, Receiver() as quick:
        with_orders(trade, slow, *map(str, range(4 * EACH_SHOP)))
        async with relayed(trade), relayed(trade):
            await asyncio.to_thread(slow.wait_for, 2 * EACH_SHOP)
            await asyncio.to_thread(with_orders, other, quick, *map(str, range(5)))
            await asyncio.to_thread(quick.wait_for, 15)
        assert len(slow.received) == 2 * EACH_SHOP


async def test_a_call_that_lasts_does_not_keep_its_shop_s_others_waiting(trade: Trade) -> None:
    with Receiver(pause=PATIENCE / 2) as shop:
        with_orders(trade, shop, "first")
        began = time.monotonic()
        async with relayed(trade):
            await asyncio.to_thread(shop.wait_for, 1)
            shop.pause = 0
            await asyncio.to_thread(with_orders, trade, shop, "another", "a third")
            await asyncio.to_thread(shop.wait_for, 7)
            assert time.monotonic() - began < PATIENCE / 2


async def test_the_shop_with_the_fewest_calls_under_way_has_its_turn_first(trade: Trade) -> None:
    other = Trade(trade.database, "other")
    for one in (trade, other):
        moved(one, one.accept("1"), 1)
    book = CallbackBook(trade.database)
    (first,) = book.due(1, under_way={trade.shop_id: 1})
    assert first.shop == "other"


def with_orders(trade: Trade, receiver: Receiver, *numbers: str) -> None:
    """The shop listens there, and has these orders, each with three callbacks."""
    ShopBook(trade.database).put_shop(setup(trade.shop_id, callback_url=receiver.url))
    for number in numbers:
        moved(trade, trade.accept(number), 1, 2, 3)


@asynccontextmanager
async def relayed(trade: Trade) -> AsyncGenerator[None]:
    """A worker's relay runs beside."""
    relay = CallbackRelay(CallbackBook(trade.database), shops=ShopCallbacks(PATIENCE))
    loops = Loops((relay.loop,), trade.database)
    beside = asyncio.create_task(loops.run())
    try:
        yield
    finally:
        loops.stop()
        await beside
        await relay.close()
