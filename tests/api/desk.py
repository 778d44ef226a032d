"""The API over ASGI, on a database and a task queue of its own; no worker listens to the queue."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.example_order import EXAMPLE_ORDER
from api.serving import put_together
from api.shops import EXAMPLE_SHOP
from api.wiring import Wiring
from backoffice.books import Books
from backoffice.database import Database
from domain.journal import Journal, Transition
from domain.money import Money
from domain.record import Commit, HandoffRecord
from domain.shipping import Label, LabelFormat
from domain.shop import Scope
from domain.status import OrderStatus, Step
from domain.warehouse import Handoff, HandoffAnswer, HandoffLine
from runtime.master_keys import new_master_key
from runtime.settings import Settings
from tests.api.signing import BANK_SECRET, SENDGRID_PUBLIC_KEY, SHIPPO_TOKEN, STRIPE_SECRET

Json = dict[str, Any]
ADMIN_KEY = "admin-key-of-this-test"
UI_URL = "https://temporal.example"
CODEC_KEYS = new_master_key("test")

PRODUCTS = (
    {
        "sku": "MUG-BLUE",
        "name": "Mug",
        "barcodes": ["4006381333931"],
        "weight_grams": 350,
        "bin": "A-10-1",
        "hs_code": "691110",
        "origin": "DE",
    },
    {"sku": "MUG-GREEN", "name": "Green mug", "weight_grams": 350, "bin": "A-9-1"},
)


@dataclass
class Desk:
    """What a test holds in its hands: the application, its books, and keys of every kind."""

    app: FastAPI
    books: Books
    engine: Client
    settings: Settings
    shop: str
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def other_shop(self) -> str:
        """A shop that has nothing to do with this one; key ``other`` may do everything there."""
        return f"other-than-{self.shop}"

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """One call, with the key of this scope (or ``admin``), or with none."""
        sent = dict(headers or {})
        if key is not None:
            sent["X-API-Key"] = self.keys.get(key, key)
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.request(
                method, path, json=body, headers=sent, content=content, params=params
            )

    async def place(self, body: Json | None = None) -> str:
        """Place an order; its id."""
        answer = await self.call("POST", "/orders", body or order(), key="shop")
        assert answer.status_code == 202, answer.text
        return str(answer.json()["order"])

    async def is_started(self, order_id: str) -> bool:
        """Whether the engine has a workflow of this id."""
        try:
            await self.engine.get_workflow_handle(order_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    def rewired(self, **changes: Any) -> Wiring:
        """What the application was put together from, but for some parts."""
        return replace(cast("Wiring", self.app.state.wiring), **changes)

    async def set_up(self) -> None:
        """A shop with a catalogue, a key for each scope, and another shop with a key for all."""
        for shop in (self.shop, self.other_shop):
            found = await self.call("PUT", f"/shops/{shop}", EXAMPLE_SHOP, key="admin")
            assert found.status_code == 200, found.text
        for scopes in ([Scope.SHOP], [Scope.WAREHOUSE], [Scope.SUPPORT]):
            self.keys[scopes[0].value] = self.books.shops.issue_key(self.shop, scopes, "test")
        self.keys["other"] = self.books.shops.issue_key(self.other_shop, list(Scope), "test")
        products = {"products": list(PRODUCTS)}
        answer = await self.call("PUT", f"/shops/{self.shop}/products", products, key="admin")
        assert answer.status_code == 200, answer.text

    # -- what an order's workflow would have put on record ----------------------------------

    def advance(self, order_id: str, *statuses: OrderStatus) -> None:
        """Put changes of status on record, numbered on."""
        view = self.books.search.order(self.shop, order_id)
        assert view is not None
        first = len(view.transitions) + 1
        transitions = tuple(
            Transition(number=number, status=status, step=Step.RECEIVED, at=view.accepted_at)
            for number, status in enumerate(statuses, first)
        )
        self.books.records.commit(Commit(order_id, Journal(transitions=transitions)))

    def hand_off(self, order_id: str, *, accepted: bool = True, status: bool = True) -> str:
        """Put the handoff of all lines on record, as MUG-BLUE in A-10-1; the shipment."""
        view = self.books.search.order(self.shop, order_id)
        assert view is not None
        lines = tuple(
            HandoffLine(
                line=line.id,
                sku=line.sku,
                name=line.name,
                barcodes=("4006381333931",) if line.sku == "MUG-BLUE" else (),
                quantity=line.quantity,
                bin="A-10-1",
                weight_grams=350,
            )
            for line in view.order.lines
        )
        handoff = Handoff(
            order=order_id,
            shipment=f"{order_id}-s1",
            number=view.order.number,
            shop=self.shop,
            channel=view.order.channel,
            service_level="standard",
            ship_to=view.order.shipping_address,
            lines=lines,
            currency=view.order.currency,
        )
        record = HandoffRecord(handoff, HandoffAnswer(accepted=accepted, reason="no room"))
        self.books.records.commit(Commit(order_id, handoff=record))
        if status:
            self.advance(
                order_id,
                OrderStatus.RESERVED,
                OrderStatus.PAYMENT_SECURED,
                OrderStatus.IN_FULFILMENT,
            )
        return handoff.shipment

    def buy_label(self, order_id: str, number: str) -> str:
        """Put a bought label on record; its parcel."""
        parcel = f"{order_id}-s1-p1"
        label = Label(
            id=f"{parcel}-l1",
            parcel=parcel,
            version=1,
            carrier="dhl",
            service="parcel",
            tracking_number=number,
            transaction=f"tx-{number}",
            cost=Money(amount=499, currency="EUR"),
            format=LabelFormat.PDF,
            url="http://127.0.0.1:9/label.pdf",
        )
        self.books.records.commit(Commit(order_id, labels=(label,)))
        return parcel


def order(number: str = "1001", **changes: Any) -> Json:
    """Two mugs, as the description of the API shows them."""
    return EXAMPLE_ORDER | {"number": number} | changes


@asynccontextmanager
async def open_desk(engine: Client, database_url: str) -> AsyncGenerator[Desk]:
    """Put the API together as a process of its own would, and set a shop up."""
    settings = Settings.model_validate(
        {
            "stripe_webhook_secret": STRIPE_SECRET,
            "shippo_webhook_token": SHIPPO_TOKEN,
            "sendgrid_webhook_key": SENDGRID_PUBLIC_KEY,
            "bank_webhook_secret": BANK_SECRET,
            "admin_key": ADMIN_KEY,
            "public_url": "https://api.example",
            "temporal_ui_url": UI_URL,
            "codec_keys": CODEC_KEYS,
            "task_queue": f"nobody-listens-{secrets.token_hex(6)}",
        }
    )
    serving = put_together(settings, engine, database_url)
    second = Database(database_url)
    # The engine is shared by all tests, and an order's id follows from its shop and number.
    shop = f"shop-{secrets.token_hex(6)}"
    books = Books.over(second)
    desk = Desk(serving.app, books, engine, settings, shop, {"admin": ADMIN_KEY})
    await desk.set_up()
    yield desk
    second.close()
    serving.database.close()
