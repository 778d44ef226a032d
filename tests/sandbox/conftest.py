"""One sandbox process for the session, an empty world for each test."""

from collections.abc import Generator, Iterator

import pytest
import stripe

from sandbox.client import SandboxClient
from sandbox.server import RunningSandbox, start
from tests.sandbox.payments import stripe_client
from tests.sandbox.receiver import Receiver
from tests.sandbox.shopping import SECRET


@pytest.fixture(scope="session")
def running_sandbox() -> Generator[RunningSandbox]:
    running = start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def control(running_sandbox: RunningSandbox) -> Generator[SandboxClient]:
    with SandboxClient(running_sandbox.url) as client:
        yield client


@pytest.fixture
def sandbox(control: SandboxClient) -> Iterator[SandboxClient]:
    """An empty world; the sandbox's own bugs fail the test that brought them out."""
    control.reset()
    yield control
    assert control.errors() == []


@pytest.fixture
def shop(sandbox: SandboxClient) -> SandboxClient:
    """The shop "demo" knows the secret that callbacks are signed with."""
    sandbox.configure(shop={"secrets": {"demo": SECRET}})
    return sandbox


@pytest.fixture
def gateway(sandbox: SandboxClient) -> stripe.StripeClient:
    """The real SDK, without retries of its own, so that each test sees each answer."""
    return stripe_client(sandbox.base("stripe"), retries=0)


@pytest.fixture
def receiver() -> Generator[Receiver]:
    """Something for the sandbox to call."""
    with Receiver() as listening:
        yield listening
