"""A whole Ordersaga in one process, for tests and measurements: real engine, real SDKs, sandbox.

The engine skips time where it is told to, the vendors' SDKs talk to the sandbox over loopback, the
API listens on a port so that the sandbox's warehouse and couriers can call it, and worker and
loops run beside. Every world has a task queue, a database and a shop of its own.
"""

import asyncio
import base64
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Interceptor, Worker

from api.serving import put_together
from backoffice.books import Books
from backoffice.database import Database
from cli import demo_orders
from providers.stripe_payment import StripePayment
from runtime.codec import OrderCodec
from runtime.master_keys import new_master_key
from runtime.processes import free_port
from runtime.settings import Settings
from runtime.temporal import encrypting, proving_runner, traced
from runtime.tracing import OFF, Tracing
from sandbox.client import LedgerEntry, SandboxClient
from sandbox.judge import Account, Ending, Expected, judge
from workers.loops import Loops
from workers.relays import Relays
from workers.wiring import Vendors, activity_threads, build_worker

Json = dict[str, Any]
PATIENCE = 45.0
CODEC_KEYS = new_master_key("test")
"""Drawn for this session."""


@dataclass
class World:
    """What a test holds in its hands."""

    environment: WorkflowEnvironment
    client: Client
    sandbox: SandboxClient
    settings: Settings
    books: Books
    api: httpx.AsyncClient
    shop: str
    shop_key: str
    warehouse_key: str
    admin: httpx.AsyncClient
    database_url: str
    vendors: Vendors
    worker: Worker

    # -- orders -------------------------------------------------------------------------------

    def body(self, number: str | None = None, **more: Any) -> Json:
        """A plain order: one line of two mugs, paid by card."""
        rows = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890)]
        number = number or secrets.token_hex(4)
        return demo_orders.order(number, rows, demo_orders.card()) | more

    async def place(self, body: Json | None = None) -> str:
        """Place an order over HTTP; its id."""
        answer = await self.api.post("/orders", json=body or self.body())
        assert answer.status_code == 202, answer.text
        return str(answer.json()["order"])

    def handle(self, order: str) -> WorkflowHandle[Any, Any]:
        """The order's workflow."""
        return self.client.get_workflow_handle(order)

    async def view(self, order: str) -> Json:
        """Everything on record about an order."""
        answer = await self.api.get(f"/orders/{order}")
        assert answer.is_success, answer.text
        return answer.json()

    async def status(self, order: str) -> str:
        """The order's status on record."""
        return str((await self.view(order))["status"])

    async def until(self, order: str, *statuses: str, patience: float = PATIENCE) -> Json:
        """Wait until the order is in one of these statuses, on record."""
        seen: list[str] = []

        async def there() -> Json | None:
            view = await self.view(order)
            seen.append(view["status"])
            return view if view["status"] in statuses else None

        return await eventually(there, lambda: f"{order} is {seen[-1]}, not {statuses}", patience)

    async def until_shipment(self, shipment: str, *statuses: str) -> str:
        """Wait until one of an order's shipments is in one of these statuses, on record."""
        seen: list[str] = []

        async def there() -> bool:
            shipments = (await self.view(shipment.partition("-")[0]))["shipments"]
            found = {one["shipment"]: str(one["status"]) for one in shipments}
            seen.append(found.get(shipment, ""))
            return seen[-1] in statuses

        await eventually(there, lambda: f"{shipment} is {seen[-1]}, not {statuses}")
        return seen[-1]

    async def until_case(self, order: str, kind: str, patience: float = PATIENCE) -> Json:
        """Wait for an open case of this kind; the case."""

        async def there() -> Json | None:
            view = await self.view(order)
            found = [c for c in view["cases"] if c["kind"] == kind and not c.get("closed_at")]
            return found[0] if found else None

        return await eventually(there, lambda: f"{order} has no open case {kind}", patience)

    async def until_ledger(self, order: str, provider: str, kind: str) -> list[LedgerEntry]:
        """Wait until a provider has done something for an order."""

        async def there() -> list[LedgerEntry]:
            return await asyncio.to_thread(self.ledger, order, provider, kind)

        return await eventually(there, lambda: f"{provider} has no {kind} for {order}")

    async def until_history(self, order: str, signal: str) -> bool:
        """Wait until the order has been told something."""

        async def there() -> bool:
            history = await self.handle(order).fetch_history()
            names = [e.workflow_execution_signaled_event_attributes for e in history.events]
            return any(one.signal_name == signal for one in names)

        return bool(await eventually(there, lambda: f"{order} was never told {signal}"))

    async def scan(self, order: str) -> Json:
        """A courier's first scan of an order's first parcel, as a signal's payload."""
        label = self.ledger(order, "shippo", "label_purchased")[0]
        number = str(label.data["tracking_number"])
        now = datetime.now(UTC).isoformat()
        return {"id": "scan", "tracking_number": number, "status": "transit", "at": now}

    async def answer(self, case: Json, answer: str) -> httpx.Response:
        """Answer a case as support does."""
        body = {"answer": answer, "who": "Ana, support", "why": "a test"}
        return await self.api.post(f"/cases/{case['id']}/answer", json=body)

    async def warehouse(
        self, shipment: str, report: str, body: Json, key: str | None = None
    ) -> httpx.Response:
        """Report something as a warehouse system does, over HTTP."""
        headers = {"X-API-Key": self.warehouse_key}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.api.post(
            f"/warehouse/shipments/{shipment}/{report}", json=body, headers=headers
        )

    def checkout_intent(self, amount: int) -> str:
        """A PaymentIntent as a shop's own checkout authorizes it, in euros."""
        answer = httpx.post(
            f"{self.sandbox.base('stripe')}/v1/payment_intents",
            headers={"Authorization": "Bearer sk_test_sandbox"},
            data={
                "amount": str(amount),
                "currency": "eur",
                "capture_method": "manual",
                "payment_method": "pm_card_visa",
                "allowed_payment_method_types[]": "card",
                "confirm": "true",
            },
        )
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    async def pass_time(self, by: timedelta) -> None:
        """Let time pass in the outside world alone."""
        await asyncio.to_thread(self.sandbox.advance, by)

    async def until_mail_state(
        self, order: str, kind: str, *states: str, patience: float = PATIENCE
    ) -> Json:
        """Wait until a mail has come as far as one of these states; its row."""

        async def there() -> Json | None:
            mails = (await self.view(order))["mails"]
            return next((m for m in mails if m["kind"] == kind and m["state"] in states), None)

        return await eventually(there, lambda: f"{order}: no {kind} mail is {states}", patience)

    async def details(self, order: str) -> str:
        """What the order shows of itself in the Temporal UI."""
        metadata = await self.handle(order).query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata
        )
        return metadata.current_details

    async def carry(self, order: str, to: str = "completed") -> Json:
        """Play warehouse and courier by hand up to a status on the way."""
        shipment = f"{order}-s1"
        plays: dict[str, Callable[[], Awaitable[object]]] = {
            "in_fulfilment": lambda: self.wms(shipment, "picked"),
            "ready_to_pack": lambda: self.wms(shipment, "packed"),
            "released": lambda: self.wms(shipment, "handed_over"),
            "shipped": lambda: self.courier(order, "DELIVERED"),
            "delivered": lambda: self.fast_forward(order, timedelta(days=8)),
        }
        while True:
            view = await self.until(order, to, "completed", *plays)
            if view["status"] in (to, "completed"):
                return view
            await plays.pop(view["status"])()

    async def cancel(self, order: str, who: str = "the customer", why: str = "a test") -> Json:
        """Ask for a cancel over HTTP; the answer."""
        answer = await self.api.post(f"/orders/{order}/cancel", json={"who": who, "why": why})
        assert answer.is_success or answer.status_code == 409, answer.text
        return answer.json()

    async def wms(self, shipment: str, action: str, **body: Any) -> Json:
        """Make the warehouse act."""
        return await asyncio.to_thread(self.sandbox.wms, shipment, action, **body)

    async def courier(
        self, order: str, status: str, *, also_void: bool = False, **details: Any
    ) -> None:
        """Make the courier report on every parcel of an order; void labels should be on none."""
        refunds = [] if also_void else self.ledger(order, "shippo", "label_refund_requested")
        void = {entry.data["transaction"] for entry in refunds}
        for entry in self.ledger(order, "shippo", "label_purchased"):
            if entry.data["transaction"] in void:
                continue
            number = str(entry.data["tracking_number"])
            await asyncio.to_thread(self.sandbox.courier, number, status, **details)

    async def fast_forward(self, order: str, by: timedelta) -> None:
        """Let time pass for an order and for the outside world."""
        await asyncio.to_thread(self.sandbox.advance, by)
        await self.environment.fast_forward(self.handle(order), by)

    # -- judgement ----------------------------------------------------------------------------

    def ledger(
        self, order: str | None = None, provider: str | None = None, kind: str | None = None
    ) -> list[LedgerEntry]:
        """What really happened at the providers."""
        return self.sandbox.ledger(provider, order, kind)

    async def judged(self, order: str, ending: Ending, due: int = 4270, **expected: Any) -> Account:
        """The order's account once the outside world is at rest; nothing may be wrong with it."""
        await asyncio.to_thread(self.sandbox.settle, PATIENCE)

        async def sound() -> Account | None:
            last[0] = judge(Expected(order, due, ending, **expected), self.ledger())
            return None if last[0].problems else last[0]

        last = [Account(order)]
        return await eventually(sound, lambda: f"{order}: {last[0].problems}")


