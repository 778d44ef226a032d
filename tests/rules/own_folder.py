"""A run's files lie in a folder of its own, to which no other run of tests changes the way.

pytest's place for them is one folder for all of a user's runs, and each that starts closes it to
everybody else (`TempPathFactory.getbasetemp`). Where root runs the tests, Postgres works as another
user: it loses the way to its files, panics at its next checkpoint, and cannot start again.

The folder goes with a green run, and stays to be looked at after a red one.
"""

import shutil
import tempfile

import pytest

from tests.rules.leaving import SESSION

_FOLDER = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest reads where files go. Processes side by side get theirs in the first one's."""
    if config.option.basetemp is None:
        config.stash[_FOLDER] = tempfile.mkdtemp(prefix="ordersaga-tests-")
        config.option.basetemp = config.stash[_FOLDER]


def pytest_unconfigure(config: pytest.Config) -> None:
    """What a fixture started has been stopped by now."""
    folder, session = config.stash.get(_FOLDER, None), config.stash.get(SESSION, None)
    if folder is None:
        return
    if session is None or session.exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"files of this run: {folder}")
