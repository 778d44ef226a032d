"""Packing slips, invoices and credit notes as PDFs, set by typst."""

import json
import unicodedata
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import typst

from domain.invoicing import WHOLE, CreditReason, IssuedInvoice, Part
from domain.record import OrderOnRecord
from domain.shipping import Label, PlannedParcel, Portion
from providers.document_words import words_in
from providers.fonts import (
    ARCHIVABLE,
    TEMPLATES,
    Json,
    Typefaces,
    each_text,
    legible,
    undisplayable,
)
from providers.invoice_data import credit_note_data, invoice_data
from providers.packing_slip_data import packing_slip_data

if TYPE_CHECKING:  # typst keeps its type names in its stub only
    from typst import PDFStandard


class _Paper(NamedTuple):
    template: str
    standards: "list[PDFStandard]"
    tagged: bool


# A slip is for people with the parcel before them; an invoice or a credit note is also read on
# screens, by screen readers too, so it has its structure with it (half as large again).
_SLIP = _Paper("packing_slip.typ", [ARCHIVABLE], tagged=False)
_INVOICE = _Paper("invoice.typ", [ARCHIVABLE, "ua-1"], tagged=True)


class TypstPrinter:
    """Makes PDFs: the same data gives the same bytes, and data never becomes markup.

    Safe to share between threads. All pages are set on one thread by one compiler: side by side
    they take more time in sum, since typst's memory of what it has set before is one for all of
    them, and as much memory again for every few threads.
    """

    def __init__(self, fonts: typst.Fonts | None = None) -> None:
        """Look for fonts (about 0.1 s), by default all that this machine has."""
        fonts = fonts or typst.Fonts()
        self._typefaces = Typefaces(fonts)
        self._compiler = typst.Compiler(root=TEMPLATES, font_paths=fonts)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="typst")
        self._missing: frozenset[str] = frozenset()

    def packing_slip(
        self,
        on_record: OrderOnRecord,
        shipment: str,
        portions: tuple[Portion, ...],
        parcels: tuple[PlannedParcel, ...],
        labels: tuple[Label, ...],
    ) -> bytes:
        """What lies in the parcels, without prices.

        Raises:
            ValueError: a portion or a parcel names a line that the order does not have.
        """
        words = words_in(on_record.order.customer.language)
        data = packing_slip_data(on_record, shipment, portions, parcels, labels, words)
        return self._draw(_SLIP, data, on_record, on_record.order.placed_at)

    def invoice(
        self,
        on_record: OrderOnRecord,
        number: str,
        issued_at: datetime,
        portions: tuple[Portion, ...],
        part: Part = WHOLE,
    ) -> bytes:
        """The invoice for what was picked, with tax by rate.

        Raises:
            ValueError: the portions cannot be invoiced (domain.invoicing).
        """
        words = words_in(on_record.order.customer.language)
        data = invoice_data(on_record, number, issued_at, portions, words, part)
        return self._draw(_INVOICE, data, on_record, issued_at)

    def credit_note(
        self,
        on_record: OrderOnRecord,
        number: str,
        issued_at: datetime,
        credited: IssuedInvoice,
        reason: CreditReason,
    ) -> bytes:
        """The invoice taken back: its lines with sums below zero, and why.

        Raises:
            ValueError: the invoice cannot have been issued for this order (domain.invoicing).
        """
        words = words_in(on_record.order.customer.language)
        data = credit_note_data(on_record, number, issued_at, credited, reason, words)
        return self._draw(_INVOICE, data, on_record, issued_at)

    def _draw(
        self, paper: "_Paper", data: Mapping[str, Json], on_record: OrderOnRecord, at: datetime
    ) -> bytes:
        order = on_record.order
        families = self._typefaces.families(order.shipping_address.country, order.customer.language)
        while True:
            missing = self._missing
            shown = each_text(data, partial(_printable, missing=missing))
            inputs = {"data": json.dumps(shown), "families": json.dumps(families)}
            try:
                return self._thread.submit(self._compile, paper, inputs, at).result()
            except typst.TypstError as error:
                learnt = undisplayable(error) - missing
                if not learnt:
                    raise
                self._missing = self._missing | learnt

    def _compile(self, paper: "_Paper", inputs: dict[str, str], at: datetime) -> bytes:
        pdf = self._compiler.compile(
            TEMPLATES / paper.template,
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=paper.standards,
            pdf_tags=paper.tagged,
            timestamp=int(at.timestamp()),
        )
        if not isinstance(pdf, bytes):
            raise TypeError(f"typst gave {type(pdf).__name__} for a PDF")
        return pdf


def _printable(text: str, missing: frozenset[str]) -> str:
    return legible(unicodedata.normalize("NFC", text), missing)
