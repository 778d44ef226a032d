"""What stands on an invoice, and on the credit note that takes it back, as plain data."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from domain.invoicing import (
    WHOLE,
    Credit,
    CreditReason,
    Invoice,
    InvoiceLine,
    IssuedInvoice,
    Part,
    invoice_for,
)
from domain.money import Currency, Money
from domain.order import Order, Sums
from domain.payment import NothingDue, Prepaid, Transfer
from domain.record import OrderOnRecord
from domain.shipping import Portion
from providers.document_parts import article, breakable, day, facts, head, party
from providers.document_words import Words
from providers.fonts import Json


class _Ink(NamedTuple):
    """How sums and quantities are written: with the sign -1 all of them are taken back."""

    words: Words
    currency: Currency
    sign: int = 1

    def amount(self, minor: int) -> str:
        return self.words.amount(self.money(minor))

    def money(self, minor: int) -> Money:
        return Money(amount=self.sign * minor, currency=self.currency)

    def sums(self, sums: Sums) -> dict[str, Json]:
        parts = {"net": sums.net, "tax": sums.tax, "gross": sums.gross}
        return {name: self.amount(minor) for name, minor in parts.items()}


def invoice_data(
    on_record: OrderOnRecord,
    number: str,
    issued_at: datetime,
    portions: Sequence[Portion],
    words: Words,
    part: Part = WHOLE,
) -> dict[str, Json]:
    """An invoice's contents, with what Directive 2006/112/EC asks for in its article 226.

    The paper travels with the goods, so its date is the date of supply as well.

    Raises:
        ValueError: the portions cannot be invoiced (domain.invoicing).
    """
    order, shop = on_record.order, on_record.shop
    invoice = invoice_for(order, portions, part.earlier, part.shipping)
    return {
        **head(shop, words, words.invoice, number),
        "facts": facts(
            (words.invoice_number, number),
            (words.issued_on, day(issued_at, shop)),
            (words.supplied_on, day(issued_at, shop)),
            *_order(on_record, words),
        ),
        **_body(on_record, invoice, _Ink(words, order.currency)),
        "closing": {"title": words.payment, "lines": [_payment(order, invoice, words)]},
    }


def credit_note_data(
    on_record: OrderOnRecord,
    number: str,
    issued_at: datetime,
    credited: IssuedInvoice,
    reason: CreditReason,
    words: Words,
) -> dict[str, Json]:
    """The contents of a credit note: the invoice that it names (article 219), line by line, or
    what is taken off it.

    Quantities are below zero and unit prices are not, so that each line still adds up, and as
    EN 16931 has it (rule BR-27).

    Raises:
        ValueError: the invoice cannot have been issued for this order (domain.invoicing).
    """
    order, shop = on_record.order, on_record.shop
    invoice = invoice_for(order, credited.portions, credited.part.earlier, credited.part.shipping)
    closing = words.credits_in_full
    if credited.credit is not None:
        invoice, closing = _in_part(order, credited.credit), words.credits_in_part
    invoiced_on = day(credited.issued_at, shop)
    return {
        **head(shop, words, words.credit_note, number),
        "facts": facts(
            (words.credit_note_number, number),
            (words.credited_on, day(issued_at, shop)),
            (words.invoice_number, credited.number),
            (words.invoiced_on, invoiced_on),
            *_order(on_record, words),
        ),
        **_body(on_record, invoice, _Ink(words, order.currency, sign=-1)),
        "closing": {
            "title": words.reason,
            "lines": [
                words.credit_reasons[reason],
                closing.format(invoice=credited.number, date=invoiced_on),
            ],
        },
    }


def _in_part(order: Order, credit: Credit) -> Invoice:
    """What is taken off, as an invoice's figures; a sum alone has no lines."""
    return Invoice(
        currency=order.currency,
        lines=credit.lines,
        shipping=credit.shipping,
        by_rate=credit.by_rate,
        total=credit.total,
    )


def _order(on_record: OrderOnRecord, words: Words) -> Sequence[tuple[str, str]]:
    order, shop = on_record.order, on_record.shop
    return (
        (words.order, breakable(order.number, 22)),
        (words.ordered_on, day(order.placed_at, shop)),
    )


def _body(on_record: OrderOnRecord, invoice: Invoice, ink: _Ink) -> dict[str, Json]:
    """To whom, and for what: lines, shipping, tax by rate, total."""
    order, shop, words = on_record.order, on_record.shop, ink.words
    tax = words.tax_in(shop.seller.address.country)
    basis = words.including_tax if order.prices_include_tax else words.excluding_tax
    addresses = {words.bill_to: order.billing_address}
    if order.shipping_address != order.billing_address:
        addresses[words.ship_to] = order.shipping_address
    return {
        "parties": [party(title, address, words) for title, address in addresses.items()],
        "tax": tax,
        "basis": basis.format(tax=tax),
        "summary": words.summary.format(tax=tax),
        "amounts_in": words.amounts_in.format(currency=invoice.currency),
        "lines": [_line(line, ink) for line in invoice.lines],
        "shipping": _shipping(invoice, ink),
        "rates": [{"rate": words.tax_rate(one.rate), **ink.sums(one)} for one in invoice.by_rate],
        "total": {
            "money": words.money(ink.money(invoice.total.gross)),
            **ink.sums(invoice.total),
        },
        "footer": shop.seller.footer,
    }


def _line(line: InvoiceLine, ink: _Ink) -> dict[str, Json]:
    price = Money(amount=line.line.unit_price, currency=ink.currency)
    return {
        **article(line.position, line.line),
        "quantity": ink.words.number(str(ink.sign * line.quantity)),
        "unit_price": ink.words.amount(price),
        "discount": ink.amount(-line.discount) if line.discount else "",
        "rate": ink.words.tax_rate(line.line.tax_rate),
        **ink.sums(line),
    }


def _shipping(invoice: Invoice, ink: _Ink) -> dict[str, Json] | None:
    if invoice.shipping is None:
        return None
    return {
        "service": ink.words.services[invoice.shipping.service_level],
        "rate": ink.words.tax_rate(invoice.shipping.tax_rate),
        **ink.sums(invoice.shipping),
    }


def _payment(order: Order, invoice: Invoice, words: Words) -> str:
    match order.payment:
        case Prepaid(reference=reference):
            return words.prepaid.format(channel=order.channel, reference=reference)
        case NothingDue():
            return words.nothing_due
        case other:
            due = words.money(Money(amount=invoice.total.gross, currency=invoice.currency))
            if isinstance(other, Transfer):
                return words.transferred.format(total=due)
            return words.charged_when_shipped.format(total=due)
