"""``python -m workers``: work orders, with the settings of the environment."""

import asyncio
import logging
import os
import signal
import sys

from pydantic import ValidationError
from temporalio.client import Client

from backoffice.books import Books
from backoffice.database import AddressMalformed, Database
from runtime.codec import OrderCodec
from runtime.logs import log_as_json
from runtime.master_keys import KeysMalformed
from runtime.settings import Settings, complaints
from runtime.temporal import EngineUnnamed, connect, encrypting, traced
from runtime.tracing import tracing
from workers.loops import Loops
from workers.relays import Relays
from workers.wiring import Vendors, activity_threads, build_worker

log = logging.getLogger("ordersaga.workers")

_LOOK_AGAIN_SECONDS = 2.0


async def work() -> None:
    """Work until SIGTERM or SIGINT, then let what is under way finish."""
    settings = Settings()
    if not settings.database_url:
        raise SystemExit("ORDERSAGA_DATABASE_URL is not set; `ordersaga up` sets it")
    try:
        database = Database(settings.database_url, settings.database_pool)
    except AddressMalformed as wrong:
        raise SystemExit(f"ORDERSAGA_DATABASE_URL cannot be used: {wrong}") from None
    books = Books.over(database)
    vendors = Vendors.of(settings, books)
    try:
        codec = OrderCodec.of(settings.codec_keys.get_secret_value(), books.data_keys)
    except KeysMalformed as wrong:
        raise SystemExit(f"ORDERSAGA_CODEC_KEYS cannot be used: {wrong}") from None
    traces = tracing("ordersaga-worker")
    client = traced(encrypting(await _connected(), codec), traces.trace)
    relays = Relays(client, books, vendors, settings.task_queue, traces)
    loops = Loops(relays.loops(), database)
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    beside = asyncio.create_task(loops.run())
    try:
        with activity_threads(settings) as executor:
            async with build_worker(client, settings, books, vendors, executor):
                await stopping.wait()
                loops.stop()
    finally:
        loops.stop()
        await beside
        await relays.close()
        vendors.close()
        database.close()
        traces.close()


async def _connected() -> Client:
    """Wait for the engine: a worker that starts while it is away has nothing else to do."""
    while True:
        try:
            return await connect()
        except EngineUnnamed as wrong:
            raise SystemExit(str(wrong)) from None
        except RuntimeError as error:  # as the SDK says that it cannot connect
            log.warning("Temporal cannot be reached yet", extra={"reason": str(error)[:200]})
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def main() -> None:
    """Work, and leave at once.

    The engine's client may abort the interpreter's own way out (temporalio/sdk-python#300).
    """
    try:
        log_as_json(Settings().log_level)
    except ValidationError as wrong:
        raise SystemExit("; ".join(complaints(wrong).values())) from None
    asyncio.run(work())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
