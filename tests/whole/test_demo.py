"""`make demo` runs this command; it must end by itself, and balance."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_ends_by_itself_with_ledgers_that_balance() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("balances") == 7
    addresses = r"(?m)^The Temporal UI was at http://\S+:\d+, the API at http://\S+:\d+/docs$"
    assert re.search(addresses, ran.stdout), "an address that is broken in two cannot be opened"
