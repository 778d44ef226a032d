"""Leave the process at once when the last report is written.

A process that used the Temporal client may abort while the interpreter shuts down, after all
output, with status 134 (sdk-python#300), which turns a green run red. So the run flushes what it
wrote and ends with the status that pytest decided. Interpreter exit hooks do not run then: what a
fixture started, its own teardown stops.
"""

import os
import sys
from collections.abc import Generator

import pytest

SESSION = pytest.StashKey[pytest.Session]()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[SESSION] = session


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> Generator[None]:
    yield
    session = config.stash.get(SESSION, None)
    if session is None:  # --help and the like: no test ran, nothing to leave behind
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(session.exitstatus))
