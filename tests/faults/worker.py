"""``python -m tests.faults.worker``: the product's own worker, with failpoints.

FAULTS_PLAN and FAULTS_NOTES name its files, FAULTS_SANDBOX the outside world. SIGCONT wakes its
zombies.
"""

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from backoffice.books import Books
from providers.bank_transfer import BankTransfer
from providers.wms_clients import WmsClients
from runtime.codec import OrderCodec
from runtime.logs import log_as_json
from runtime.settings import Settings
from runtime.temporal import connect, encrypting
from sandbox.client import SandboxClient
from tests.faults.failing import Door, FailingActivities, FailingDatabase, Failpoints
from tests.faults.plan import KNOWN, Note, Notebook, read_plan
from workers.activities import name_of
from workers.engine import EngineLook
from workers.wiring import Vendors, activities, activity_threads, build_worker

_VENDORS = {"payment": "stripe", "courier": "shippo", "mail": "sendgrid"}


async def work() -> None:
    """Work until SIGTERM, or until the harness has had enough."""
    settings = Settings()
    notebook = Notebook(Path(os.environ["FAULTS_NOTES"]))
    plan = read_plan(Path(os.environ["FAULTS_PLAN"]))
    database = FailingDatabase(settings.database_url, settings.database_pool)
    books = Books.over(database)
    codec = OrderCodec.of(settings.codec_keys.get_secret_value(), books.data_keys)
    client = encrypting(await connect(), codec)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    with SandboxClient(os.environ["FAULTS_SANDBOX"]) as sandbox:
        points = Failpoints(plan, notebook, sandbox)
        database.points = points
        loop.add_signal_handler(signal.SIGTERM, stopping.set)
        loop.add_signal_handler(signal.SIGCONT, points.wake)
        vendors = _watched(Vendors.of(settings, books), settings, books, points)
        for known in activities(settings, books, vendors, EngineLook(client)):
            notebook.add(Note(KNOWN, point=name_of(known)))
        watching = [FailingActivities(points)]
        with activity_threads(settings) as executor:
            async with build_worker(client, settings, books, vendors, executor, watching):
                await stopping.wait()


def _watched(vendors: Vendors, settings: Settings, books: Books, points: Failpoints) -> Vendors:
    """The printer is no vendor: it draws in this process."""
    doors: dict[str, Any] = {
        part: Door(getattr(vendors, part), vendor, points) for part, vendor in _VENDORS.items()
    }
    if vendors.bank is not None:
        doors["bank"] = _WatchedBank(settings, books, points)
    return replace(vendors, warehouses=_WatchedClients(vendors.warehouses, points), **doors)


class _WatchedBank(BankTransfer):
    """The bank, watched call by call: what a transfer follows from is read before it is sent."""

    def __init__(self, settings: Settings, books: Books, points: Failpoints) -> None:
        super().__init__(settings.bank_url, settings.bank_key.get_secret_value(), books.bookings)
        self._calls: Any = Door(self._calls, "bank", points, looks=lambda name: name != "send")


class _WatchedClients(WmsClients):
    """Every warehouse system's client behind a door."""

    def __init__(self, clients: WmsClients, points: Failpoints) -> None:
        self._inner, self._points = clients, points

    def client(self, url: str = "", key: str = "") -> Any:
        """The one that would be asked."""
        return Door(self._inner.client(url, key), "wms", self._points)

    def close(self) -> None:
        """Let go of all connections."""
        self._inner.close()


def main() -> None:
    """Work, and leave at once (temporalio/sdk-python#300)."""
    log_as_json(Settings().log_level)
    asyncio.run(work())
    os._exit(0)


if __name__ == "__main__":
    main()
