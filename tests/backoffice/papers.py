"""Papers as activities have them made: issued with a shipment, and credited when it comes back."""

from datetime import UTC, datetime

from sqlalchemy import text

from backoffice.paperwork import PaperworkBook
from domain.documents import DocumentKind
from domain.invoicing import CreditReason, IssuedInvoice
from domain.record import Commit, Committed, Document
from domain.shipping import Portion
from tests.backoffice.samples import SHOP, Trade, document

ALL = (Portion(line="1", quantity=2), Portion(line="2", quantity=1))


def issue(
    trade: Trade,
    name: str,
    portions: tuple[Portion, ...] = ALL,
    now: datetime | None = None,
    key: str = "",
) -> Committed:
    """Steps 9 to 11 for an order's first shipment."""
    shipment = f"{name}-s1"

    def invoice(number: str, _issued_at: datetime) -> Document:
        paper = f"{shipment}:invoice:{key or 1}"
        return document(paper, name, DocumentKind.INVOICE, number=number)

    slip = document(f"{shipment}:slip", name, DocumentKind.PACKING_SLIP)
    book = PaperworkBook(trade.database, clock=lambda: now or datetime.now(UTC))
    commit = Commit(name, documents=(slip,))
    return book.issue(SHOP, shipment, portions, key or f"{shipment}:papers:1", commit, invoice)


def put_away(
    trade: Trade,
    name: str,
    now: datetime | None = None,
    key: str = "put_away:1",
    reason: CreditReason = CreditReason.CANCELLED,
) -> list[IssuedInvoice]:
    """Their way back; the invoices that were credited."""
    credited: list[IssuedInvoice] = []

    def credit_note(invoice: IssuedInvoice, number: str, _issued_at: datetime) -> Document:
        credited.append(invoice)
        paper = f"{invoice.document}:credit_note"
        return document(paper, name, DocumentKind.CREDIT_NOTE, number=number)

    book = PaperworkBook(trade.database, clock=lambda: now or datetime.now(UTC))
    book.put_away(SHOP, f"{name}-s1", reason, f"{name}:{key}", Commit(name), credit_note)
    return credited


def numbers(trade: Trade) -> list[str]:
    """The numbers of all invoices on record."""
    return _all(trade, "SELECT number FROM invoices ORDER BY number")


def credit_numbers(trade: Trade) -> list[str]:
    """The numbers of all credit notes on record."""
    return _all(trade, "SELECT number FROM credit_notes ORDER BY number")


def _all(trade: Trade, statement: str) -> list[str]:
    with trade.database.transaction() as connection:
        return list(connection.scalars(text(statement)))
