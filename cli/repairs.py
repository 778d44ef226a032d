"""Commands that mend: an order whose workflow is closed, and records or engine brought back."""

import asyncio
from datetime import UTC, datetime, timedelta

from rich.console import Console
from temporalio.service import RPCError

from backoffice.books import Books
from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from cli.records import records, settings_of_records
from domain.remains import Remains
from runtime.codec import OrderCodec
from runtime.master_keys import KeysMalformed
from runtime.settings import Settings
from runtime.temporal import connect, encrypting
from workers.remembered import Reenactment
from workers.restore import Restore, reconcile
from workers.wiring import Vendors
from workflows.starting import StillOpenError, start_aftermath

_RPC = timedelta(seconds=5)


def settle_order(console: Console, order: str, who: str, why: str) -> bool:
    """Undo what a closed order left, or say why not; whether it is being undone."""
    settings = settings_of_records(console.print)
    try:
        with records(settings, console.print) as database:
            return _settle_order(console, settings, Books.over(database), order, who, why)
    except NotOnRecord:
        console.print(f"There is no order {order} on record")
        return False
    except KeysMalformed as wrong:
        console.print(f"ORDERSAGA_CODEC_KEYS: {wrong}")
        return False


def _settle_order(
    console: Console, settings: Settings, books: Books, order: str, who: str, why: str
) -> bool:
    remains = books.remains.of(order)
    if remains.objection:
        console.print(f"{order}: {remains.objection}", highlight=False)
        return False
    for words in remains.words:
        console.print(f"left: {words}", highlight=False)
    codec = OrderCodec.of(settings.codec_keys.get_secret_value(), books.data_keys)
    work = _settle(console, codec, settings.task_queue, remains, who, why)
    return asyncio.run(work)


def reconcile_stores(console: Console, since: timedelta) -> bool:
    """Compare records and engine after a restore, and mend what can be mended safely.

    It is meant to run before workers do, and `ordersaga up` starts them at once: so the stores are
    those that the environment names, and no others.
    """
    settings = settings_of_records(console.print, running=False)
    return asyncio.run(_reconcile(console, settings, datetime.now(UTC) - since))


async def _reconcile(console: Console, settings: Settings, since: datetime) -> bool:
    database = Database(settings.database_url)
    books = Books.over(database)
    vendors = Vendors.of(settings, books)
    again = Reenactment(books, vendors.courier, vendors.printer, vendors.payment.name)
    try:
        codec = OrderCodec.of(settings.codec_keys.get_secret_value(), books.data_keys)
        client = encrypting(await connect(), codec)
        restore = Restore(client, books, again, settings.task_queue)
        return await reconcile(
            restore, since, lambda words: console.print(words, highlight=False, soft_wrap=True)
        )
    except KeysMalformed as wrong:
        console.print(f"ORDERSAGA_CODEC_KEYS: {wrong}")
        return False
    except (RPCError, RuntimeError) as error:
        console.print(f"The engine cannot be reached: {error}", highlight=False)
        return False
    finally:
        vendors.close()
        database.close()


async def _settle(
    console: Console, codec: OrderCodec | None, queue: str, remains: Remains, who: str, why: str
) -> bool:
    try:
        client = encrypting(await connect(), codec)
        begins = await start_aftermath(client, queue, remains, who, why, _RPC)
    except StillOpenError:
        console.print("The order's workflow is open, so there is nothing to settle: cancel it")
        return False
    except (RPCError, RuntimeError) as error:
        console.print(f"The engine cannot be reached: {error}", highlight=False)
        return False
    console.print(f"It is undone from {begins:%Y-%m-%d %H:%M:%S} UTC on; the order's page shows it")
    return True
