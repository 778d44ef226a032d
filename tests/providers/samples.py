"""An order as all tests here know it."""

from datetime import UTC, datetime

from domain.address import Address, Customer, Seller
from domain.money import Money
from domain.order import Line, Order, Shipping, Sums
from domain.payment import AuthorizeMethod, Payer, PaymentTerms
from domain.record import OrderOnRecord, Shop
from domain.shipping import PlannedParcel, Portion
from domain.warehouse import Handoff, HandoffLine

ORDER = "ord_1"
SHIPMENT = f"{ORDER}-s1"
PARCEL = PlannedParcel(
    id=f"{SHIPMENT}-p1", weight_grams=850, contents=(Portion(line="1", quantity=2),)
)
LABEL = f"{PARCEL.id}-l1"

BERLIN = Address(
    name="Mugs & More GmbH",
    line1="Torstraße 1",
    city="Berlin",
    postal_code="10115",
    country="DE",
    phone="+49 30 1234567",
)
VIENNA = Address(
    name="Grete Beispiel",
    line1="Ringstraße 5",
    city="Wien",
    postal_code="1010",
    country="AT",
    phone="+43 1 2345678",
)
NEW_YORK = Address(
    name="José Ejemplo",
    line1="12 Elm Street",
    city="New York",
    region="NY",
    postal_code="10001",
    country="US",
    phone="+1 212 555 0100",
)
SELLER = Seller(name="Mugs & More", address=BERLIN, email="hello@mugs.example")
CUSTOMER = Customer(name="Grete Beispiel", email="grete@example.com")
PAYER = Payer(customer=CUSTOMER)
VISA = AuthorizeMethod(payment_method="pm_card_visa")


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def on_record(
    payment: PaymentTerms = VISA,
    customer: Customer = CUSTOMER,
    number: str = "1001",
    name: str = "Stoneware mug",
    prices_include_tax: bool = True,
) -> OrderOnRecord:
    """Two mugs at 10.00 EUR, 5.00 EUR for shipping, 19 % tax."""
    basis = 1000 if prices_include_tax else 840
    line = Line(
        id="1",
        sku="MUG",
        name=name,
        quantity=2,
        options={"colour": "blue"},
        unit_price=basis,
        tax_rate="19",
        net=1681 if prices_include_tax else 1680,
        tax=319,
        gross=2000 if prices_include_tax else 1999,
    )
    shipping = Shipping(tax_rate="19", net=420, tax=80, gross=500)
    order = Order(
        number=number,
        channel="web",
        placed_at=datetime.now(UTC),
        currency="EUR",
        prices_include_tax=prices_include_tax,
        customer=customer,
        billing_address=VIENNA,
        shipping_address=VIENNA,
        lines=(line,),
        shipping=shipping,
        total=Sums(
            net=line.net + shipping.net,
            tax=line.tax + shipping.tax,
            gross=line.gross + shipping.gross,
        ),
        payment=payment,
    )
    shop = Shop(
        id="demo",
        seller=SELLER,
        restock_email="stock@mugs.example",
        status_page="https://mugs.example/orders/",
    )
    return OrderOnRecord(order_id=ORDER, order=order, shop=shop)


def handoff(**changes: object) -> Handoff:
    """A handoff of two mugs."""
    document = Handoff(
        order=ORDER,
        shipment=SHIPMENT,
        number="1001",
        shop="demo",
        channel="web",
        service_level="standard",
        ship_to=VIENNA,
        lines=(
            HandoffLine(
                line="1",
                sku="MUG",
                name="Stoneware mug",
                barcodes=("4006381333931", "4006381333932"),
                quantity=2,
                bin="A-03-2",
                options={"colour": "blue"},
                weight_grams=350,
            ),
        ),
        currency="EUR",
    )
    return document.model_copy(update=changes)
