"""Steps 9 to 11 and their way back: the goods, and the numbered papers that are about them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, Text, cast, func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.commits import write
from backoffice.crediting import Standing, drawn, notes_of, notes_under, standing
from backoffice.database import Database
from backoffice.entries import at_warehouse, entries_at, entries_of, issued_to, reserved_for
from backoffice.journal import lock_order
from backoffice.ledger import locked_standings, post, post_new, restock_needs
from backoffice.refusals import NotReserved
from backoffice.shipments import withdraw_papers
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import (
    CreditNoteRow,
    CreditNoteSeriesRow,
    InvoiceRow,
    InvoiceSeriesRow,
)
from backoffice.tables.shops import ShopRow
from domain.address import Seller
from domain.crediting import ToCredit
from domain.invoicing import WHOLE, Credit, CreditReason, IssuedInvoice, Part, invoice_for
from domain.order import Order
from domain.record import Commit, Committed, Document
from domain.shipping import Portion
from domain.stock import MAIN, StockKind, wants

_INVOICES, _INVOICE_SERIES = table(InvoiceRow), table(InvoiceSeriesRow)
_NOTES, _NOTE_SERIES = table(CreditNoteRow), table(CreditNoteSeriesRow)
_ORDERS, _SHOPS = table(OrderRow), table(ShopRow)


class PaperworkBook:
    """Issues a shipment: goods, invoice and documents leave the books together or not at all.

    In the same way they come back: no goods without a credit note for their invoice.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        remembered: tuple[str, ...] = (),
    ) -> None:
        """``clock`` dates the papers; its year in UTC is the year of their numbers.

        ``remembered`` are the numbers that they had before the records were restored.
        """
        self._database = database
        self._clock = clock
        self._remembered = remembered

    def issue(
        self,
        shop: str,
        shipment: str,
        portions: tuple[Portion, ...],
        key: str,
        commit: Commit,
        invoice: Callable[[str, datetime], Document],
        part: Part = WHOLE,
        warehouse: str = MAIN,
    ) -> Committed:
        """In one transaction: draw the invoice's number and write it, issue the shipment's
        stock from its reservation in a warehouse, queue every document for printing, write the
        commit.

        The number is gapless per shop and year. Under a key that was used before nothing is
        drawn, issued or queued again; the answer is the same.

        Raises:
            NotOnRecord: there is no such order.
            NotReserved: more was picked than the order has reserved.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            order, seller = _order_and_seller(connection, commit.order)
            quantities = _quantities(order, portions)
            now = self._clock()
            entries = entries_of(
                StockKind.ISSUE,
                quantities,
                key,
                now,
                commit.order,
                shipment,
                warehouse=warehouse,
            )
            earlier = _issued(connection, key)
            if earlier is not None:
                committed = write(connection, commit)
                again = restock_needs(connection, shop, (one.key for one in entries))
                return replace(committed, restock=again, invoice=earlier)
            known = locked_standings(connection, shop, quantities)
            _check_reserved(connection, commit.order, quantities, warehouse)
            restock = post_new(connection, shop, entries, known)
            # The number is drawn last: its row is what every invoice of the shop waits for.
            series = _INVOICE_SERIES, shop, now.year, seller.invoice_prefix
            sequence, number = _draw(connection, *series, self._remembered[:1])
            paper = invoice(number, now)
            committed = write(connection, replace(commit, documents=(*commit.documents, paper)))
            connection.execute(
                insert(_INVOICES),
                {
                    "key": key,
                    "shop": shop,
                    "year": now.year,
                    "sequence": sequence,
                    "number": number,
                    "order_id": commit.order,
                    "shipment": shipment,
                    "document": paper.key,
                    "issued_at": now,
                    "portions": [one.model_dump(mode="json") for one in portions],
                    "part": part.model_dump(mode="json"),
                    **_sums(order, portions, part),
                },
            )
            return replace(committed, restock=restock, invoice=number)

    def put_away(
        self,
        shop: str,
        shipment: str,
        reason: CreditReason,
        key: str,
        commit: Commit,
        credit_note: Callable[[IssuedInvoice, str, datetime], Document],
    ) -> tuple[str, ...]:
        """In one transaction: take back what was issued for a shipment, write a credit note for
        each of its invoices that stands, withdraw what is not printed yet, write the commit.

        A credit note takes off all that is left of its invoice. Its number is gapless per shop and
        year, in a series of its own. Under a key that was used before, or where nothing was
        issued, nothing comes back and nothing is credited. Answers the numbers of all credit notes
        of the shipment.

        What came back is promised to the order as before it was issued, until the order itself
        lets go of it: the courier may have it after all, and then it is issued anew.

        Raises:
            NotOnRecord: there is no such order.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            order, seller = _order_and_seller(connection, commit.order)
            now = self._clock()
            out = issued_to(connection, commit.order, shipment)
            # A key may come again after another issue, and what comes back then is its own.
            before = len(notes_of(connection, commit.order, shipment))
            name = f"{key}:{before}" if before else key
            back = entries_at(StockKind.PUT_AWAY, out, name, now, commit.order, shipment)
            again = entries_at(StockKind.RESERVATION, out, f"{name}:again", now, commit.order)
            post(connection, shop, (*back, *again))
            withdraw_papers(connection, commit.order, shipment)
            notes = [
                (one, reason, credit, True)
                for one in standing(connection, commit.order, shipment)
                if (credit := one.rest(order)) is None or credit.by_rate
            ]
            series = _NOTE_SERIES, shop, now.year, seller.credit_note_series
            self._draw_notes(connection, commit, key, notes, series, now, credit_note)
            return notes_of(connection, commit.order, shipment)

    def credit(
        self,
        shop: str,
        shipment: str,
        wanted: ToCredit,
        key: str,
        commit: Commit,
        credit_note: Callable[[IssuedInvoice, str, datetime], Document],
    ) -> tuple[str, ...]:
        """In one transaction: credit a part of a shipment's newest invoice of which something is
        left, write the commit. The goods stay sold.

        Its number is of the same series as other credit notes'. Under a key that was used before
        nothing is credited again. Answers the number; none where no invoice stands.

        Raises:
            NotOnRecord: there is no such order.
        """
        with self._database.transaction() as connection:
            lock_order(connection, commit.order)
            order, seller = _order_and_seller(connection, commit.order)
            now = self._clock()
            earlier = notes_under(connection, key, shipment)
            open_ = () if earlier else standing(connection, commit.order, shipment)[-1:]
            notes = [
                (one, CreditReason.REFUNDED, credit, wanted.last)
                for one in open_
                if (credit := one.part(order, wanted)) is not None
            ]
            series = _NOTE_SERIES, shop, now.year, seller.credit_note_series
            self._draw_notes(connection, commit, key, notes, series, now, credit_note)
            return notes_under(connection, key, shipment)

    def _draw_notes(
        self,
        connection: Connection,
        commit: Commit,
        key: str,
        notes: Sequence[tuple[Standing, CreditReason, Credit | None, bool]],
        series: tuple[Table, str, int, str],
        now: datetime,
        credit_note: Callable[[IssuedInvoice, str, datetime], Document],
    ) -> None:
        """Numbers, papers and rows, and the commit with them."""
        papers, rows = list(commit.documents), list[dict[str, object]]()
        for place, (one, reason, credit, ends) in enumerate(notes):
            known = self._remembered[place : place + 1]
            sequence, number = _draw(connection, *series, known)
            paper = credit_note(one.invoice.model_copy(update={"credit": credit}), number, now)
            papers.append(paper)
            rows.append(
                one.note(key, reason, credit, ends=ends) | drawn(sequence, number, paper.key, now)
            )
        write(connection, replace(commit, documents=tuple(papers)))
        if rows:
            connection.execute(insert(_NOTES), rows)


