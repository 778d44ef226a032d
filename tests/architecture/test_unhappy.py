"""The page of unhappy paths says of each one who sees what, and names the test that shows it."""

import re
from pathlib import Path

import pytest

from domain.cases import CaseAnswer, CaseKind
from domain.policy import Policy
from tests.architecture.test_lessons import NAMED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "unhappy.md"
PATHS, CASES = PAGE.read_text().split("## Cases")


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def rows(text: str) -> list[list[str]]:
    """The rows of its tables, without their heads."""
    lines = [cells(line) for line in text.splitlines() if line.startswith("| ")]
    return [row for row in lines if row[0] not in ("When", "Case")]


@pytest.mark.parametrize("row", rows(PATHS), ids=lambda row: row[0][:40])
def test_each_path_says_who_sees_what_and_names_its_test(row: list[str]) -> None:
    when, policy, customer, _, _, ledgers, test = row
    assert all((when, policy, customer, ledgers)), row
    assert NAMED.search(test), row


def test_each_field_of_the_policy_that_a_path_names_is_there() -> None:
    for row in rows(PATHS):
        named = set(re.findall(r"`(\w+)`", row[1]))
        assert named <= set(Policy.model_fields), row


def test_each_case_of_a_path_and_no_other_is_described() -> None:
    described = [row[0].strip("`") for row in rows(CASES)]
    assert sorted(described) == sorted(kind.value for kind in CaseKind)
    told = {name for row in rows(PATHS) for name in re.findall(r"`(\w+)`", row[4])}
    assert told - {"still_here"} <= set(described)


def test_each_case_names_answers_that_there_are() -> None:
    known = {answer.value for answer in CaseAnswer}
    for row in rows(CASES):
        answers = set(re.findall(r"`(\w+)`", row[2]))
        assert answers, row
        assert answers <= known, row
        assert row[3], row
