"""What a shopkeeper should be able to read: the steps on two screens, and each part on one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOM = Path(__file__).parents[2] / "workflows"
SCREEN = 50
"""Lines that a laptop's editor shows at a size that is comfortable to read."""


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", sorted(ROOM.glob("*.py")), ids=lambda path: path.name)
def test_no_function_of_a_workflow_is_longer_than_a_screen(path: Path) -> None:
    assert [(name, long) for name, long in functions(path) if long > SCREEN] == []


def test_the_order_s_steps_are_on_two_screens() -> None:
    tree = ast.parse((ROOM / "order.py").read_text())
    (order,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    steps = [node for node in order.body if isinstance(node, ast.AsyncFunctionDef)]
    (first,) = (node for node in steps if node.name == "to_the_end")
    (last,) = (node for node in steps if node.name == "ask_for_review")
    assert (last.end_lineno or 0) - first.lineno <= 2 * SCREEN
