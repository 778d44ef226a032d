"""Which branches a run of chaos met, and that it says so of those that it did not meet."""

import io
from typing import Any

from rich.console import Console

from cli.chaos.branches import BRANCHES, ENOUGH, Count, counts
from cli.chaos.evidence import Evidence
from cli.chaos.misfortune import Known
from cli.chaos.plan import OrderPlan, make
from cli.chaos.rates import Rates
from cli.chaos.report import Outcome, figures, show
from cli.chaos.traffic import Placed
from sandbox.client import SandboxClient


def plans(sandbox: SandboxClient) -> tuple[OrderPlan, ...]:
    known = Known.of(sandbox.operations())
    drawn = make(100, 7, known, faults=True, kills=False, workers=2, rates=Rates.HIGH)
    return drawn.orders


def met(sandbox: SandboxClient, page: dict[str, Any]) -> dict[str, Count]:
    files = [Evidence(Placed(plan, "ord_x"), page=page) for plan in plans(sandbox)]
    return {one.name: one for one in counts(files)}


def test_a_branch_counts_when_the_record_says_that_an_order_went_it(
    sandbox: SandboxClient,
) -> None:
    none = met(sandbox, {})
    assert {one.met for one in none.values()} == {0}
    assert all(one.missed for one in none.values() if one.drawn >= ENOUGH)
    recalled = met(sandbox, {"transitions": [{"status": "recalling"}]})
    (one,) = [one for one in recalled.values() if one.met]
    assert (one.name, one.met, one.missed) == ("recalled after the capture", 100, False)


def test_a_run_names_what_it_was_to_meet_and_did_not() -> None:
    outcome = Outcome(
        branches=[Count("rare", 2, 0), Count("promised", ENOUGH, 0), Count("met", 9, 1)],
        drawn_by="seed 5, high rates",
    )
    heard = io.StringIO()
    show(outcome, Console(file=heard, width=100))
    told = heard.getvalue()
    assert "seed 5, high rates" in told
    named = [line for line in told.splitlines() if line.startswith("never met")]
    assert len(named) == 1
    assert "promised, though drawn for 5 orders" in named[0]
    values = {row["figure"]: row["value"] for row in figures(outcome)}
    assert (values["branches"], values["branches_met"]) == (3, 1)


def test_no_two_branches_have_one_name() -> None:
    assert len({branch.name for branch in BRANCHES}) == len(BRANCHES)
