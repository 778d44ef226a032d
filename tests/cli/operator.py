"""Somebody who runs commands, in this process and in an environment of their own."""

import os
import sys
from pathlib import Path

import pytest

from cli.main import main

Capture = pytest.CaptureFixture[str]


class Ended(SystemExit):
    """What `leave` does, without ending the tests as well."""


class Operator:
    """Runs commands in an environment of their own, and reads what they say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: Capture, home: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.home = home
        monkeypatch.setattr(os, "_exit", _end)
        monkeypatch.setenv("ORDERSAGA_HOME", str(home))

    def run(self, *command: str, **settings: str) -> tuple[int | str | None, str]:
        """The status of a command, and its words."""
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["ordersaga", *command])
            kept = dict(os.environ)
            os.environ.update(settings)
            try:
                with pytest.raises(SystemExit) as ended:
                    main()
            finally:
                os.environ.clear()
                os.environ.update(kept)
        said = self._capsys.readouterr()
        assert "tell-nobody" not in said.out + said.err
        return ended.value.code, said.out + said.err

    def refused(self, *command: str, **settings: str) -> str:
        """The one line that a command says which fails."""
        status, said = self.run(*command, **settings)
        assert status == 1
        (line,) = said.splitlines()
        return line


def _end(status: int) -> None:
    raise Ended(status)
