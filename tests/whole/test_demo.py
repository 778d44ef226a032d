"""`make demo` runs this command; it must end by itself, and balance."""

import os
import subprocess
import sys
from pathlib import Path

from cli.demo_stories import SCENARIOS, Scenario

REAL = {
    "ORDERSAGA_CODEC_KEYS": "shop:none",
    "ORDERSAGA_DATABASE_URL": "postgresql://orders:x@127.0.0.1:1/orders",
    "ORDERSAGA_TASK_QUEUE": "orders",
    "TEMPORAL_ADDRESS": "127.0.0.1:1",
    "TEMPORAL_NAMESPACE": "orders",
}
"""A shell that was set up for a real installation."""
ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_ends_by_itself_with_ledgers_that_balance() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--scenario", "all"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", **REAL},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("balances") == sum(len(family()) for family in SCENARIOS[Scenario.ALL])
    unused = ", ".join(sorted(REAL))
    assert f"The demo is on its own; set here and not used: {unused}" in " ".join(
        ran.stdout.split()
    )
    assert "Postgres started" in ran.stdout
    assert "Temporal server started" in ran.stdout
    end = ran.stdout.splitlines()[-1]
    assert end == "All of it stops now; `make up` keeps it running, for you to look at."
