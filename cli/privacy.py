"""Keys and erasure by command: what an operator runs now and then, or lets cron run."""

import asyncio
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from api.erasing import ErasedOrder, erase_order
from api.starter import EngineAway, Starter
from api.temporal_orders import TemporalOrders
from backoffice.books import Books
from backoffice.database import Database
from backoffice.erasure import NotEnded
from backoffice.refusals import NotOnRecord
from runtime.master_keys import CodecFailure, KeysMalformed, MasterKeys
from runtime.settings import Settings
from runtime.temporal import connect

Say = Callable[[str], None]
_UNITS = {"d": 1, "w": 7, "y": 365}
_BATCH = 100


def age(text: str) -> timedelta:
    """``90d``, ``12w`` or ``3y`` (of 365 days).

    Raises:
        ValueError: it is none of these.
    """
    match = re.fullmatch(r"(\d{1,5})([dwy])", text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise ValueError("an age is written 90d, 12w or 3y")
    return timedelta(days=int(match[1]) * _UNITS[match[2]])


async def erase_here(
    database: Database, settings: Settings, orders: Iterable[str], older: timedelta | None, say: Say
) -> bool:
    """`erase` with the engine of this environment."""
    engine = TemporalOrders(await connect(lazy=True), settings.task_queue)
    return await erase(Books.over(database), engine, orders, older, say)


async def erase(
    books: Books, engine: Starter, orders: Iterable[str], older: timedelta | None, say: Say
) -> bool:
    """Erase these orders, and all that ended longer ago than ``older``; whether all were erased."""
    done = [await _erase(books, engine, order, say) for order in orders]
    if older is not None:
        before = datetime.now(UTC) - older
        done += await _erase_old(books, engine, before, say)
        purged = await asyncio.to_thread(books.erasure.purge, before)
        say(f"{sum(done)} order(s) erased; {purged} message(s) of no order deleted")
    return all(done)


async def _erase_old(books: Books, engine: Starter, before: datetime, say: Say) -> list[bool]:
    done: list[bool] = []
    after: datetime | None = None
    while True:
        due = await asyncio.to_thread(books.erasure.due, before, _BATCH, after)
        for one in due:
            done.append(await _erase(books, engine, one.order_id, say))
            after = one.ended_at
        if not due:
            return done


async def _erase(books: Books, engine: Starter, order: str, say: Say) -> bool:
    try:
        erased = ErasedOrder.of(await erase_order(books, engine, order))
    except (NotEnded, NotOnRecord, EngineAway) as refused:
        say(f"{order}: not erased: {refused}")
        return False
    say(f"{order}: erased; its history is {erased.history}")
    return True


def rewrap(database: Database, settings: Settings, say: Say) -> bool:
    """Encrypt every data key under the first master key, so that the others can go."""
    try:
        masters = MasterKeys.read(settings.codec_keys.get_secret_value())
    except KeysMalformed as wrong:
        say(f"ORDERSAGA_CODEC_KEYS: {wrong}")
        return False
    if masters is None:
        say("ORDERSAGA_CODEC_KEYS is not set: nothing is encrypted")
        return False
    try:
        count = Books.over(database).data_keys.rewrap(
            masters.first.id, lambda kept: masters.wrap(kept.subject, masters.unwrap(kept))
        )
    except CodecFailure as failure:
        say(str(failure))
        return False
    say(f"{count} key(s) are under {masters.first.id} now; no other master key is needed")
    return True
