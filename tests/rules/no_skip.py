"""No test is skipped, expected to fail, or excused: each of these counts as a failure.

A skipped test proves nothing and looks green. What a test needs is either set up by the run or
stated in plain words as a failure.
"""

from collections.abc import Generator

import pytest


def _excuse(report: pytest.TestReport | pytest.CollectReport) -> str:
    # A skip is reported as (file, line, reason), everything else as text of some kind.
    match report.longrepr:
        case (str(), int(), str(reason)):
            return reason
        case other:
            return str(other)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    excused = getattr(report, "wasxfail", None)
    if report.skipped or excused is not None:
        reason = _excuse(report) if excused is None else f"expected to fail: {excused}"
        report.outcome = "failed"
        report.longrepr = f"no test is skipped or excused here ({reason})"
        if excused is not None:
            del report.wasxfail
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"no file is skipped here ({_excuse(report)})"
    return report
