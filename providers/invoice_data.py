"""What stands on an invoice, as plain data for its template."""

from collections.abc import Sequence
from datetime import datetime

from domain.invoicing import Invoice, InvoiceLine, invoice_for
from domain.money import Currency, Money
from domain.order import Order, Sums
from domain.payment import NothingDue, Prepaid
from domain.record import OrderOnRecord
from domain.shipping import Portion
from providers.document_parts import article, breakable, day, facts, head, party
from providers.document_words import Words
from providers.fonts import Json


def invoice_data(
    on_record: OrderOnRecord,
    number: str,
    issued_at: datetime,
    portions: Sequence[Portion],
    words: Words,
) -> dict[str, Json]:
    """An invoice's contents, with what Directive 2006/112/EC asks for in its article 226.

    The paper travels with the goods, so its date is the date of supply as well.

    Raises:
        ValueError: the portions cannot be invoiced (domain.invoicing).
    """
    order, shop = on_record.order, on_record.shop
    invoice = invoice_for(order, portions)
    tax = words.tax_in(shop.seller.address.country)
    basis = words.including_tax if order.prices_include_tax else words.excluding_tax
    addresses = {words.bill_to: order.billing_address}
    if order.shipping_address != order.billing_address:
        addresses[words.ship_to] = order.shipping_address
    return {
        **head(shop, words, words.invoice, number),
        "facts": facts(
            (words.invoice_number, number),
            (words.issued_on, day(issued_at, shop)),
            (words.supplied_on, day(issued_at, shop)),
            (words.order, breakable(order.number, 22)),
            (words.ordered_on, day(order.placed_at, shop)),
        ),
        "parties": [party(title, address, words) for title, address in addresses.items()],
        "tax": tax,
        "basis": basis.format(tax=tax),
        "summary": words.summary.format(tax=tax),
        "amounts_in": words.amounts_in.format(currency=invoice.currency),
        "lines": [_line(line, invoice.currency, words) for line in invoice.lines],
        "shipping": _shipping(invoice, words),
        "rates": [
            {"rate": words.tax_rate(one.rate), **_sums(one, invoice.currency, words)}
            for one in invoice.by_rate
        ],
        "total": {
            "money": words.money(_due(invoice)),
            **_sums(invoice.total, invoice.currency, words),
        },
        "payment": _payment(order, invoice, words),
        "footer": shop.seller.footer,
    }


def _line(line: InvoiceLine, currency: Currency, words: Words) -> dict[str, Json]:
    price = Money(amount=line.line.unit_price, currency=currency)
    discount = Money(amount=-line.discount, currency=currency)
    return {
        **article(line.position, line.line),
        "quantity": words.number(str(line.quantity)),
        "unit_price": words.amount(price),
        "discount": words.amount(discount) if line.discount else "",
        "rate": words.tax_rate(line.line.tax_rate),
        **_sums(line, currency, words),
    }


def _shipping(invoice: Invoice, words: Words) -> dict[str, Json] | None:
    if invoice.shipping is None:
        return None
    return {
        "service": words.services[invoice.shipping.service_level],
        "rate": words.tax_rate(invoice.shipping.tax_rate),
        **_sums(invoice.shipping, invoice.currency, words),
    }


def _sums(sums: Sums, currency: Currency, words: Words) -> dict[str, Json]:
    parts = {"net": sums.net, "tax": sums.tax, "gross": sums.gross}
    return {
        name: words.amount(Money(amount=amount, currency=currency))
        for name, amount in parts.items()
    }


def _payment(order: Order, invoice: Invoice, words: Words) -> str:
    match order.payment:
        case Prepaid(reference=reference):
            return words.prepaid.format(channel=order.channel, reference=reference)
        case NothingDue():
            return words.nothing_due
        case _:
            return words.charged_when_shipped.format(total=words.money(_due(invoice)))


def _due(invoice: Invoice) -> Money:
    return Money(amount=invoice.total.gross, currency=invoice.currency)
