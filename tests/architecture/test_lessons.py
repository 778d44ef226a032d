"""Each lesson that was learnt elsewhere, and each unhappy path, names a test that is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "lessons.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def named() -> list[tuple[str, str]]:
    pages = PAGE, PAGE.with_name("unhappy.md")
    return sorted({found for page in pages for found in NAMED.findall(page.read_text())})


@pytest.mark.parametrize(("file", "test"), named(), ids=lambda part: part or "all")
def test_a_lesson_s_test_is_there(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    functions = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert (test or "") in functions | {""}
    assert any(name.startswith("test_") for name in functions)


def test_every_row_names_a_test_or_a_command() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    told = [row for row in rows if not row.startswith(("| Fault", "| What", "|---"))]
    assert len(told) >= 36
    for row in told:
        assert NAMED.search(row) or "`make " in row, row