async def eventually(
    look: Callable[[], Awaitable[Any]], words: Callable[[], str], patience: float = PATIENCE
) -> Any:
    """Poll until there is something to see; fail with words when it does not come."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while True:
        seen = await look()
        if seen:
            return seen
        assert loop.time() < deadline, words()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def open_world(
    environment: WorkflowEnvironment,
    sandbox: SandboxClient,
    database_url: str,
    *,
    policy: Json | None = None,
    auto: bool = False,
    cached_workflows: int = 1000,
    mail_ambiguity_seconds: int = 600,
    build_id: str = "",
    stripe_timeout: tuple[float, float] | None = None,
    worker: bool = True,
    interceptors: Sequence[Interceptor] = (),
    codec_keys: str = CODEC_KEYS,
    tracing: Tracing = OFF,
) -> AsyncGenerator[World]:
    """Put a world together on an empty, migrated database, and take it apart again.

    With ``auto`` the sandbox's warehouse and couriers act by themselves. ``stripe_timeout`` is
    (connect, read) in seconds, for tests in which Stripe is slower than that. Without ``worker``
    orders wait for a worker from elsewhere on the same task queue. Everything in the engine's
    histories is encrypted; with empty ``codec_keys`` nothing is.
    """
    await asyncio.to_thread(sandbox.reset)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = _settings(sandbox, url, cached_workflows, mail_ambiguity_seconds, codec_keys)
    settings = settings.model_copy(update={"build_id": build_id})
    database = Database(database_url, settings.database_pool)
    books = Books.over(database)
    codec = OrderCodec.of(codec_keys, books.data_keys)
    client = traced(encrypting(environment.client, codec), tracing.trace)
    vendors = Vendors.of(settings, books)
    if stripe_timeout is not None:
        key = settings.stripe_key.get_secret_value()
        vendors = replace(vendors, payment=StripePayment(settings.stripe_url, key, stripe_timeout))
    serving = put_together(settings, environment.client, database_url, tracing)
    server = uvicorn.Server(
        uvicorn.Config(
            serving.app,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=600,  # on a busy machine it would end just as it is used again
        )
    )
    serve = asyncio.create_task(server.serve())
    relays = Relays(client, books, vendors, settings.task_queue, tracing)
    loops = Loops(relays.loops(), database)
    beside = asyncio.create_task(loops.run())
    admin_key = settings.admin_key.get_secret_value()
    try:
        async with httpx.AsyncClient(
            base_url=url, headers={"X-API-Key": admin_key}, timeout=30
        ) as admin:
            shop, shop_key, warehouse_key = await _shop(
                admin, sandbox, settings, url, policy or {}, auto=auto
            )
            async with httpx.AsyncClient(
                base_url=url, headers={"X-API-Key": shop_key}, timeout=30
            ) as api:
                with activity_threads(settings) as executor:
                    own = build_worker(
                        client,
                        settings,
                        books,
                        vendors,
                        executor,
                        interceptors,
                        proving_runner(),
                    )
                    async with own if worker else nullcontext():
                        yield World(
                            environment,
                            client,
                            sandbox,
                            settings,
                            books,
                            api,
                            shop,
                            shop_key,
                            warehouse_key,
                            admin,
                            database_url,
                            vendors,
                            own,
                        )
    finally:
        loops.stop()
        await beside
        await relays.close()
        vendors.close()
        server.should_exit = True
        await serve
        serving.database.close()
        database.close()


def _settings(
    sandbox: SandboxClient,
    url: str,
    cached_workflows: int,
    mail_ambiguity_seconds: int,
    codec_keys: str,
) -> Settings:
    public_key = httpx.get(f"{sandbox.url}/_sandbox/sendgrid/public-key").json()["public_key"]
    return Settings.model_validate(
        {
            "stripe_url": sandbox.base("stripe"),
            "stripe_key": "sk_test_sandbox",
            "stripe_webhook_secret": "whsec_test",
            "shippo_url": sandbox.base("shippo"),
            "shippo_key": "shippo_test_sandbox",
            "shippo_webhook_token": "test-token",
            "sendgrid_url": sandbox.base("sendgrid"),
            "sendgrid_key": "SG.sandbox",
            "sendgrid_webhook_key": public_key,
            "wms_url": sandbox.base("wms"),
            "wms_key": "wms-sandbox",
            "bank_url": sandbox.base("bank"),
            "bank_key": "bank-sandbox",
            "bank_webhook_secret": "bank_sandbox_secret",
            "admin_key": "admin-" + secrets.token_hex(8),
            "codec_keys": codec_keys,
            "public_url": url,
            "task_queue": "orders-" + secrets.token_hex(6),
            "activity_threads": 16,
            "cached_workflows": cached_workflows,
            "mail_ambiguity_seconds": mail_ambiguity_seconds,
            "in_doubt_seconds": 3,
        }
    )


async def _shop(
    admin: httpx.AsyncClient,
    sandbox: SandboxClient,
    settings: Settings,
    url: str,
    policy: Json,
    *,
    auto: bool,
) -> tuple[str, str, str]:
    shop = "shop-" + secrets.token_hex(4)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    await _healthy(admin)
    body = {
        "seller": {
            "name": "Tea & Oak",
            "address": demo_orders.address("DE") | {"phone": "+49 351 5550100"},
            "email": "shop@tea-and-oak.example",
        },
        "restock_email": "stock@tea-and-oak.example",
        "policy": policy,
        "callback_url": f"{sandbox.base('shop')}/{shop}/callbacks",
        "callback_secret": secret,
    }
    _sound(await admin.put(f"/shops/{shop}", json=body))
    for path, rows in (("products.csv", PRODUCTS), ("stock.csv", STOCK)):
        headers = {"content-type": "text/csv", "Idempotency-Key": "opening"}
        _sound(await admin.post(f"/shops/{shop}/{path}", content=rows, headers=headers))
    keys = [
        _sound(
            await admin.post(f"/shops/{shop}/keys", json={"scopes": scopes, "name": "test"})
        ).json()["key"]
        for scopes in (["shop", "support"], ["warehouse"])
    ]

    def connect() -> None:
        sandbox.configure(
            stripe={"webhook_url": f"{url}/webhooks/stripe", "webhook_secret": "whsec_test"},
            shippo={"webhook_url": f"{url}/webhooks/shippo/test-token", "auto_track": auto},
            sendgrid={"webhook_url": f"{url}/webhooks/sendgrid"},
            wms={"api_url": url, "api_key": keys[1], "auto": auto},
            bank={"webhook_url": f"{url}/webhooks/bank"},
            shop={"secrets": {shop: secret}},
        )

    await asyncio.to_thread(connect)
    return shop, keys[0], keys[1]


async def _healthy(admin: httpx.AsyncClient) -> None:
    async def answers() -> bool:
        try:
            return (await admin.get("/health/ready")).is_success
        except httpx.ConnectError:
            return False

    await eventually(answers, lambda: "the API does not come up")


def _sound(response: httpx.Response) -> httpx.Response:
    assert response.is_success, f"{response.request.url}: {response.status_code} {response.text}"
    return response


PRODUCTS = """sku,name,barcodes,weight_grams,bin,reorder_point,hs_code,origin,customs_name
MUG-BLUE,Stoneware mug,4006381333931,350,A-03-2,5,691200,DE,Stoneware mug
TEAPOT,Cast-iron teapot,4902778915615,1450,A-12-1,2,732393,JP,Cast-iron teapot
NOTEBOOK,Dotted notebook A5,9780201379624,310,B-07-3,10,482010,DE,Paper notebook
"""
STOCK = """sku,quantity
MUG-BLUE,100000
TEAPOT,12
NOTEBOOK,11
"""
