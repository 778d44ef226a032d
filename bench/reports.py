"""How long the reports of ten thousand orders take."""

import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from backoffice.database import Database
from backoffice.migrating import migrate
from backoffice.reports import ReportBook
from bench.figures import Results
from bench.synthetic.orders import DAYS, FIRST_DAY, many_orders, open_shop
from cli.progress import Teller
from domain.report_scope import ReportScope
from runtime.embedded_postgres import EmbeddedPostgres

FIGURES = ("report_seconds_10000_orders",)
ORDERS = 10_000
_SHOP, _SEED, _ROUNDS = "many", 1, 7
_PARTS: tuple[dict[str, str], ...] = (
    {"warehouse": "main", "carrier": "ups"},
    {"warehouse": "lyon"},
    {"channel": "web"},
)


def measure(results: Results, teller: Teller) -> None:
    """Write them once; report all of them, which is what counts, and parts of them besides."""
    with (
        tempfile.TemporaryDirectory(prefix="ordersaga-bench-") as folder,
        EmbeddedPostgres.start(Path(folder), durable=False) as server,
    ):
        address = server.create_database("reports")
        database = Database(address)
        try:
            migrate(database)
            teller.say(f"writing {ORDERS} orders")
            open_shop(address, _SHOP)
            many_orders(_SHOP, ORDERS, _SEED).write(address)
            book = ReportBook(database)
            for part in _PARTS:
                teller.say(f"  reports of {part}: {_median(book, part):.2f} s")
            results.add(FIGURES[0], _median(book, {}))
        finally:
            database.close()


def _median(book: ReportBook, narrowed: dict[str, str]) -> float:
    """The first one finds nothing in memory, and is not counted."""
    until = (FIRST_DAY + timedelta(days=DAYS)).date()
    scope = ReportScope.model_validate(
        {"shop": _SHOP, "since": FIRST_DAY.date(), "until": until, **narrowed}
    )
    book.orders(scope)
    took: list[float] = []
    for _ in range(_ROUNDS):
        began = time.monotonic()
        book.orders(scope)
        took.append(time.monotonic() - began)
    return statistics.median(took)
