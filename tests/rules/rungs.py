"""A line for each rung of the ladder at the end of a run: tests, failures, seconds."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import pytest


@dataclass
class Rung:
    """What one folder of tests came to; `seconds` holds set-up and teardown too."""

    tests: set[str] = field(default_factory=set[str])
    failed: set[str] = field(default_factory=set[str])
    seconds: float = 0.0


_rungs: defaultdict[str, Rung] = defaultdict(Rung)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    file = PurePosixPath(report.nodeid.partition("::")[0])
    rung = _rungs[file.parts[1] if len(file.parts) > 2 else file.name]
    rung.tests.add(report.nodeid)
    rung.seconds += report.duration
    if report.failed:
        rung.failed.add(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _rungs:
        return
    terminalreporter.section("rungs")
    for name, rung in sorted(_rungs.items()):
        line = f"{name:<14}{len(rung.tests):>6} tests{len(rung.failed):>6} failed"
        terminalreporter.write_line(f"{line}{rung.seconds:>9.1f} s")