def _order_and_seller(connection: Connection, order: str) -> tuple[Order, Seller]:
    body, seller = connection.execute(
        select(cast(_ORDERS.c.body, Text), cast(_SHOPS.c.seller, Text))
        .join(_SHOPS, _SHOPS.c.id == _ORDERS.c.shop)
        .where(_ORDERS.c.id == order)
    ).one()
    return Order.model_validate_json(body), Seller.model_validate_json(seller)


def _quantities(order: Order, portions: tuple[Portion, ...]) -> dict[str, int]:
    pairs: list[tuple[str, int]] = []
    for portion in portions:
        line = order.line(portion.line)
        if line is None:
            raise ValueError(f"the order has no line {portion.line}")
        pairs.append((line.sku, portion.quantity))
    return {want.sku: want.quantity for want in wants(tuple(pairs)) if want.quantity}


def _issued(connection: Connection, key: str) -> str | None:
    """The number of the invoice that was issued under a key."""
    return connection.scalars(
        select(_INVOICES.c.number).where(_INVOICES.c.key == key)
    ).one_or_none()


def _check_reserved(
    connection: Connection, order: str, quantities: dict[str, int], warehouse: str
) -> None:
    reserved = at_warehouse(reserved_for(connection, order), warehouse)
    for sku, quantity in quantities.items():
        if quantity > reserved.get(sku, 0):
            raise NotReserved(order, sku, quantity, reserved.get(sku, 0))


def _sums(order: Order, portions: tuple[Portion, ...], part: Part) -> dict[str, object]:
    figures = invoice_for(order, portions, part.earlier, part.shipping)
    total = figures.total
    by_rate = [one.model_dump(mode="json") for one in figures.by_rate]
    return {"net": total.net, "tax": total.tax, "gross": total.gross, "by_rate": by_rate}


def _draw(
    connection: Connection,
    series: Table,
    shop: str,
    year: int,
    prefix: str,
    remembered: tuple[str, ...],
) -> tuple[int, str]:
    """The next number of a shop's series, or the remembered one; given back if the transaction
    fails."""
    known = int(remembered[0].rpartition("-")[2]) if remembered else 0
    last = func.greatest(series.c.last, known) if known else series.c.last + 1
    first = insert(series).values(shop=shop, year=year, last=known or 1)
    newest = connection.scalars(
        first.on_conflict_do_update(index_elements=["shop", "year"], set_={"last": last}).returning(
            series.c.last
        )
    ).one()
    sequence = known or newest
    return sequence, f"{prefix}-{year}-{sequence:06}".removeprefix("-")
