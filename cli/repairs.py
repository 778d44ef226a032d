"""Commands that mend: an order whose workflow is closed, and records or engine brought back."""

import asyncio
from datetime import timedelta

from rich.console import Console
from temporalio.service import RPCError

from backoffice.books import Books
from backoffice.database import Database
from backoffice.refusals import NotOnRecord
from domain.remains import Remains
from runtime.settings import Settings
from runtime.temporal import connect
from workflows.starting import StillOpenError, start_aftermath

_RPC = timedelta(seconds=5)


def settle_order(console: Console, order: str, who: str, why: str) -> bool:
    """Undo what a closed order left, or say why not; whether it is being undone."""
    settings = Settings()
    if not settings.database_url:
        console.print("ORDERSAGA_DATABASE_URL is not set")
        return False
    database = Database(settings.database_url)
    try:
        remains = Books.over(database).remains.of(order)
    except NotOnRecord:
        console.print(f"There is no order {order} on record")
        return False
    finally:
        database.close()
    if remains.objection:
        console.print(f"{order}: {remains.objection}", highlight=False)
        return False
    for words in remains.words:
        console.print(f"left: {words}", highlight=False)
    return asyncio.run(_settle(console, settings.task_queue, remains, who, why))


async def _settle(console: Console, queue: str, remains: Remains, who: str, why: str) -> bool:
    try:
        client = await connect()
        begins = await start_aftermath(client, queue, remains, who, why, _RPC)
    except StillOpenError:
        console.print("The order's workflow is open, so there is nothing to settle: cancel it")
        return False
    except (RPCError, RuntimeError) as error:
        console.print(f"The engine cannot be reached: {error}", highlight=False)
        return False
    console.print(f"It is undone from {begins:%Y-%m-%d %H:%M:%S} UTC on; the order's page shows it")
    return True
