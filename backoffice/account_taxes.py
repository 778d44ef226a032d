"""Tax as it was invoiced and credited, by rate and by the country that goods went to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, Select, Text, column, func, select, true

from backoffice.tables.base import Json, table
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import CreditNoteRow, InvoiceRow
from domain.accounts import Amounts, Period, TaxLine
from domain.crediting import left_at
from domain.invoicing import Part, TaxTotal, invoice_for
from domain.order import Order
from domain.shipping import Portion

_INVOICES, _NOTES, _ORDERS = table(InvoiceRow), table(CreditNoteRow), table(OrderRow)
CURRENCY = _ORDERS.c.body["currency"].as_string()
_COUNTRY = _ORDERS.c.body["shipping_address"]["country"].as_string()
_OF_INVOICE = (
    _INVOICES.c.key.label("invoice"),
    _ORDERS.c.id.label("order"),
    _COUNTRY.label("country"),
    CURRENCY.label("currency"),
    _INVOICES.c.by_rate.label("rates"),
    _INVOICES.c.portions,
    _INVOICES.c.part,
)


class _Line(NamedTuple):
    country: str
    currency: str
    rate: str


@dataclass(frozen=True)
class _Paper:
    """An invoice with its sums by rate, or a credit note with those of its invoice."""

    invoice: str
    order: str
    country: str
    currency: str
    rates: list[Json] | None
    portions: list[Json]
    part: Json
    credited: list[Json] | None = None

    def line(self, rate: str) -> _Line:
        """Where a sum of it at a rate counts."""
        return _line(self.country, self.currency, rate)


def _line(country: str, currency: str, rate: str) -> _Line:
    """Where a sum counts: "19" and "19.0" are one rate."""
    return _Line(country, currency, format(Decimal(rate).normalize(), "f"))


def tax_lines(connection: Connection, period: Period, shop: str | None) -> tuple[TaxLine, ...]:
    """What was invoiced and credited in the period."""
    invoiced = _invoiced(connection, period, shop)
    credited: defaultdict[_Line, Amounts] = defaultdict(Amounts)
    notes = _read(connection, _credit_notes(period, shop))
    rates = _rates(connection, notes)
    earlier = _partial_notes(connection, {note.invoice for note in notes})
    for note in notes:
        taken = _totals(note.credited)
        if note.credited is None:  # the last one takes all that its forerunners left
            taken = left_at(rates[note.invoice], earlier[note.invoice])
        for one in taken:
            credited[note.line(one.rate)] += Amounts.less(one.net, one.tax)
    return tuple(
        TaxLine(
            **line._asdict(),
            invoiced=invoiced[line],
            credited=credited[line],
            total=invoiced[line] + credited[line],
        )
        for line in sorted(invoiced.keys() | credited.keys())
    )


def _invoiced(
    connection: Connection, period: Period, shop: str | None
) -> defaultdict[_Line, Amounts]:
    """Invoices are many: the database adds up what they say by rate."""
    wanted = _invoices(period, shop)
    rates = (
        func.jsonb_to_recordset(_INVOICES.c.by_rate)
        .table_valued(
            column("rate", Text), column("net", BigInteger), column("tax", BigInteger), name="rates"
        )
        .render_derived(with_types=True)
    )
    sums = (
        wanted.with_only_columns(
            _COUNTRY.label("country"),
            CURRENCY.label("currency"),
            rates.c.rate,
            func.sum(rates.c.net).label("net"),
            func.sum(rates.c.tax).label("tax"),
        )
        .join(rates, true())
        .group_by(_COUNTRY, CURRENCY, rates.c.rate)
    )
    found: defaultdict[_Line, Amounts] = defaultdict(Amounts)
    for row in connection.execute(sums).mappings():
        net, tax = int(row["net"]), int(row["tax"])
        line = _line(row["country"], row["currency"], row["rate"])
        found[line] += Amounts(net=net, tax=tax, gross=net + tax)
    old = _read(connection, wanted.where(_INVOICES.c.by_rate.is_(None)))
    totals = _rates(connection, old)
    for paper in old:
        for one in totals[paper.invoice]:
            found[paper.line(one.rate)] += Amounts(net=one.net, tax=one.tax, gross=one.gross)
    return found


def _invoices(period: Period, shop: str | None) -> Select[*tuple[object, ...]]:
    issued = _INVOICES.c.issued_at
    wanted = (
        select(*_OF_INVOICE)
        .join(_ORDERS, _ORDERS.c.id == _INVOICES.c.order_id)
        .where(issued >= period.start, issued < period.end)
    )
    return wanted if shop is None else wanted.where(_INVOICES.c.shop == shop)


def _credit_notes(period: Period, shop: str | None) -> Select[*tuple[object, ...]]:
    issued = _NOTES.c.issued_at
    wanted = (
        select(*_OF_INVOICE, _NOTES.c.by_rate.label("credited"))
        .join(_NOTES, _NOTES.c.invoice == _INVOICES.c.key)
        .join(_ORDERS, _ORDERS.c.id == _INVOICES.c.order_id)
        .where(issued >= period.start, issued < period.end)
    )
    return wanted if shop is None else wanted.where(_NOTES.c.shop == shop)


def _read(connection: Connection, wanted: Select[*tuple[object, ...]]) -> list[_Paper]:
    return [_Paper(**row) for row in connection.execute(wanted).mappings()]


def _rates(
    connection: Connection, papers: Iterable[_Paper]
) -> defaultdict[str, tuple[TaxTotal, ...]]:
    """Each invoice's sums by rate; those of earlier builds are worked out anew from the order."""
    found: defaultdict[str, tuple[TaxTotal, ...]] = defaultdict(tuple)
    without: dict[str, _Paper] = {}
    for paper in papers:
        if paper.rates is None:
            without[paper.invoice] = paper
        else:
            found[paper.invoice] = _totals(paper.rates)
    names = {paper.order for paper in without.values()}
    bodies = select(_ORDERS.c.id, _ORDERS.c.body).where(_ORDERS.c.id.in_(names))
    orders = {
        name: Order.model_validate(body)
        for name, body in (connection.execute(bodies) if names else ())
    }
    for name, paper in without.items():
        portions = [Portion.model_validate(one) for one in paper.portions]
        part = Part.model_validate(paper.part)
        figures = invoice_for(orders[paper.order], portions, part.earlier, part.shipping)
        found[name] = figures.by_rate
    return found


def _partial_notes(connection: Connection, invoices: set[str]) -> defaultdict[str, list[TaxTotal]]:
    """What was taken off invoices in part, whenever that was."""
    found: defaultdict[str, list[TaxTotal]] = defaultdict(list)
    rows = connection.execute(
        select(_NOTES.c.invoice, _NOTES.c.by_rate).where(
            _NOTES.c.invoice.in_(invoices), _NOTES.c.by_rate.is_not(None)
        )
    )
    for invoice, rates in rows:
        found[invoice] += _totals(rates)
    return found


def _totals(rates: Sequence[Json] | None) -> tuple[TaxTotal, ...]:
    return tuple(TaxTotal.model_validate(one) for one in rates or ())
