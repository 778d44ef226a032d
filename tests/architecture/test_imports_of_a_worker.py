"""A worker loads what it works with, and not what only commands and terminals need."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """The packages of a worker's process."""
    program = "import sys, workers.__main__; print(*{name.split('.')[0] for name in sys.modules})"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return frozenset(ran.stdout.split())


@pytest.mark.parametrize("package", ["alembic", "rich", "pygments", "fastapi", "uvicorn", "cli"])
def test_a_worker_does_not_load_what_it_never_uses(loaded: frozenset[str], package: str) -> None:
    assert package not in loaded


@pytest.mark.parametrize("package", ["workflows", "stripe", "typst", "temporalio"])
def test_a_worker_has_loaded_what_it_works_with(loaded: frozenset[str], package: str) -> None:
    assert package in loaded
