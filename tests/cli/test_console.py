"""What commands print can be copied, however narrow the terminal."""

import io
import sys

import pytest

from cli.console import console

ADDRESS = "http://127.0.0.1:8080/codec/sign-in?of=" + "a" * 60


class Screen(io.StringIO):
    """Where a command's words go: a terminal, or a pipe."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize("terminal", [True, False])
def test_an_address_is_never_broken(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stdout", screen := Screen(terminal))
    console().print(f"To read orders there, sign in with the shop's key: {ADDRESS}")
    assert screen.getvalue().splitlines() == [
        f"To read orders there, sign in with the shop's key: {ADDRESS}"
    ]
