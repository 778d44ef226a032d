"""Invoices that stand, in full or in part, and what takes them off the books."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from backoffice.tables.base import table
from backoffice.tables.papers import CreditNoteRow, InvoiceRow
from domain.crediting import ToCredit, credit_for, left_of, rest_of_invoice
from domain.invoicing import (
    Credit,
    CreditReason,
    IssuedInvoice,
    Part,
    TaxTotal,
    invoice_for,
)
from domain.order import Order
from domain.shipping import Portion

_INVOICES, _NOTES = table(InvoiceRow), table(CreditNoteRow)


@dataclass(frozen=True)
class Standing:
    """An invoice of which something is left: its row, and what its credit notes say by rate."""

    row: RowMapping
    credited: tuple[TaxTotal, ...]

    @property
    def invoice(self) -> IssuedInvoice:
        """As it was issued."""
        row = self.row
        return IssuedInvoice(
            number=row["number"],
            issued_at=row["issued_at"],
            document=row["document"],
            portions=tuple(Portion.model_validate(one) for one in row["portions"]),
            part=Part.model_validate(row["part"]),
        )

    def rest(self, order: Order) -> Credit | None:
        """What takes off all that is left of it; None where that is the whole invoice."""
        if not self.credited:
            return None
        one = self.invoice
        whole = invoice_for(order, one.portions, one.part.earlier, one.part.shipping)
        return rest_of_invoice(left_of(whole, self.credited))

    def part(self, order: Order, wanted: ToCredit) -> Credit | None:
        """What takes this off it; None where nothing is left of it."""
        return credit_for(order, self.invoice, wanted, self.credited)

    def note(
        self, key: str, reason: CreditReason, credit: Credit | None, *, ends: bool
    ) -> dict[str, object]:
        """The row that takes it off the books, to the last minor unit; ``ends`` says that nothing
        is left of the invoice then."""
        row = self.row
        off = {part: row[part] for part in ("net", "tax", "gross")}
        if credit is not None:
            off = {part: getattr(credit.total, part) for part in off}
        by_rate = None
        if credit is not None and not ends:
            by_rate = [one.model_dump(mode="json") for one in credit.by_rate]
        return {
            "key": f"{key}:{row['key']}",
            "shop": row["shop"],
            "order_id": row["order_id"],
            "shipment": row["shipment"],
            "invoice": row["key"],
            "reason": reason.value,
            "by_rate": by_rate,
            **{part: -amount for part, amount in off.items()},
        }


def standing(connection: Connection, order: str, shipment: str) -> list[Standing]:
    """A shipment's invoices that are not credited in full, oldest first."""
    of_shipment = (_INVOICES.c.order_id == order) & (_INVOICES.c.shipment == shipment)
    ended = (
        select(_NOTES.c.key)
        .where(_NOTES.c.invoice == _INVOICES.c.key, _NOTES.c.by_rate.is_(None))
        .exists()
    )
    rows = connection.execute(
        select(_INVOICES)
        .where(of_shipment, ~ended)
        .order_by(_INVOICES.c.year, _INVOICES.c.sequence)
    ).mappings()
    return [Standing(row, _credited(connection, row["key"])) for row in rows]


def _credited(connection: Connection, invoice: str) -> tuple[TaxTotal, ...]:
    notes = connection.scalars(select(_NOTES.c.by_rate).where(_NOTES.c.invoice == invoice))
    return tuple(TaxTotal.model_validate(one) for note in notes for one in note or ())


def notes_of(connection: Connection, order: str, shipment: str) -> tuple[str, ...]:
    """The numbers of the credit notes that took a shipment's invoices back."""
    of_shipment = (_NOTES.c.order_id == order) & (_NOTES.c.shipment == shipment)
    back = _NOTES.c.reason != CreditReason.REFUNDED.value
    found = select(_NOTES.c.number).where(of_shipment, back)
    return tuple(connection.scalars(found.order_by(_NOTES.c.year, _NOTES.c.sequence)))


def notes_under(connection: Connection, key: str, shipment: str) -> tuple[str, ...]:
    """The numbers of the credit notes that were drawn under a key."""
    found = select(_NOTES.c.number).where(
        _NOTES.c.shipment == shipment, _NOTES.c.key.startswith(f"{key}:", autoescape=True)
    )
    return tuple(connection.scalars(found.order_by(_NOTES.c.year, _NOTES.c.sequence)))


def drawn(sequence: int, number: str, document: str, now: datetime) -> dict[str, object]:
    """What a numbered paper's row says of its number and its document."""
    return {
        "year": now.year,
        "sequence": sequence,
        "number": number,
        "document": document,
        "issued_at": now,
    }
