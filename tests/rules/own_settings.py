"""Tests start from no settings: what this machine is set up to reach is not theirs to touch.

A shell that points `ordersaga` at a real database or Temporal server may run the tests too. And no
test meets what another one set: a command may change its process's settings, which ends with it.
"""

import os
from collections.abc import Generator

import pytest

PREFIXES = ("ORDERSAGA_", "TEMPORAL_", "OTEL_")


def _forget() -> None:
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        del os.environ[name]


_forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """One test and its fixtures."""
    try:
        return (yield)
    finally:
        _forget()
