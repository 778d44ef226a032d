"""What an invoice says for the pieces it covers: shares of an order's sums that add up exactly.

A credit note takes an issued invoice back: it says the same, with the sums below zero.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.model import Model
from domain.money import Currency, Money
from domain.order import Line, Minor, Order, Shipping, Sums, TaxRate
from domain.shipping import Portion


class InvoiceLine(Sums):
    """Some pieces of an order line with their share of its sums, in the order's minor unit.

    ``position`` is the line's place on the order, counted from 1.
    """

    position: int
    line: Line
    quantity: int
    discount: Minor


class TaxTotal(Sums):
    """What an invoice comes to at one tax rate, in the order's minor unit."""

    rate: TaxRate


class Invoice(Model):
    """An invoice's figures. Shipping is on an order's first invoice, None on the later ones."""

    currency: Currency
    lines: tuple[InvoiceLine, ...]
    shipping: Shipping | None
    by_rate: tuple[TaxTotal, ...]
    total: Sums


class Part(Model):
    """Which part of its order an invoice is about: the pieces that come before its own in the
    order's division, and whether it bears the shipping fee."""

    earlier: tuple[Portion, ...] = ()
    shipping: bool = True


WHOLE = Part()
"""What an order's only invoice is about."""


class Credit(Model):
    """What a credit note takes off an invoice, above zero: by rate and in all; its lines and the
    fee where they come to just that."""

    by_rate: tuple[TaxTotal, ...]
    total: Sums
    lines: tuple[InvoiceLine, ...] = ()
    shipping: Shipping | None = None


class IssuedInvoice(Model):
    """An invoice that was issued for a shipment: its number, and the pieces that it covers.

    ``credit`` is what a credit note takes off it; None where that is all of it.
    """

    number: str
    issued_at: datetime
    document: str
    portions: tuple[Portion, ...]
    part: Part = WHOLE
    credit: Credit | None = None


class CreditReason(StrEnum):
    """Why an invoice is taken back, in full or in part."""

    CANCELLED = "cancelled"
    RECALLED = "recalled"
    REFUNDED = "refunded"


def pieces_by_line(order: Order, portions: Iterable[Portion]) -> dict[str, int]:
    """How many pieces of each order line the portions hold; lines without any are left out.

    Raises:
        ValueError: a line that the order does not have, or a quantity below zero.
    """
    count: dict[str, int] = {}
    for portion in portions:
        if portion.quantity < 0:
            raise ValueError(f"line {portion.line}: {portion.quantity} is no number of pieces")
        if order.line(portion.line) is None:
            raise ValueError(f"line {portion.line} is not on the order")
        if portion.quantity:
            count[portion.line] = count.get(portion.line, 0) + portion.quantity
    return count


def invoice_for(
    order: Order,
    portions: Iterable[Portion],
    earlier: Iterable[Portion] = (),
    shipping: bool | None = None,
) -> Invoice:
    """The figures of one of an order's invoices, its lines as on the order.

    ``earlier`` are the pieces that come before these in the order's division. Each line's discount
    and tax are split by cumulative rounding, so every share is within a minor unit of its
    proportion, and the invoices of an order add up to the order, however it is divided and
    whichever is issued first. ``shipping`` says whether this one bears the shipping fee; unless it
    is said, the one without pieces before it does.

    Raises:
        ValueError: nothing to invoice, an unknown line, or more pieces than were ordered.
    """
    before = pieces_by_line(order, earlier)
    now = pieces_by_line(order, portions)
    if not now:
        raise ValueError("an invoice needs at least one piece")
    lines = tuple(
        _share(order, position, line, before.get(line.id, 0), now[line.id])
        for position, line in enumerate(order.articles, 1)
        if line.id in now
    )
    fee = order.shipping if (not before if shipping is None else shipping) else None
    billed: list[tuple[str, Sums]] = [(line.line.tax_rate, line) for line in lines]
    if fee is not None:
        billed.append((fee.tax_rate, fee))
    return Invoice(
        currency=order.currency,
        lines=lines,
        shipping=fee,
        by_rate=_by_rate(billed),
        total=_sum(sums for _, sums in billed),
    )


def sums_of(order: Order, line: Line, start: int, count: int) -> Sums:
    """What ``count`` pieces of a line come to that stand behind its first ``start``.

    Raises:
        ValueError: the line has not so many.
    """
    share = _share(order, 1, line, start, count)
    return Sums(net=share.net, tax=share.tax, gross=share.gross)


def due_for(
    order: Order,
    portions: Iterable[Portion],
    earlier: Iterable[Portion] = (),
    shipping: bool | None = None,
) -> Money:
    """What the customer owes for pieces that ship: the gross of their invoice; nothing for none.

    Raises:
        ValueError: an unknown line, or more pieces than were ordered.
    """
    now = tuple(portions)
    if not pieces_by_line(order, now):
        return Money.zero(order.currency)
    gross = invoice_for(order, now, earlier, shipping).total.gross
    return Money(amount=gross, currency=order.currency)


def _share(order: Order, position: int, line: Line, start: int, count: int) -> InvoiceLine:
    if start + count > line.quantity:
        raise ValueError(
            f"line {line.id}: {start + count} pieces on invoices, but {line.quantity} were ordered"
        )
    discount_before, tax_before = _until(order, line, start)
    discount_after, tax_after = _until(order, line, start + count)
    discount, tax = discount_after - discount_before, tax_after - tax_before
    price = line.unit_price * count - discount
    net = price - tax if order.prices_include_tax else price
    return InvoiceLine(
        position=position,
        line=line,
        quantity=count,
        discount=discount,
        net=net,
        tax=tax,
        gross=net + tax,
    )


def _until(order: Order, line: Line, pieces: int) -> tuple[int, int]:
    """Discount and tax of a line's first pieces.

    Tax follows the price rather than the pieces: its increments then never exceed the price's,
    so no share's net falls below zero.
    """
    discount = proportion(line.discount, pieces, line.quantity)
    price = line.unit_price * pieces - discount
    whole = line.gross if order.prices_include_tax else line.net
    if whole:
        return discount, proportion(line.tax, price, whole)
    return discount, proportion(line.tax, pieces, line.quantity)


def proportion(amount: int, part: int, whole: int) -> int:
    """``amount * part / whole``, halves rounded up."""
    return (2 * amount * part + whole) // (2 * whole)


def _by_rate(billed: Iterable[tuple[str, Sums]]) -> tuple[TaxTotal, ...]:
    groups: dict[Decimal, list[tuple[str, Sums]]] = {}
    for rate, sums in billed:
        groups.setdefault(Decimal(rate), []).append((rate, sums))
    totals: list[TaxTotal] = []
    for value in sorted(groups, reverse=True):
        total = _sum(sums for _, sums in groups[value])
        rate = groups[value][0][0]
        totals.append(TaxTotal(rate=rate, net=total.net, tax=total.tax, gross=total.gross))
    return tuple(totals)


def _sum(parts: Iterable[Sums]) -> Sums:
    net = tax = 0
    for part in parts:
        net += part.net
        tax += part.tax
    return Sums(net=net, tax=tax, gross=net + tax)
