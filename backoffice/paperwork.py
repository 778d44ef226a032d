"""Steps 9 to 11 and their way back: the goods, and the numbered papers that are about them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, Table, Text, cast, func, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.commits import write
from backoffice.database import Database
from backoffice.entries import entries_of, issued_to, reserved_for
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
from domain.invoicing import WHOLE, CreditReason, IssuedInvoice, Part, invoice_for
from domain.order import Order
from domain.record import Commit, Committed, Document
from domain.shipping import Portion
from domain.stock import StockKind, wants

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
    ) -> Committed:
        """In one transaction: draw the invoice's number and write it, issue the shipment's
        stock from its reservation, queue every document for printing, write the commit.

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
            entries = entries_of(StockKind.ISSUE, quantities, key, now, commit.order, shipment)
            earlier = _issued(connection, key)
            if earlier is not None:
                committed = write(connection, commit)
                again = restock_needs(connection, shop, (one.key for one in entries))
                return replace(committed, restock=again, invoice=earlier)
            known = locked_standings(connection, shop, quantities)
            _check_reserved(connection, commit.order, quantities)
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
        each of its invoices that has none, withdraw what is not printed yet, write the commit.

        A credit note takes off all that its invoice comes to. Its number is gapless per shop and
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
            _, seller = _order_and_seller(connection, commit.order)
            now = self._clock()
            out = issued_to(connection, commit.order, shipment)
            # A key may come again after another issue, and what comes back then is its own.
            before = len(_notes_of(connection, commit.order, shipment))
            name = f"{key}:{before}" if before else key
            back = entries_of(StockKind.PUT_AWAY, out, name, now, commit.order, shipment)
            again = entries_of(StockKind.RESERVATION, out, f"{name}:again", now, commit.order)
            post(connection, shop, (*back, *again))
            withdraw_papers(connection, commit.order, shipment)
            papers, notes = list(commit.documents), list[dict[str, object]]()
            for place, row in enumerate(_not_credited(connection, commit.order, shipment)):
                known = self._remembered[place : place + 1]
                series = _NOTE_SERIES, shop, now.year, seller.credit_note_series
                sequence, number = _draw(connection, *series, known)
                paper = credit_note(_invoice_of(row), number, now)
                papers.append(paper)
                drawn = {"year": now.year, "sequence": sequence, "number": number}
                made = {"document": paper.key, "issued_at": now}
                notes.append(_credit(row, key, reason) | drawn | made)
            write(connection, replace(commit, documents=tuple(papers)))
            if notes:
                connection.execute(insert(_NOTES), notes)
            return _notes_of(connection, commit.order, shipment)


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


def _check_reserved(connection: Connection, order: str, quantities: dict[str, int]) -> None:
    reserved = reserved_for(connection, order)
    for sku, quantity in quantities.items():
        if quantity > reserved.get(sku, 0):
            raise NotReserved(order, sku, quantity, reserved.get(sku, 0))


def _sums(order: Order, portions: tuple[Portion, ...], part: Part) -> dict[str, int]:
    total = invoice_for(order, portions, part.earlier, part.shipping).total
    return {"net": total.net, "tax": total.tax, "gross": total.gross}


def _not_credited(connection: Connection, order: str, shipment: str) -> list[RowMapping]:
    credited = select(_NOTES.c.key).where(_NOTES.c.invoice == _INVOICES.c.key).exists()
    of_shipment = (_INVOICES.c.order_id == order) & (_INVOICES.c.shipment == shipment)
    found = select(_INVOICES).where(of_shipment, ~credited).order_by(_INVOICES.c.sequence)
    return list(connection.execute(found).mappings())


def _notes_of(connection: Connection, order: str, shipment: str) -> tuple[str, ...]:
    of_shipment = (_NOTES.c.order_id == order) & (_NOTES.c.shipment == shipment)
    found = select(_NOTES.c.number).where(of_shipment).order_by(_NOTES.c.year, _NOTES.c.sequence)
    return tuple(connection.scalars(found))


def _invoice_of(row: RowMapping) -> IssuedInvoice:
    return IssuedInvoice(
        number=row["number"],
        issued_at=row["issued_at"],
        document=row["document"],
        portions=tuple(Portion.model_validate(one) for one in row["portions"]),
        part=Part.model_validate(row["part"]),
    )


def _credit(row: RowMapping, key: str, reason: CreditReason) -> dict[str, object]:
    """What takes an invoice off the books, to the last minor unit."""
    return {
        "key": f"{key}:{row['key']}",
        "shop": row["shop"],
        "order_id": row["order_id"],
        "shipment": row["shipment"],
        "invoice": row["key"],
        "reason": reason.value,
        **{part: -row[part] for part in ("net", "tax", "gross")},
    }


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
