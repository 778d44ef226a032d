"""One sandbox for the commands' tests."""

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.client import SandboxClient
from sandbox.server import start
from tests.cli.operator import Capture, Operator


@pytest.fixture(scope="session")
def control() -> Generator[SandboxClient]:
    running = start()
    with SandboxClient(running.url) as client:
        yield client
    running.stop()


@pytest.fixture
def sandbox(control: SandboxClient) -> SandboxClient:
    control.reset()
    return control


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path) -> Operator:
    return Operator(monkeypatch, capsys, tmp_path)
