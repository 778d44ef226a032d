"""A shop, its products and its orders, as small as they can be and as odd as they may be."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

from backoffice.catalogue import CatalogueBook
from backoffice.database import Database
from backoffice.intake import IntakeBook
from backoffice.shops import ShopBook
from backoffice.stock import StockBook
from domain.address import Address, Seller
from domain.cases import Case, CaseKind
from domain.catalogue import Product
from domain.documents import DocumentKind, FileFormat
from domain.journal import FactOutcome, Journal, StepFact, Transition
from domain.money import Money
from domain.order import Order
from domain.payment import PaymentEvent, PaymentEventKind
from domain.record import Commit, Document, HandoffRecord, Shop
from domain.shipping import Label, LabelFormat
from domain.shop import ShopSetup
from domain.status import OrderStatus, Step
from domain.stock import Want
from domain.warehouse import Handoff, HandoffAnswer, HandoffLine

T = TypeVar("T")

SHOP = "demo"
MUG, TEA = "MUG-BLUE", "TEA-1"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def setup(shop: str = SHOP, **changes: Any) -> ShopSetup:
    address = Address(name="Demo", line1="Quay 1", city="Hamburg", country="DE")
    seller = Seller(name="Demo Ltd", address=address, email="shop@example.com")
    values = {
        "id": shop,
        "seller": seller,
        "restock_email": "buyer@example.com",
        "callback_url": "http://127.0.0.1:9/callbacks",
    }
    return ShopSetup.model_validate(values | changes)


def product(sku: str, **changes: Any) -> Product:
    values = {
        "sku": sku,
        "name": f"Article {sku}",
        "barcodes": (f"400{sku}",),
        "weight_grams": 350,
        "bin": "A-03-2",
        "reorder_point": 5,
    }
    return Product.model_validate(values | changes)


def order_body(number: str = "1001", **changes: Any) -> dict[str, Any]:
    """A canonical order of two mugs and a tea, in JSON values."""
    address = {"name": "Anna Maria Šmíd", "line1": "Ulica 1", "city": "Brno", "country": "CZ"}
    mug = {"net": 2000, "tax": 380, "gross": 2380}
    tea = {"net": 500, "tax": 95, "gross": 595}
    shipping = {"net": 400, "tax": 76, "gross": 476}
    body = {
        "number": number,
        "channel": "web",
        "placed_at": NOW.isoformat(),
        "currency": "EUR",
        "customer": {"name": "Anna Maria Šmíd", "email": "Anna@Example.com"},
        "billing_address": address,
        "shipping_address": address,
        "lines": [
            mug
            | {
                "id": "1",
                "sku": MUG,
                "name": "Mug",
                "quantity": 2,
                "unit_price": 1190,
                "tax_rate": "19",
            },
            tea
            | {
                "id": "2",
                "sku": TEA,
                "name": "Tea",
                "quantity": 1,
                "unit_price": 595,
                "tax_rate": "19",
            },
        ],
        "shipping": shipping | {"tax_rate": "19"},
        "total": {"net": 2900, "tax": 551, "gross": 3451},
        "payment": {"terms": "authorize", "payment_method": "pm_card_visa"},
    }
    return body | changes


def order(number: str = "1001", **changes: Any) -> Order:
    return Order.model_validate(order_body(number, **changes))


class Trade:
    """A shop that is set up, with stock, and takes orders."""

    def __init__(self, database: Database, shop: str = SHOP, stock: int = 100) -> None:
        self.database = database
        self.shop_id = shop
        ShopBook(database).put_shop(setup(shop))
        CatalogueBook(database).put_products(shop, [product(MUG), product(TEA, bin="B-1")])
        self.stock = StockBook(database)
        if stock:
            for sku in (MUG, TEA):
                self.stock.receive(shop, sku, stock, f"opening:{sku}")

    @property
    def shop(self) -> Shop:
        found = ShopBook(self.database).shop(self.shop_id)
        assert found is not None
        return found

    def accept(self, number: str = "1001", **changes: Any) -> str:
        """Take an order in; its id."""
        body = order_body(number, **changes)
        taken = IntakeBook(self.database).accept(self.shop, Order.model_validate(body), body)
        return taken.order_id

    def reserve(self, name: str, mugs: int = 2, teas: int = 1) -> None:
        """Promise an order its pieces, and see that there was no shortage."""
        wanted = (Want(sku=MUG, quantity=mugs), Want(sku=TEA, quantity=teas))
        key = f"{name}:reserve:1"
        assert not self.stock.reserve(self.shop_id, wanted, key, Commit(order=name)).shortages

    def release(self, name: str) -> None:
        """Let go of what an order still has promised."""
        self.stock.release(self.shop_id, f"{name}:release:1", Commit(order=name))

    def on_hand(self, sku: str = MUG) -> int:
        return self.stock.level(self.shop_id, sku).on_hand

    def reserved(self, sku: str = MUG) -> int:
        return self.stock.level(self.shop_id, sku).reserved


def transition(
    number: int, status: OrderStatus = OrderStatus.RESERVED, **changes: Any
) -> Transition:
    values = {"number": number, "status": status, "step": Step.RECEIVED, "at": NOW}
    return Transition.model_validate(values | changes)


def fact(key: str, attempt: int = 1, seconds: float = 1.0, **changes: Any) -> StepFact:
    values = {
        "key": key,
        "step": Step.PAYMENT,
        "operation": "authorize",
        "started_at": NOW,
        "ended_at": NOW + timedelta(seconds=seconds),
        "attempt": attempt,
        "outcome": FactOutcome.DONE,
    }
    return StepFact.model_validate(values | changes)


def journal(*entries: Transition | StepFact | Case) -> Journal:
    return Journal(
        transitions=tuple(one for one in entries if isinstance(one, Transition)),
        facts=tuple(one for one in entries if isinstance(one, StepFact)),
        cases=tuple(one for one in entries if isinstance(one, Case)),
    )


def case(name: str, order_id: str, kind: CaseKind = CaseKind.PICK_OVERDUE, **changes: Any) -> Case:
    values = {"id": name, "order": order_id, "kind": kind, "reason": "late", "opened_at": NOW}
    return Case.model_validate(values | changes)


def payment(key: str, kind: PaymentEventKind, amount: int, **changes: Any) -> PaymentEvent:
    values = {
        "key": key,
        "kind": kind,
        "money": Money(amount=amount, currency="EUR"),
        "provider": "stripe",
        "reference": "pi_1",
        "at": NOW,
    }
    return PaymentEvent.model_validate(values | changes)


def label(order_id: str, version: int = 1, transaction: str = "", parcel: int = 1) -> Label:
    name = f"{order_id}-s1-p{parcel}"
    return Label(
        id=f"{name}-l{version}",
        parcel=name,
        version=version,
        carrier="dhl",
        service="parcel",
        tracking_number=f"TRACK{transaction or name.upper()}-{version}",
        transaction=transaction or f"tx-{name}-{version}",
        cost=Money(amount=550, currency="EUR"),
        format=LabelFormat.PDF,
        url="http://127.0.0.1:9/label.pdf",
    )


def document(key: str, order_id: str, kind: DocumentKind, **changes: Any) -> Document:
    values: dict[str, Any] = {
        "key": key,
        "shipment": f"{order_id}-s1",
        "kind": kind,
        "format": FileFormat.PDF,
        "content": b"%PDF-" + key.encode(),
    }
    return Document(**values | changes)


def handoff(order_id: str, accepted: bool = True, **changes: Any) -> HandoffRecord:
    line = HandoffLine(line="1", sku=MUG, name="Mug", quantity=2, bin="A-03-2", weight_grams=350)
    values = {
        "order": order_id,
        "shipment": f"{order_id}-s1",
        "number": "1001",
        "shop": SHOP,
        "channel": "web",
        "service_level": "standard",
        "ship_to": order().shipping_address,
        "lines": (line,),
        "currency": "EUR",
    }
    answer = HandoffAnswer(accepted=accepted, reference="WMS-1" if accepted else "", reason="")
    return HandoffRecord(Handoff.model_validate(values | changes), answer)


def at_once(calls: Iterable[Callable[[], T]], threads: int = 16) -> list[T]:
    """Run calls side by side, as many at a time as there are threads, started together."""
    waiting = list(calls)
    start = Barrier(min(threads, len(waiting)))

    def run(place: int) -> T:
        if place < start.parties:
            start.wait(10)
        return waiting[place]()

    with ThreadPoolExecutor(start.parties) as pool:
        return list(pool.map(run, range(len(waiting))))
