"""``python -m bench [--only NAME ...] [--orders N]``: measure, and print each figure as JSON."""

import asyncio
import sys
from typing import Annotated

import typer

from bench import anatomy, engine_cost, latency, memory, reports, safeguards, throughput
from bench.figures import UNITS, Results
from bench.running_stack import running_stack
from cli.leaving import Told, leave, stop_when_told
from cli.progress import Teller, reserve_standard_output
from cli.shell import stand_alone

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    only: Annotated[list[str] | None, typer.Option(help="a figure; may be repeated")] = None,
    orders: Annotated[
        int, typer.Option(min=101, help="for each stretch of orders per second")
    ] = throughput.ORDERS,
) -> None:
    """Measure. Figures go to standard output, one line of JSON each; progress to standard error."""
    wanted = frozenset(only or UNITS)
    unknown = sorted(wanted - set(UNITS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}; there is {', '.join(UNITS)}")
    teller = Teller()
    results = Results(wanted, reserve_standard_output())
    try:
        measure(results, teller, orders)
    except Told as told:
        teller.say("stopped, and so is what was started")
        raise typer.Exit(told.status) from None
    teller.say(f"{len(results.found)} figures")


def measure(results: Results, teller: Teller, orders: int) -> None:
    """Whatever is wanted, each on a machine that does nothing else of ours meanwhile."""
    if results.wants(*engine_cost.FIGURES):
        asyncio.run(engine_cost.measure(results, teller))
    compared = results.wants(*throughput.COMPARED)
    examined = asyncio.run(anatomy.examine(teller)) if compared else None
    if results.wants(*latency.FIGURES, *throughput.FIGURES, *throughput.COMPARED):
        with running_stack(teller) as running:
            if results.wants(*latency.FIGURES):
                asyncio.run(latency.measure(running, results, teller))
            if examined is not None:
                throughput.compare(running, examined, results, teller, orders)
            elif results.wants(*throughput.FIGURES):
                asyncio.run(throughput.alone(running, results, teller, orders))
    if results.wants(*safeguards.FIGURES):
        safeguards.measure(results, teller, orders)
    if results.wants(*memory.FIGURES):
        memory.measure(results, teller)
    if results.wants(*reports.FIGURES):
        reports.measure(results, teller)


def main() -> None:
    """Measure, and leave; when told to stop, what was started is stopped first.

    All that is measured is brought along: what this shell is set up to reach is not looked at.
    """
    stand_alone()
    stop_when_told()
    try:
        status = app(standalone_mode=False) or 0
    except typer.BadParameter as wrong:
        print(f"bench: {wrong.format_message()}", file=sys.stderr)
        status = 2
    leave(status)


if __name__ == "__main__":
    main()
