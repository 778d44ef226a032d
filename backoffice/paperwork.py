"""Steps 9 to 11: the invoice's number, the stock that it is about, and what is printed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Text, cast, select
from sqlalchemy.dialects.postgresql import insert

from backoffice.commits import write
from backoffice.database import Database
from backoffice.entries import entries_of, reserved_for
from backoffice.journal import lock_order
from backoffice.ledger import locked_standings, post_new, restock_needs
from backoffice.refusals import NotReserved
from backoffice.tables.base import table
from backoffice.tables.orders import OrderRow
from backoffice.tables.papers import InvoiceRow, InvoiceSeriesRow
from backoffice.tables.shops import ShopRow
from domain.address import Seller
from domain.order import Order
from domain.record import Commit, Committed, Document
from domain.shipping import Portion
from domain.stock import StockKind, wants

_INVOICES = table(InvoiceRow)
_SERIES = table(InvoiceSeriesRow)
_ORDERS, _SHOPS = table(OrderRow), table(ShopRow)


class PaperworkBook:
    """Issues a shipment: goods, invoice and documents leave the books together or not at all."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``clock`` dates invoices; its year in UTC is the year of their numbers."""
        self._database = database
        self._clock = clock

    def issue(
        self,
        shop: str,
        shipment: str,
        portions: tuple[Portion, ...],
        key: str,
        commit: Commit,
        invoice: Callable[[str, datetime], Document],
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
            order, prefix = _order_and_prefix(connection, commit.order)
            quantities = _quantities(order, portions)
            now = self._clock()
            entries = entries_of(StockKind.ISSUE, quantities, key, now, commit.order, shipment)
            if _issued(connection, key):
                committed = write(connection, commit)
                again = restock_needs(connection, shop, (one.key for one in entries))
                return replace(committed, restock=again)
            known = locked_standings(connection, shop, quantities)
            _check_reserved(connection, commit.order, quantities)
            restock = post_new(connection, shop, entries, known)
            # The number is drawn last: its row is what every invoice of the shop waits for.
            sequence, number = _draw(connection, shop, now.year, prefix)
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
                },
            )
            return replace(committed, restock=restock)


def _order_and_prefix(connection: Connection, order: str) -> tuple[Order, str]:
    body, seller = connection.execute(
        select(cast(_ORDERS.c.body, Text), cast(_SHOPS.c.seller, Text))
        .join(_SHOPS, _SHOPS.c.id == _ORDERS.c.shop)
        .where(_ORDERS.c.id == order)
    ).one()
    prefix = Seller.model_validate_json(seller).invoice_prefix
    return Order.model_validate_json(body), prefix


def _quantities(order: Order, portions: tuple[Portion, ...]) -> dict[str, int]:
    pairs: list[tuple[str, int]] = []
    for portion in portions:
        line = order.line(portion.line)
        if line is None:
            raise ValueError(f"the order has no line {portion.line}")
        pairs.append((line.sku, portion.quantity))
    return {want.sku: want.quantity for want in wants(tuple(pairs)) if want.quantity}


def _issued(connection: Connection, key: str) -> bool:
    found = connection.scalars(select(_INVOICES.c.key).where(_INVOICES.c.key == key))
    return found.one_or_none() is not None


def _check_reserved(connection: Connection, order: str, quantities: dict[str, int]) -> None:
    reserved = reserved_for(connection, order)
    for sku, quantity in quantities.items():
        if quantity > reserved.get(sku, 0):
            raise NotReserved(order, sku, quantity, reserved.get(sku, 0))


def _draw(connection: Connection, shop: str, year: int, prefix: str) -> tuple[int, str]:
    """The next number of a shop's series; given back if the transaction fails."""
    first = insert(_SERIES).values(shop=shop, year=year, last=1)
    sequence = connection.scalars(
        first.on_conflict_do_update(
            index_elements=["shop", "year"], set_={"last": _SERIES.c.last + 1}
        ).returning(_SERIES.c.last)
    ).one()
    return sequence, f"{prefix}-{year}-{sequence:06}".removeprefix("-")
