"""The `ordersaga` command."""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli import reporting, running, shell, upkeep
from cli.accounting import accounts
from cli.chaos.command import chaos
from cli.console import console as make_console
from cli.demo import run_demo
from cli.demo_shop import DemoShop
from cli.demo_stories import Scenario
from cli.installation import Installation, default_home
from cli.leaving import leave, stop_when_told
from cli.plan import Plan
from cli.stack import Stack
from cli.surroundings import FORESEEN, in_words
from runtime.processes import is_free

app = typer.Typer(
    help="Orders that survive everything: from checkout to doorstep.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(chaos)
app.command()(accounts)
app.add_typer(upkeep.app)
app.add_typer(reporting.app)


def _port(what: str) -> Any:
    return typer.Option(min=0, max=65535, help=f"{what}; 0: any that is free")


@app.command()
def demo(
    workers: Annotated[int, typer.Option(min=1, help="worker processes")] = 1,
    scenario: Annotated[Scenario, typer.Option(help="which orders are placed")] = Scenario.PLAIN,
) -> None:
    """Carry orders from an HTTP request to the doorstep, judge them by the ledgers, and end.

    Nothing that the environment names is touched: database, engine and providers are its own.
    """
    console = make_console()
    unused = shell.stand_alone()
    if unused:
        console.print(f"The demo is on its own; set here and not used: {', '.join(unused)}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ordersaga-demo-") as folder:
        installation = Installation.at(Path(folder))
        stack = Stack(installation, Plan(on_files=False, workers=workers), console.print)
        stop_when_told()
        try:
            stack.start()
            console.print(f"Temporal UI (until the demo ends): {stack.ui_url}")
            console.print(f"API and its documentation (likewise): {stack.api_url}/docs")
            ready = time.monotonic()
            balanced = run_demo(stack, installation, console, scenario)
            console.print(
                f"Orders took {time.monotonic() - ready:.1f} s; all in all "
                f"{time.monotonic() - began:.1f} s"
            )
            console.print("All of it stops now; `make up` keeps it running, for you to look at.")
        finally:
            stack.stop()
    if not balanced:
        console.print("[red]The ledgers do not agree with the orders.[/]")
    leave(0 if balanced else 1)


@app.command()
def up(
    workers: Annotated[int, typer.Option(min=1, help="worker processes; one is one core")] = 1,
    home: Annotated[Path | None, typer.Option(help="where everything is kept")] = None,
    api_port: Annotated[int, _port("of the API")] = 8080,
    temporal_port: Annotated[int, _port("of the Temporal server")] = 7233,
    ui_port: Annotated[int, _port("of the Temporal UI")] = 8233,
    sandbox_port: Annotated[int, _port("of the outside world")] = 8090,
) -> None:
    """Keep everything running on this machine, on files; start again what dies."""
    console = make_console()
    place = (home or default_home()).resolve()
    plan = Plan(
        on_files=True,
        workers=workers,
        api_port=api_port,
        temporal_port=temporal_port,
        ui_port=ui_port,
        sandbox_port=sandbox_port,
    )
    if plan.clash:
        console.print(f"{plan.clash}: each part needs a port of its own")
        leave(1)
    claim = running.Claim(place)
    installation = Installation.at(place)
    installation.hold(shell.master_keys())
    for name, port in plan.ports.items():
        if not is_free(port):
            console.print(f"Port {port} is taken: `ordersaga up --{name}-port` takes another one")
            leave(1)
    stack = Stack(installation, plan, console.print)
    stop_when_told()
    try:
        stack.start()
        claim.tell(stack.environment)
        keys = DemoShop(stack.api_url, stack.client(), installation).set_up(hurry=False)
        _welcome(console, stack, installation, keys)
        while True:
            time.sleep(0.5)
            stack.mend()
    except KeyboardInterrupt:
        console.print("Stopping; what is under way is finished first")
    finally:
        stack.stop()
        claim.end()
    leave(0)


def _welcome(
    console: Console, stack: Stack, installation: Installation, keys: Mapping[str, str]
) -> None:
    """Where everything is, and what is not as the shell would have it."""
    if stack.temporal is not None:
        console.print(f"Temporal UI: {stack.ui_url}")
        console.print(
            f"To read orders there, sign in with the shop's key: {stack.codec_url}/sign-in"
        )
    console.print(f"API: {stack.api_url}/docs")
    console.print(f"The outside world, mails that were sent: {stack.mailbox_url}")
    console.print(f"Files, logs and secrets (the admin key): {installation.home}")
    console.print(f"The demo shop's key (X-API-Key): {keys['shop']}")
    console.print(f"Its warehouse's key: {keys['warehouse']}")
    unused = shell.set_otherwise(stack.environment)
    if unused:
        console.print(f"Set here and not used, as `up` has its own: {', '.join(unused)}")
    for words in stack.locked():
        console.print(f"[red]{words}[/]")
    console.print("Ctrl-C, or `ordersaga down` elsewhere, ends it.")


@app.command()
def down(
    home: Annotated[Path | None, typer.Option(help="where everything is kept")] = None,
) -> None:
    """Stop what `ordersaga up` started."""
    console = make_console()
    place = (home or default_home()).resolve()
    process = running.process(place)
    if process is None:
        console.print("Nothing runs")
        leave(0)
    else:
        try:
            os.kill(process, signal.SIGTERM)
        except PermissionError:
            raise running.NotOurs(place) from None
    deadline = time.monotonic() + 60
    while running.process(place) is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    still = running.process(place) is not None
    console.print("Still stopping" if still else "Stopped")
    leave(1 if still else 0)


def main() -> None:
    """The console script's entry. What is wrong around a command is one line, and status 1."""
    try:
        app()
    except FORESEEN as error:
        words = in_words(error)
        if words is None:
            raise
        print(words, file=sys.stderr)
        leave(1)


if __name__ == "__main__":
    main()
