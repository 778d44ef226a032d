"""Our own processes as an installation runs them, with a shop that is about to be busy."""

import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.load import OverHttp
from cli import demo_orders
from cli.installation import Installation
from cli.plan import Plan
from cli.progress import Teller
from cli.stack import Stack
from sandbox.client import SandboxClient
from tests.world import PRODUCTS, STOCK

SHOP = "bench"
WORKER = "worker-1"
_COMPLETED = "SELECT count(*) FROM orders WHERE status = 'completed'"
_CSV = {"content-type": "text/csv"}

_COLLECTOR, _NO_TRACES = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SDK_DISABLED"

Delays = Mapping[str, Mapping[str, object]]

AT_ONCE: Delays = {
    "wms": {"auto": True, "pick_after": 0.3, "pack_after": 0.6, "hand_over_after": 0.3},
    # A courier that says nothing on the way: what it says there is no business of an order's, but
    # whether it is told at all would depend on the load.
    "shippo": {"auto_track": True, "transit_after": 86_400, "delivered_after": 0.5},
    "sendgrid": {"auto_events": True, "delivered_after": 0.5},
}
"""People and couriers who are quick, and still slower than an idle machine."""


@dataclass(frozen=True)
class RunningStack:
    """What a measurement holds in its hands."""

    stack: Stack
    folder: Path
    sandbox: SandboxClient
    shop_key: str
    callback_secret: str
    hooks: Delays

    @property
    def database_url(self) -> str:
        """The records' address, as libpq takes it."""
        return libpq(self.stack.environment["ORDERSAGA_DATABASE_URL"])

    @property
    def worker(self) -> int:
        """The process that works the orders."""
        return self.stack.processes[WORKER].pid

    @property
    def processes(self) -> Mapping[str, int]:
        """What shares the machine, by name; Postgres, which is many processes, is not among it."""
        stack = self.stack
        found = {"API": stack.processes["api"].pid, "worker": self.worker}
        found |= {} if stack.temporal is None else {"server": stack.temporal.process.pid}
        return found | ({} if stack.sandbox is None else {"sandbox": stack.sandbox.process.pid})

    def side(self) -> OverHttp:
        """Gives orders to us."""
        headers = {"X-API-Key": self.shop_key}
        return OverHttp(self.stack.api_url, headers, self.worker, self.database_url, _COMPLETED)

    def connect(self, *changes: Delays) -> None:
        """Let the outside world tell our API what it does, but for these changes."""
        sections = {name: dict(section) for name, section in self.hooks.items()}
        for change in changes:
            for name, section in change.items():
                sections.setdefault(name, {}).update(section)
        self.sandbox.configure(**sections)


def libpq(url: str) -> str:
    """An address for psycopg itself."""
    return url.replace("postgresql+psycopg:", "postgresql:", 1)


@contextmanager
def running_stack(
    teller: Teller, delays: Delays = AT_ONCE, *, encrypted: bool = False, collector: str = ""
) -> Generator[RunningStack]:
    """Server, sandbox, API and one worker as processes, in memory, on free ports.

    Nothing is encrypted or traced unless it is asked for: what these cost is a figure of its own.
    ``collector`` is where spans go.
    """
    with tempfile.TemporaryDirectory(prefix="ordersaga-bench-") as folder:
        installation = Installation.at(Path(folder))
        if not encrypted:
            installation.note(codec_keys="")
        traces = {_COLLECTOR: collector} if collector else {_NO_TRACES: "true"}
        stack = Stack(
            installation, Plan(on_files=False), lambda text: teller.say(f"  {text}"), traces
        )
        try:
            stack.start()
            with stack.client() as sandbox:
                running = _open_shop(stack, installation, sandbox, Path(folder))
                running.connect(delays)
                yield running
        finally:
            stack.stop()


def _open_shop(
    stack: Stack, installation: Installation, sandbox: SandboxClient, folder: Path
) -> RunningStack:
    secrets = installation.secrets
    with httpx.Client(
        base_url=stack.api_url, headers={"X-API-Key": secrets["admin_key"]}, timeout=30
    ) as admin:
        shop = {
            "seller": {
                "name": "Tea & Oak",
                "address": demo_orders.address("DE"),
                "email": "shop@tea-and-oak.example",
            },
            "restock_email": "stock@tea-and-oak.example",
            "policy": {"review_after": "PT0.01S", "complaints_within": "PT0.01S"},
            "callback_url": f"{sandbox.base('shop')}/{SHOP}/callbacks",
            "callback_secret": secrets["callback_secret"],
        }
        _sound(admin.put(f"/shops/{SHOP}", json=shop))
        once = _CSV | {"Idempotency-Key": "opening"}
        _sound(admin.post(f"/shops/{SHOP}/products.csv", content=PRODUCTS, headers=_CSV))
        _sound(admin.post(f"/shops/{SHOP}/stock.csv", content=STOCK, headers=once))
        shop_key, warehouse_key = (
            _sound(
                admin.post(f"/shops/{SHOP}/keys", json={"scopes": scopes, "name": "bench"})
            ).json()["key"]
            for scopes in (["shop", "support"], ["warehouse"])
        )
    hooks = f"{stack.api_url}/webhooks"
    return RunningStack(
        stack=stack,
        folder=folder,
        sandbox=sandbox,
        shop_key=shop_key,
        callback_secret=secrets["callback_secret"],
        hooks={
            "stripe": {
                "webhook_url": f"{hooks}/stripe",
                "webhook_secret": secrets["stripe_webhook_secret"],
            },
            "shippo": {"webhook_url": f"{hooks}/shippo/{secrets['shippo_webhook_token']}"},
            "sendgrid": {"webhook_url": f"{hooks}/sendgrid"},
            "wms": {"api_url": stack.api_url, "api_key": warehouse_key},
            "shop": {"secrets": {SHOP: secrets["callback_secret"]}},
        },
    )


def _sound(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise RuntimeError(f"{response.request.url.path}: {response.status_code} {response.text}")
    return response
