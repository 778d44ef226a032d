"""`make demo` runs this command; it must end by itself, and balance."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_ends_by_itself_with_ledgers_that_balance() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("balances") == 7
    assert "Temporal UI" in ran.stdout
    assert "/docs" in ran.stdout
