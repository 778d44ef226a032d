"""One sandbox process for the session, an empty world for each test, each adapter on its SDK."""

from collections.abc import Generator, Iterator

import pytest
import stripe

from providers.sendgrid_mail import SendGridMail
from providers.shippo_shipping import ShippoCourier
from providers.stripe_payment import StripePayment
from providers.wms_warehouse import WmsWarehouse
from sandbox.client import SandboxClient
from sandbox.server import RunningSandbox, start
from tests.providers.attempts import Trouble
from tests.sandbox.receiver import Receiver

PATIENT = (2.0, 8.0)
HASTY = (0.5, 0.25)
"""Time-outs (connect, read) in seconds, for tests in which a call is meant to hang."""


@pytest.fixture(scope="session")
def running_sandbox() -> Generator[RunningSandbox]:
    running = start()
    yield running
    running.stop()


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> Iterator[SandboxClient]:
    """An empty world; the sandbox's own bugs fail the test that brought them out."""
    with SandboxClient(running_sandbox.url) as client:
        client.reset()
        yield client
        assert client.errors() == []


@pytest.fixture
def timeout(request: pytest.FixtureRequest) -> tuple[float, float]:
    """Long, unless this very test waits for it: a busy machine must not look like a fault."""
    node: pytest.Function = request.node
    trouble = node.callspec.params.get("trouble") if hasattr(node, "callspec") else None
    hangs = isinstance(trouble, Trouble) and trouble.kind.startswith("hang")
    return HASTY if hangs else PATIENT


@pytest.fixture
def payment(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch, timeout: tuple[float, float]
) -> Generator[StripePayment]:
    """Stripe's adapter; the SDK's pauses between its own tries are made short."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    adapter = StripePayment(sandbox.base("stripe"), "sk_test_sandbox", timeout=timeout)
    yield adapter
    adapter.close()


@pytest.fixture
def courier(sandbox: SandboxClient, timeout: tuple[float, float]) -> Generator[ShippoCourier]:
    adapter = ShippoCourier(sandbox.base("shippo"), "shippo_test_sandbox", timeout=timeout)
    yield adapter
    adapter.close()


@pytest.fixture
def mail(sandbox: SandboxClient, timeout: tuple[float, float]) -> SendGridMail:
    return SendGridMail(sandbox.base("sendgrid"), "SG.sandbox", timeout=timeout[1])


@pytest.fixture
def warehouse(sandbox: SandboxClient, timeout: tuple[float, float]) -> Generator[WmsWarehouse]:
    sandbox.configure(wms={"auto": False})
    adapter = WmsWarehouse(sandbox.base("wms"), "wms_sandbox", timeout=timeout)
    yield adapter
    adapter.close()


@pytest.fixture
def receiver() -> Generator[Receiver]:
    """Something for the sandbox to call."""
    with Receiver() as listening:
        yield listening
