"""The `ordersaga` command."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from backoffice.database import Database
from cli import privacy
from cli.chaos.command import chaos
from cli.demo import run_demo
from cli.demo_shop import DemoShop
from cli.doctor import examine
from cli.installation import Installation, default_home
from cli.leaving import leave
from cli.repairs import reconcile_stores, settle_order
from cli.stack import Plan, Stack, prepare_namespace
from runtime import releases
from runtime.master_keys import new_master_key
from runtime.settings import Settings
from runtime.temporal import connect

app = typer.Typer(
    help="Orders that survive everything: from checkout to doorstep.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(chaos)
_PID = "ordersaga.pid"


@app.command()
def demo(
    workers: Annotated[int, typer.Option(help="worker processes")] = 1,
) -> None:
    """Carry orders from an HTTP request to the doorstep, judge them by the ledgers, and end."""
    console = Console()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ordersaga-demo-") as folder:
        installation = Installation.at(Path(folder))
        stack = Stack(installation, Plan(on_files=False, workers=workers), console.print)
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            stack.start()
            ready = time.monotonic()
            balanced = run_demo(stack, installation, console)
            console.print(
                f"Orders took {time.monotonic() - ready:.1f} s; all in all "
                f"{time.monotonic() - began:.1f} s"
            )
            console.print(f"Temporal UI (until the demo ends): {stack.ui_url}")
            console.print(f"API and its documentation: {stack.api_url}/docs")
            console.print("`make up` keeps all of it running.")
        finally:
            stack.stop()
    if not balanced:
        console.print("[red]The ledgers do not agree with the orders.[/]")
    leave(0 if balanced else 1)


@app.command()
def up(
    workers: Annotated[int, typer.Option(help="worker processes; one is one core")] = 1,
    home: Annotated[Path | None, typer.Option(help="where everything is kept")] = None,
    api_port: int = 8080,
    temporal_port: int = 7233,
    ui_port: int = 8233,
    sandbox_port: int = 8090,
) -> None:
    """Keep everything running on this machine, on files; start again what dies."""
    console = Console()
    installation = Installation.at((home or default_home()).resolve())
    plan = Plan(
        on_files=True,
        workers=workers,
        api_port=api_port,
        temporal_port=temporal_port,
        ui_port=ui_port,
        sandbox_port=sandbox_port,
    )
    pid_file = installation.home / _PID
    if _running(pid_file):
        console.print(f"It runs already (process {pid_file.read_text()}); `ordersaga down` ends it")
        leave(1)
    pid_file.write_text(str(os.getpid()))
    stack = Stack(installation, plan, console.print)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        stack.start()
        keys = DemoShop(stack.api_url, stack.client(), installation).set_up(hurry=False)
        console.print(f"Temporal UI: {stack.ui_url}")
        console.print(
            f"To read orders there, sign in with the shop's key: {stack.codec_url}/sign-in"
        )
        console.print(f"API: {stack.api_url}/docs")
        console.print(f"Files, logs and secrets: {installation.home}")
        console.print(f"The demo shop's key (X-API-Key): {keys['shop']}")
        console.print(f"Its warehouse's key: {keys['warehouse']}")
        console.print("Ctrl-C, or `ordersaga down` elsewhere, ends it.")
        while True:
            time.sleep(0.5)
            stack.mend()
    except KeyboardInterrupt:
        console.print("Stopping; what is under way is finished first")
    finally:
        stack.stop()
        pid_file.unlink(missing_ok=True)
    leave(0)


@app.command()
def down(
    home: Annotated[Path | None, typer.Option(help="where everything is kept")] = None,
) -> None:
    """Stop what `ordersaga up` started."""
    console = Console()
    pid_file = (home or default_home()).resolve() / _PID
    if not _running(pid_file):
        console.print("Nothing runs")
        leave(0)
    os.kill(int(pid_file.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 60
    while _running(pid_file) and time.monotonic() < deadline:
        time.sleep(0.1)
    console.print("Still stopping" if _running(pid_file) else "Stopped")
    leave(1 if _running(pid_file) else 0)


@app.command()
def migrate() -> None:
    """Bring the database's tables, and the Temporal namespace, to what this release needs."""
    console = Console()
    settings = Settings()
    if not settings.database_url:
        console.print("ORDERSAGA_DATABASE_URL is not set; the embedded database migrates itself")
        leave(1)
    database = Database(settings.database_url)
    database.migrate()
    database.close()
    asyncio.run(prepare_namespace())
    console.print("Tables and search attributes are in place")
    leave(0)


@app.command()
def promote(
    build_id: Annotated[str, typer.Argument(help="as in ORDERSAGA_BUILD_ID of its workers")],
) -> None:
    """Let all orders, new and open, go on with a release of the workers that is running."""
    console = Console()

    async def ask() -> None:
        await releases.promote(await connect(), Settings().task_queue, build_id)

    try:
        asyncio.run(ask())
    except releases.NotPromoted as refusal:
        console.print(f"{refusal}. Start its workers first, and look at their log.")
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
    console = Console()
    settings = Settings()
    try:
        limit = privacy.age(older_than) if older_than else None
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    if old:
        limit = limit or timedelta(days=settings.erase_after_days)
    if not orders and limit is None:
        raise typer.BadParameter("name orders, or an age with --older-than, or --old")
    with _records(settings, console) as database:
        done = asyncio.run(
            privacy.erase_here(database, settings, orders or (), limit, console.print)
        )
    leave(0 if done else 1)


@app.command()
def new_key(
    name: Annotated[str, typer.Argument(help="its id, such as the month")] = "k1",
) -> None:
    """Draw a master key, as ORDERSAGA_CODEC_KEYS takes it."""
    print(new_master_key(name))
    leave(0)


@app.command()
def rewrap() -> None:
    """Encrypt every order's key under the first of ORDERSAGA_CODEC_KEYS; the others may go then."""
    console = Console()
    settings = Settings()
    with _records(settings, console) as database:
        done = privacy.rewrap(database, settings, console.print)
    leave(0 if done else 1)


@app.command()
def doctor() -> None:
    """Say in words what is missing or unsafe in this environment."""
    console = Console()
    findings = examine()
    for finding in findings:
        colour = {"ok": "green", "warning": "yellow", "missing": "red"}[finding.level]
        console.print(f"[{colour}]{finding.level:<8}[/] {finding.text}", highlight=False)
    leave(1 if any(finding.level == "missing" for finding in findings) else 0)


@app.command()
def reconcile(
    hours: Annotated[int, typer.Option(help="how far back ended orders are compared")] = 48,
) -> None:
    """After a restore, before workers start: name every difference, mend what is safe to mend."""
    leave(0 if reconcile_stores(Console(), timedelta(hours=hours)) else 1)


@app.command()
def settle(
    order: Annotated[str, typer.Argument(help="ord_...")],
    who: Annotated[str, typer.Option(help="who decides it")],
    why: Annotated[str, typer.Option(help="for the record")] = "",
) -> None:
    """Undo what an order left whose workflow was terminated, failed or lost."""
    leave(0 if settle_order(Console(), order, who, why) else 1)


def main() -> None:
    """The console script's entry."""
    app()


@contextmanager
def _records(settings: Settings, console: Console) -> Generator[Database]:
    if not settings.database_url:
        console.print("ORDERSAGA_DATABASE_URL is not set; which records are meant?")
        leave(1)
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def _running(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text()), 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    return True


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
