"""Nothing in a workflow may differ between a run and its replay, on any path, tested or not."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE_ROOMS = ("workflows", "domain")

STANDARD = {
    "asyncio",
    "base64",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "hashlib",
    "itertools",
    "math",
    "re",
    "typing",
    "unicodedata",
    "zoneinfo",
}
"""What the pure rooms may use of the standard library: the same answer to the same question."""

OURS = ("domain", "activities", "workflows", "temporalio", "pydantic")

READS_THE_WORLD = {"now", "today", "utcnow", "fromtimestamp", "getenv", "environ"}
SCHEDULES_BESIDE_THE_ENGINE = {"to_thread", "run_in_executor", "wait", "as_completed", "wait_for"}
CONTAINERS = (ast.List, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp)


CALLERS = "temporalio.client"
"""Who imports it starts workflows or asks about them, and is run by none."""


def modules(*, calling: bool = False) -> list[Path]:
    """The modules that workflows run, or those that only call them."""
    every = sorted(path for room in PURE_ROOMS for path in (ROOT / room).glob("*.py"))
    return [path for path in every if calls(path) is calling]


def calls(path: Path) -> bool:
    return CALLERS in imported(ast.parse(path.read_text()))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def differing(tree: ast.Module) -> Iterator[str]:
    """Calls and names whose answer another run need not get."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in READS_THE_WORLD and owner != "workflow":
                yield f"line {node.lineno}: {owner}.{node.attr}"
            if owner == "asyncio" and node.attr in SCHEDULES_BESIDE_THE_ENGINE:
                yield f"line {node.lineno}: asyncio.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in {"open", "input", "id", "hash", "__import__"}:
                yield f"line {node.lineno}: {node.func.id}()"
        elif isinstance(node, ast.For | ast.comprehension) and isinstance(
            node.iter, ast.Set | ast.SetComp
        ):
            yield f"line {node.iter.lineno}: a set has no order of its own"


def left_behind(tree: ast.Module) -> Iterator[str]:
    """What a module would carry from one order to the next."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global {', '.join(node.names)}"
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, CONTAINERS):
            yield f"line {node.lineno}: a container that can be changed"


def wrong_with(source: str) -> list[str]:
    tree = ast.parse(source)
    foreign = [
        name
        for name in imported(tree)
        if name not in STANDARD and not name.startswith(OURS) and name != "__future__"
    ]
    return [f"imports {name}" for name in foreign] + [*differing(tree), *left_behind(tree)]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pure_module_answers_the_same_in_every_replay(path: Path) -> None:
    assert wrong_with(path.read_text()) == []


def test_no_workflow_runs_a_module_that_calls_workflows() -> None:
    callers = {f"workflows.{path.stem}" for path in modules(calling=True)}
    for path in modules():
        assert callers.isdisjoint(imported(ast.parse(path.read_text()))), path.name


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import time",
        "from os import getenv",
        "from uuid import uuid4",
        "import threading",
        "at = datetime.now(UTC)",
        "day = date.today()",
        "async def f():\n    await asyncio.wait([])",
        "async def f():\n    await asyncio.to_thread(print)",
        "def f():\n    return open('x')",
        "def f():\n    return [x for x in {1, 2}]",
        "SEEN = []",
        "SEEN: set[str] = {x for x in ()}",
        "def f():\n    global seen\n    seen = 1",
    ],
)
def test_what_may_differ_is_noticed(source: str) -> None:
    assert wrong_with(source)


def test_the_workflow_s_own_clock_is_not_mistaken_for_the_machine_s() -> None:
    assert wrong_with("from temporalio import workflow\nat = workflow.now()") == []
