"""`ordersaga chaos`: what it takes, a place of its own for each run, and what is left of it."""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.chaos.rates import Rates
from cli.chaos.run import Wanted, run_chaos
from cli.leaving import leave, stop_when_told
from cli.progress import Teller, reserve_standard_output
from cli.shell import stand_alone

_AMBIGUITY_SECONDS = "8"
"""Ten minutes in earnest; a run lasts hardly longer."""


def chaos(
    orders: Annotated[int, typer.Option(min=1, help="how many")] = 500,
    seed: Annotated[int, typer.Option(help="the same seed: the same orders, faults, kills")] = 1,
    rates: Annotated[
        Rates, typer.Option(help="of unhappy branches: as in real life, or several times as often")
    ] = Rates.REAL,
    faults: Annotated[bool, typer.Option(help="let providers fail")] = True,
    kills: Annotated[bool, typer.Option(help="kill and freeze parts of the installation")] = True,
    in_flight: Annotated[int, typer.Option(min=1, help="orders at once")] = 120,
    workers: Annotated[int, typer.Option(min=1, help="worker processes")] = 2,
    keep: Annotated[bool, typer.Option("--keep", help="leave everything behind")] = False,
) -> None:
    """Put orders through every fault and death at once; 1 if any of them broke a rule."""
    stop_when_told()
    sys.stdout = reserve_standard_output()
    wanted = Wanted(orders, seed, faults, kills, in_flight, workers, rates)
    leave(0 if carry_out(wanted, keep=keep) else 1)


def carry_out(wanted: Wanted, *, keep: bool = False) -> bool:
    """Run it in a new folder; whether no rule was broken. The folder stays where one was, or with
    ``keep``.

    Nothing that the environment names is touched: database, engine and providers are the run's own.
    """
    stand_alone()
    os.environ["ORDERSAGA_MAIL_AMBIGUITY_SECONDS"] = _AMBIGUITY_SECONDS
    teller = Teller()
    folder = Path(tempfile.mkdtemp(prefix="ordersaga-chaos-"))
    sound = False
    teller.say(f"{wanted.orders} orders by seed {wanted.seed}, at {wanted.rates.value} rates")
    try:
        sound = run_chaos(wanted, folder, teller).violations == 0
    finally:
        if sound and not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            teller.say(f"stories, logs and databases of this run: {folder}")
    return sound
