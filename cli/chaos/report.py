"""What a run came to: a table for people, figures for machines, a story for each violation."""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.chaos.branches import Count
from cli.chaos.evidence import Evidence

Json = dict[str, Any]


@dataclass
class Outcome:
    """A whole run, judged."""

    orders: int = 0
    seconds: float = 0.0
    ended: str = ""
    by_status: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    kills: Counter[str] = field(default_factory=Counter[str])
    freezes: Counter[str] = field(default_factory=Counter[str])
    answers: Counter[str] = field(default_factory=Counter[str])
    payers: Counter[str] = field(default_factory=Counter[str])
    takers: Counter[str] = field(default_factory=Counter[str])
    supplier: Counter[str] = field(default_factory=Counter[str])
    branches: list[Count] = field(default_factory=list[Count])
    drawn_by: str = ""
    """Seed and rates."""
    ambiguous_mails: int = 0
    surplus_labels_voided: int = 0
    general: list[str] = field(default_factory=list[str])
    of_orders: list[tuple[Evidence, list[str]]] = field(
        default_factory=list[tuple[Evidence, list[str]]]
    )

    still_open: list[Evidence] = field(default_factory=list[Evidence])

    @property
    def violations(self) -> int:
        """How many rules were broken."""
        return len(self.general) + sum(len(problems) for _, problems in self.of_orders)


def figures(outcome: Outcome) -> list[Json]:
    """The run in numbers."""
    rows: list[tuple[str, float, str]] = [
        ("violations", outcome.violations, "count"),
        ("orders", outcome.orders, "count"),
        ("faults_injected", sum(outcome.faults.values()), "count"),
        ("kills", sum(outcome.kills.values()) + sum(outcome.freezes.values()), "count"),
        ("ambiguous_mails", outcome.ambiguous_mails, "count"),
        ("surplus_labels_voided", outcome.surplus_labels_voided, "count"),
        ("branches", sum(one.drawn > 0 or one.met > 0 for one in outcome.branches), "count"),
        ("branches_met", sum(one.met > 0 for one in outcome.branches), "count"),
        ("orders_per_second", round(outcome.orders / max(outcome.seconds, 1e-9), 2), "1/s"),
    ]
    return [{"figure": name, "value": value, "unit": unit} for name, value, unit in rows]


def show(outcome: Outcome, console: Console) -> None:
    """Tell people on the console, and machines on standard output."""
    for title, counts in (
        ("Orders by outcome", outcome.by_status),
        ("Faults that came to pass", outcome.faults),
        ("Parts killed (and started again)", outcome.kills),
        ("Parts frozen (and let go on)", outcome.freezes),
        ("Answers of the support desk", outcome.answers),
        ("Customers whose payment failed", outcome.payers),
        ("Customers who were offered something else", outcome.takers),
        ("The supplier of what was scarce", outcome.supplier),
    ):
        table = Table(title=title, title_justify="left", show_header=False)
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(name, str(count))
        if counts:
            console.print(table)
    _show_branches(outcome, console)
    console.print(
        f"{outcome.orders} orders ({outcome.drawn_by}) in {outcome.seconds:.0f} s; {outcome.ended}",
        highlight=False,
    )
    for file in outcome.still_open:
        name = f"{file.placed.plan.number} {file.placed.order_id}"
        text = f"open      {name} ({file.status}): {file.reason}"
        console.print(text, highlight=False, soft_wrap=True)
    for words in outcome.general:
        console.print(f"[red]violation[/] {words}", highlight=False, soft_wrap=True)
    for file, problems in outcome.of_orders:
        for words in problems:
            name = f"{file.placed.plan.number} {file.placed.order_id}"
            text = f"[red]violation[/] {name} ({file.status}): {words}"
            console.print(text, highlight=False, soft_wrap=True)
    for figure in figures(outcome):
        sys.stdout.write(json.dumps(figure) + "\n")
    sys.stdout.flush()


def _show_branches(outcome: Outcome, console: Console) -> None:
    """How many orders went each way; a way that was promised and that nobody went is named."""
    table = Table(title="Orders by unhappy branch", title_justify="left")
    for name in ("branch", "drawn for", "met"):
        table.add_column(name, justify="left" if name == "branch" else "right", no_wrap=True)
    for one in outcome.branches:
        table.add_row(one.name, str(one.drawn), str(one.met))
    console.print(table)
    for one in outcome.branches:
        if one.missed:
            words = (
                f"{one.name}, though drawn for {one.drawn} orders: this run proves nothing of it"
            )
            console.print(f"[yellow]never met[/] {words}", highlight=False, soft_wrap=True)


def write_stories(outcome: Outcome, folder: Path) -> None:
    """A file for each order that broke a rule, and for each that is still open."""
    if outcome.general:
        (folder / "general.txt").write_text("\n".join(outcome.general) + "\n")
    for file, problems in outcome.of_orders:
        _write(folder / "violations", file, problems)
    for file in outcome.still_open:
        _write(folder / "open", file, [])


def _write(folder: Path, file: Evidence, problems: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plan = file.placed.plan
    told = [
        f"{entry.at:%H:%M:%S.%f} {entry.seq:>7} {entry.provider:<9} {entry.kind:<22} "
        + json.dumps(entry.data, ensure_ascii=False)[:600]
        for entry in file.entries
    ]
    parts = (
        f"{plan.number} {file.placed.order_id}: {file.status}; workflow {file.engine}",
        *(f"VIOLATION {words}" for words in problems),
        f"copies {plan.copies}, cancel {plan.cancel}, accepted {file.placed.cancel_accepted}",
        *(f"planned {fault}" for fault in plan.faults),
        f"open for: {file.reason}",
        "",
        "LEDGERS",
        *told,
        "",
        "RECORD",
        json.dumps(file.page, indent=1, ensure_ascii=False),
        "",
        "HISTORY",
        *file.history,
    )
    (folder / f"{plan.number}.txt").write_text("\n".join(parts) + "\n")
