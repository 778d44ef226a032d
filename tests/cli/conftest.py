"""One sandbox for the commands' tests."""

from collections.abc import Generator

import pytest

from sandbox.client import SandboxClient
from sandbox.server import start


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
