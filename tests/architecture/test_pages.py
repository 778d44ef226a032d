"""What pages say of commands is what the commands do."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from cli.demo_stories import SCENARIOS, Scenario, plain
from cli.installation import Installation
from domain.accounts import Accounts, OpenItemKind, Statement
from domain.disputes import DisputeState, may_follow
from domain.expected_path import PATH
from domain.matching import MatchResult
from domain.report_tables import ReportTable
from domain.reports import PART_OF, Flaw, Part, PathFigures, PerfectOrders, StepMistakes
from sandbox.judge import Ending
from tests.faults.cancel_table import cells_of as cancels_of
from tests.faults.cancel_table import read_table
from tests.faults.failpoints import Point, cells_of
from tests.faults.plan import Kind
from tests.faults.stories import STORIES
from tests.mutations.catalogue import MUTATIONS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DOCS = ROOT / "docs"
NUMBERS = {5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}


def test_the_readme_tells_of_each_order_of_the_demo() -> None:
    said = " ".join(README.split())
    told = re.search(r"places (\w+) orders over HTTP: (.*?)\. At the end", said)
    assert told
    placed = plain()
    assert told[1] == NUMBERS[len(placed)]
    assert len(told[2].split(", ")) == len(placed)
    assert ("declined" in told[2]) == any(one.ending is Ending.DECLINED for one in placed)
    assert ("marketplace" in told[2]) == any(not one.charged_here for one in placed)


def test_each_order_of_a_scenario_is_in_the_one_that_has_them_all() -> None:
    every = SCENARIOS[Scenario.ALL]
    numbers = [story.number for family in every for story in family()]
    assert len(numbers) == len(set(numbers))
    assert set(every) == {family for scenario in Scenario for family in SCENARIOS[scenario]}


@pytest.mark.parametrize("command", ["demo", "up", "down", "test", "doctor", "chaos"])
def test_the_readme_names_the_command(command: str) -> None:
    assert f"make {command}" in README


def test_the_page_on_a_real_shop_finds_the_admin_key_of_up(tmp_path: Path) -> None:
    made = Installation.at(tmp_path / ".local" / "share" / "ordersaga")
    page = (DOCS / "plug-in.md").read_text()
    (line,) = re.findall(r"(?m)^export ORDERSAGA_ADMIN_KEY=.*installation.*$", page)
    shell = f'{line}; printf %s "$ORDERSAGA_ADMIN_KEY"'
    ran = subprocess.run(
        ["/bin/sh", "-c", shell],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == made.secrets["admin_key"]


def test_the_page_on_steps_draws_each_state_of_a_dispute_and_no_way_that_there_is_not() -> None:
    page = (DOCS / "steps.md").read_text().split("## Disputes")[1]
    drawn = re.findall(r"(?m)^ +(\w+) --> (\w+)", page)
    ways = [(DisputeState(now), DisputeState(then)) for now, then in drawn]
    assert {state for way in ways for state in way} == set(DisputeState)
    assert [way for way in ways if not may_follow(*way)] == []


def test_the_page_on_faults_has_a_command_for_one_of_each() -> None:
    page = (DOCS / "faults.md").read_text()
    commands = [shlex.split(line, comments=True) for line in page.splitlines() if "tests" in line]
    words = {tuple(one[2:4]): one[-1] for one in commands if one[:1] == [".venv/bin/python"]}
    every = [Point("buy_labels", STORIES[0], ())]
    assert len(cells_of(every, Kind, words["tests.faults", "failpoints"])) == 1
    asked = words["tests.faults", "cancel"]
    assert len([cell for cell in cancels_of(read_table()) if asked in f"cancel {cell}"]) == 1
    (mutation,) = [one[-1] for one in commands if "tests.mutations" in one]
    assert len([one for one in MUTATIONS if mutation in one.name]) == 1
    assert ["make", "test", "TESTS=tests/faults"] in commands


def test_the_page_on_reports_defines_every_figure_that_a_report_has() -> None:
    page = (DOCS / "reports.md").read_text()
    named = set(re.findall(r"`(\w+)`", page))
    figures = {*PerfectOrders.model_fields, *StepMistakes.model_fields, *PathFigures.model_fields}
    elsewhere = {"by", "value", "step", "name", "operation", *Part, "with_mistakes", "added_in"}
    assert figures - elsewhere - {"skipped"} <= named
    assert {*Flaw, *ReportTable, "orders_with_mistakes", "added_in_orders"} <= named
    assert {one.operation for one in PATH} <= named
    for flaw, part in PART_OF.items():
        assert f"\n| {part.value.replace('_', ' ')} | `{flaw.value}` | " in page


def test_the_page_on_accounts_explains_every_figure_of_the_report() -> None:
    page = (DOCS / "accounts.md").read_text()
    said = set(re.findall(r"`(\w+)`", page))
    figures = set(Statement.model_fields) | set(Accounts.model_fields) | {"ties"}
    words = {one.value for one in (*MatchResult, *OpenItemKind)}
    of_every_part = {"provider", "currency", "period", "shop"}
    assert (figures | words) - said - of_every_part == set()
