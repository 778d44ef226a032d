"""Orders to print, and what can be read on the paper."""

import re
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from domain.address import Address, Customer, Seller
from domain.calendar import WorkingCalendar
from domain.ids import order_id, shipment_id
from domain.invoicing import CreditReason, IssuedInvoice
from domain.money import Money
from domain.order import Line, Order, Shipping, Sums
from domain.payment import AuthorizeMethod, NothingDue, PaymentTerms
from domain.policy import Policy
from domain.record import OrderOnRecord, Shop
from domain.shipping import Item, Label, LabelFormat, Portion, label_id, plan_parcels
from providers.typst_documents import TypstPrinter

ISSUED_AT = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
"""Already the sixth of March where the shop is."""

HAMBURG = Address(
    name="Nordlicht Outdoor GmbH",
    line1="Hafenstraße 12",
    city="Hamburg",
    postal_code="20457",
    country="DE",
    phone="+49 40 5550100",
)
MADRID = Address(
    name="Ana María Núñez",
    company="Café Sol S.L.",
    line1="Calle de la Luna 5",
    line2="2º izq.",
    city="Madrid",
    postal_code="28004",
    country="ES",
)
SELLER = Seller(
    name="Nordlicht",
    address=HAMBURG,
    email="service@nordlicht.example",
    tax_id="DE123456789",
    tax_id_abroad="ATU12345678",
    footer="Registergericht Hamburg HRB 12345",
)
BIDI = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def line(
    place: int,
    name: str = "Trail jacket",
    *,
    sku: str = "",
    quantity: int = 1,
    price: int = 4990,
    discount: int = 0,
    rate: str = "19",
    included: bool = True,
    options: dict[str, str] | None = None,
    note: str = "",
) -> Line:
    """A line with the tax that a channel would have charged."""
    basis = price * quantity - discount
    percent = Decimal(rate)
    share = percent / (100 + percent) if included else percent / 100
    tax = int((basis * share).to_integral_value(ROUND_HALF_UP))
    net = basis - tax if included else basis
    return Line(
        id=f"L{place}",
        sku=sku or f"SKU-{place:04d}",
        name=name,
        quantity=quantity,
        options=options or {},
        note=note,
        unit_price=price,
        discount=discount,
        tax_rate=rate,
        net=net,
        tax=tax,
        gross=net + tax,
    )


def on_record(
    *lines: Line,
    shipping: int = 495,
    currency: str = "EUR",
    included: bool = True,
    number: str = "NO-100245",
    language: str = "en",
    billing: Address = MADRID,
    ship_to: Address | None = None,
    payment: PaymentTerms | None = None,
    seller: Seller = SELLER,
    notes: str = "",
    gift_note: str = "",
) -> OrderOnRecord:
    """An order of a Hamburg shop; a trail jacket, where nothing else is said."""
    lines = lines or (line(1, included=included),)
    freight = line(0, price=shipping, included=included)
    billed = (*lines, freight)
    total = Sums(
        net=sum(one.net for one in billed),
        tax=sum(one.tax for one in billed),
        gross=sum(one.gross for one in billed),
    )
    terms = AuthorizeMethod(payment_method="pm_1") if total.gross else NothingDue()
    order = Order(
        number=number,
        channel="web",
        placed_at=datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
        currency=currency,
        prices_include_tax=included,
        customer=Customer(name=billing.name, email="ana@example.com", language=language),
        billing_address=billing,
        shipping_address=ship_to or billing,
        lines=lines,
        shipping=Shipping(tax_rate="19", net=freight.net, tax=freight.tax, gross=freight.gross),
        total=total,
        payment=payment or terms,
        notes=notes,
        gift_note=gift_note,
    )
    shop = Shop(
        id="nordlicht",
        seller=seller,
        restock_email="stock@nordlicht.example",
        policy=Policy(courier_calendar=WorkingCalendar(time_zone="Europe/Berlin")),
    )
    return OrderOnRecord(order_id=order_id(shop.id, "web", number), order=order, shop=shop)


def everything(record: OrderOnRecord) -> tuple[Portion, ...]:
    return tuple(Portion(line=one.id, quantity=one.quantity) for one in record.order.lines)


def slip(
    printer: TypstPrinter, record: OrderOnRecord, portions: tuple[Portion, ...] | None = None
) -> bytes:
    """The slip of the order's first shipment, every piece weighing 740 g."""
    portions = everything(record) if portions is None else portions
    shipment = shipment_id(record.order_id, 1)
    items = [Item(line=one.line, quantity=one.quantity, weight_grams=740) for one in portions]
    parcels = plan_parcels(shipment, items, packaging_grams=150, max_parcel_grams=2000)
    labels = tuple(label(parcel.id, 1) for parcel in parcels)
    return printer.packing_slip(record, shipment, portions, parcels, labels)


def label(parcel: str, version: int) -> Label:
    return Label(
        id=label_id(parcel, version),
        parcel=parcel,
        version=version,
        carrier="DHL",
        service="Paket",
        tracking_number=f"JD0146{parcel[-1]}{version}",
        transaction="t",
        cost=Money(amount=459, currency="EUR"),
        format=LabelFormat.PDF,
        url="http://127.0.0.1/label.pdf",
    )


def invoice(printer: TypstPrinter, record: OrderOnRecord) -> bytes:
    return printer.invoice(record, "INV-2026-000042", ISSUED_AT, everything(record))


def credit_note(
    printer: TypstPrinter, record: OrderOnRecord, reason: CreditReason = CreditReason.CANCELLED
) -> bytes:
    """The credit note for that invoice, from the day after it."""
    issued = IssuedInvoice(
        number="INV-2026-000042",
        issued_at=ISSUED_AT,
        document="s1:invoice:1",
        portions=everything(record),
    )
    at = ISSUED_AT + timedelta(days=1)
    return printer.credit_note(record, "INV-CN-2026-000007", at, issued, reason)


def read(pdf: bytes, *options: str) -> str:
    """The paper's text as pdftotext finds it, without signs that only steer its direction."""
    command = ["pdftotext", *options, "-", "-"]
    text = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return BIDI.sub("", text)


def words(pdf: bytes) -> str:
    """The paper's text with each space, line break and column gap as one space."""
    return " ".join(read(pdf, "-layout").split())


def facts(pdf: bytes) -> dict[str, str]:
    """What pdfinfo says of a file."""
    pairs = (row.partition(":") for row in _pdfinfo(pdf).splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def metadata(pdf: bytes) -> str:
    """What a file says of itself, in XMP."""
    return _pdfinfo(pdf, "-meta")


def _pdfinfo(pdf: bytes, *options: str) -> str:
    command = ["pdfinfo", *options, "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
