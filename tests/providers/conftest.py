"""One sandbox process for the session, an empty world for each test, each adapter on its SDK."""

from collections.abc import Callable, Generator, Iterator
from functools import cache

import pytest
import stripe

from domain.shipping import Quote
from domain.warehouse import HandoffAnswer
from providers.sendgrid_mail import SendGridMail
from providers.shippo_shipping import ShippoCourier
from providers.stripe_payment import StripePayment
from providers.wms_warehouse import WmsWarehouse
from sandbox.client import SandboxClient
from sandbox.server import start
from tests.providers.attempts import Trouble, first, until_done
from tests.providers.samples import ORDER, PARCEL, SELLER, VIENNA, handoff
from tests.providers.wms_looks import HAND_OFF
from tests.sandbox.receiver import Receiver

Timeout = tuple[float, float]
PATIENT: Timeout = (2.0, 8.0)
HASTY: Timeout = (0.5, 0.25)
"""Time-outs (connect, read) in seconds, for tests in which a call is meant to hang."""


@pytest.fixture(scope="session")
def connected() -> Generator[SandboxClient]:
    running = start()
    with SandboxClient(running.url) as client:
        yield client
    running.stop()


@pytest.fixture
def sandbox(connected: SandboxClient) -> Iterator[SandboxClient]:
    """An empty world; the sandbox's own bugs fail the test that brought them out."""
    connected.reset()
    yield connected
    assert connected.errors() == []


@pytest.fixture
def timeout(request: pytest.FixtureRequest) -> Timeout:
    """Long, unless this very test waits for it: a busy machine must not look like a fault."""
    node: pytest.Function = request.node
    trouble = node.callspec.params.get("trouble") if hasattr(node, "callspec") else None
    hangs = isinstance(trouble, Trouble) and trouble.kind.startswith("hang")
    return HASTY if hangs else PATIENT


# Adapters hold connections and nothing else, so tests share them as a process does.


@pytest.fixture(scope="session")
def payments(connected: SandboxClient) -> Generator[Callable[[Timeout], StripePayment]]:
    made: list[StripePayment] = []

    @cache
    def make(timeout: Timeout) -> StripePayment:
        made.append(StripePayment(connected.base("stripe"), "sk_test_sandbox", timeout=timeout))
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()


@pytest.fixture
def payment(
    sandbox: SandboxClient,
    payments: Callable[[Timeout], StripePayment],
    timeout: Timeout,
    monkeypatch: pytest.MonkeyPatch,
) -> StripePayment:
    """Stripe's adapter; the SDK's pauses between its own tries are made short."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.02)
    return payments(timeout)


@pytest.fixture(scope="session")
def couriers(connected: SandboxClient) -> Generator[Callable[[Timeout], ShippoCourier]]:
    made: list[ShippoCourier] = []

    @cache
    def make(timeout: Timeout) -> ShippoCourier:
        made.append(ShippoCourier(connected.base("shippo"), "shippo_test_sandbox", timeout=timeout))
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()


@pytest.fixture
def courier(
    sandbox: SandboxClient, couriers: Callable[[Timeout], ShippoCourier], timeout: Timeout
) -> ShippoCourier:
    return couriers(timeout)


@pytest.fixture(scope="session")
def warehouses(connected: SandboxClient) -> Generator[Callable[[Timeout], WmsWarehouse]]:
    made: list[WmsWarehouse] = []

    @cache
    def make(timeout: Timeout) -> WmsWarehouse:
        made.append(WmsWarehouse(connected.base("wms"), "wms_sandbox", timeout=timeout))
        return made[-1]

    yield make
    for adapter in made:
        adapter.close()


@pytest.fixture
def warehouse(
    sandbox: SandboxClient, warehouses: Callable[[Timeout], WmsWarehouse], timeout: Timeout
) -> WmsWarehouse:
    """The warehouse's adapter; the warehouse itself acts only when a test makes it."""
    sandbox.configure(wms={"auto": False})
    return warehouses(timeout)


@pytest.fixture
def quote(sandbox: SandboxClient, courier: ShippoCourier) -> Quote:
    """The cheapest rate for the sample's parcel; the courier moves only when a test makes it."""
    sandbox.configure(shippo={"auto_track": False})
    return until_done(
        lambda _: courier.quotes(ORDER, PARCEL, SELLER, VIENNA, "EUR", ()),
        first(f"{ORDER}-s1:quote:1"),
    )[0][0]


@pytest.fixture
def taken(warehouse: WmsWarehouse) -> HandoffAnswer:
    """The sample's shipment, which the warehouse has."""
    return until_done(lambda one: warehouse.hand_off(one, handoff()), first(HAND_OFF))[0]


@pytest.fixture
def mail(sandbox: SandboxClient, timeout: Timeout) -> SendGridMail:
    return SendGridMail(sandbox.base("sendgrid"), "SG.sandbox", timeout=timeout[1])


@pytest.fixture
def receiver() -> Generator[Receiver]:
    """Something for the sandbox to call."""
    with Receiver() as listening:
        yield listening
