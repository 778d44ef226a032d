"""What an operator runs now and then: migrations, releases, keys, erasure, repairs, audits."""

import asyncio
import sys
from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape

from backoffice import migrating
from backoffice.audits import Audits
from backoffice.database import Database
from backoffice.shops import ShopBook
from cli import privacy
from cli.console import console as make_console
from cli.doctor import examine
from cli.installation import default_home
from cli.leaving import leave
from cli.records import records, settings_of_records
from cli.repairs import reconcile_stores, settle_order
from cli.running import join
from cli.stack import prepare_namespace
from runtime import releases
from runtime.master_keys import KeysMalformed, new_master_key
from runtime.settings import Settings
from runtime.temporal import connect

app = typer.Typer()
_COLOURS = {"ok": "green", "warning": "yellow", "missing": "red", "error": "red"}


@app.command()
def migrate() -> None:
    """Bring the database's tables, and the Temporal namespace, to what this release needs."""
    console = make_console()
    settings = Settings()
    if not settings.database_url:
        console.print(
            "ORDERSAGA_DATABASE_URL is not set; what `ordersaga up` starts migrates itself"
        )
        leave(1)
    database = Database(settings.database_url)
    migrating.migrate(database)
    database.close()
    asyncio.run(prepare_namespace())
    console.print("Tables and search attributes are in place")
    leave(0)


@app.command()
def promote(
    build_id: Annotated[str, typer.Argument(help="as in ORDERSAGA_BUILD_ID of its workers")],
) -> None:
    """Let all orders, new and open, go on with a release of the workers that is running."""
    console = make_console()
    join(default_home(), console.print)

    async def ask() -> None:
        await releases.promote(await connect(), Settings().task_queue, build_id)

    try:
        asyncio.run(ask())
    except releases.NotPromoted as refusal:
        console.print(f"{refusal}")
        console.print("Start workers of that release first, and look at their log")
        leave(1)
    console.print(f"Orders go on with release {build_id}")
    leave(0)


@app.command()
def erase(
    orders: Annotated[list[str] | None, typer.Argument(help="ids of orders that ended")] = None,
    older_than: Annotated[str, typer.Option(help="and all that ended so long ago: 3y")] = "",
    old: Annotated[bool, typer.Option(help="as ORDERSAGA_ERASE_AFTER_DAYS says")] = False,
) -> None:
    """Erase the people behind orders, for good. Open orders are left alone, and named."""
    console = make_console()
    try:
        limit = privacy.age(older_than) if older_than else None
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    if not orders and limit is None and not old:
        raise typer.BadParameter("name orders, or an age with --older-than, or --old")
    settings = settings_of_records(console.print)
    if old:
        limit = limit or timedelta(days=settings.erase_after_days)
    with records(settings, console.print) as database:
        done = asyncio.run(
            privacy.erase_here(database, settings, orders or (), limit, console.print)
        )
    leave(0 if done else 1)


@app.command()
def new_key(
    name: Annotated[str, typer.Argument(help="its id, such as the month")] = "k1",
) -> None:
    """Draw a master key, as ORDERSAGA_CODEC_KEYS takes it."""
    try:
        print(new_master_key(name))
    except KeysMalformed as wrong:
        print(wrong, file=sys.stderr)
        leave(1)
    leave(0)


@app.command()
def rewrap() -> None:
    """Encrypt every order's key under the first of ORDERSAGA_CODEC_KEYS; the others may go then."""
    console = make_console()
    settings = settings_of_records(console.print)
    with records(settings, console.print) as database:
        done = privacy.rewrap(database, settings, console.print)
    leave(0 if done else 1)


@app.command()
def doctor() -> None:
    """Say in words what is missing or unsafe in this environment."""
    console = make_console()
    findings = examine()
    for finding in findings:
        colour = _COLOURS[finding.level]
        console.print(f"[{colour}]{finding.level:<8}[/] {escape(finding.text)}")
    leave(1 if any(finding.level in ("missing", "error") for finding in findings) else 0)


@app.command()
def reconcile(
    hours: Annotated[int, typer.Option(help="how far back ended orders are compared")] = 48,
) -> None:
    """After a restore, before workers start: name every difference, mend what is safe to mend."""
    leave(0 if reconcile_stores(make_console(), timedelta(hours=hours)) else 1)


@app.command()
def settle(
    order: Annotated[str, typer.Argument(help="ord_...")],
    who: Annotated[str, typer.Option(help="who decides it")],
    why: Annotated[str, typer.Option(help="for the record")] = "",
) -> None:
    """Undo what an order left whose workflow was terminated, failed or lost."""
    leave(0 if settle_order(make_console(), order, who, why) else 1)


@app.command()
def audit() -> None:
    """Add every shop's books up anew; status 1 where something does not add up, and its name."""
    console = make_console()
    wrong = 0
    with records(settings_of_records(console.print), console.print) as database:
        for shop in ShopBook(database).shops():
            for difference in Audits(database).audit(shop):
                wrong += 1
                console.print(f"{shop}: {difference.subject}: {difference.words}", markup=False)
    console.print(f"{wrong} difference(s)")
    leave(1 if wrong else 0)
