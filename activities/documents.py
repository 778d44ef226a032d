"""Steps 9 to 11: stock issued, label, slip and invoice into the print queue; and the way back."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Protocol

from temporalio import activity

from activities.operations import operation
from activities.step import Records, Request, StepRun, step_run
from domain.crediting import ToCredit
from domain.documents import DocumentKind, FileFormat
from domain.invoicing import WHOLE, CreditReason, IssuedInvoice, Part
from domain.model import Model, OptionalText, unsaid
from domain.record import Commit, Committed, Document, OrderOnRecord
from domain.shipping import Label, LabelFormat, PlannedParcel, Portion
from domain.status import Step
from domain.stock import MAIN, RestockNeed

_FILE = {
    LabelFormat.PDF: FileFormat.PDF,
    LabelFormat.PDF_4X6: FileFormat.PDF,
    LabelFormat.ZPL: FileFormat.ZPL,
    LabelFormat.PNG: FileFormat.PNG,
}


class LabelFiles(Protocol):
    """Where labels and papers for customs are fetched from."""

    def fetch(self, label: Label) -> bytes:
        """The label's bytes. Raises NotDone where they cannot be had now."""
        ...

    def customs(self, label: Label) -> bytes:
        """The paper for customs that goes with it, a PDF. Raises NotDone like `fetch`."""
        ...


class Printer(Protocol):
    """Makes PDFs. Data goes in as data; nothing a customer wrote becomes markup."""

    def packing_slip(
        self,
        on_record: OrderOnRecord,
        shipment: str,
        portions: tuple[Portion, ...],
        parcels: tuple[PlannedParcel, ...],
        labels: tuple[Label, ...],
    ) -> bytes:
        """What lies in the parcels, without prices."""
        ...

    def invoice(
        self,
        on_record: OrderOnRecord,
        number: str,
        issued_at: datetime,
        portions: tuple[Portion, ...],
        part: Part = WHOLE,
    ) -> bytes:
        """The invoice for what was picked, with tax by rate."""
        ...

    def credit_note(
        self,
        on_record: OrderOnRecord,
        number: str,
        issued_at: datetime,
        credited: IssuedInvoice,
        reason: CreditReason,
    ) -> bytes:
        """The invoice taken back, in full or in part: sums below zero, and why."""
        ...


class Paperwork(Protocol):
    """The back office's side of steps 9 to 11 and of their way back."""

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

        The number is gapless per seller and year. Under a key that was used before nothing is
        drawn, issued or queued again; the answer is the same.
        """
        ...

    def put_away(
        self,
        shop: str,
        shipment: str,
        reason: CreditReason,
        key: str,
        commit: Commit,
        credit_note: Callable[[IssuedInvoice, str, datetime], Document],
    ) -> tuple[str, ...]:
        """In one transaction: take back what was issued for a shipment, credit its invoices,
        write the commit.

        Credit notes have gapless numbers of their own. Under a key that was used before nothing
        comes back and nothing is credited again.
        """
        ...

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
        left, write the commit.

        Under a key that was used before nothing is credited again; the answer is the same.
        """
        ...


class CreditRefund(Request):
    """Credit what staff give back of a shipment's invoice; ``sequence`` is the refund's number."""

    wanted: ToCredit


class PreparePapers(Request):
    """Issue stock and prepare papers for what was picked; ``part`` says which part of the order
    the invoice is about."""

    portions: tuple[Portion, ...]
    parcels: tuple[PlannedParcel, ...]
    labels: tuple[Label, ...]
    part: Annotated[Part, unsaid(WHOLE)] = WHOLE


class PrintAnew(Request):
    """Print new labels and a new packing slip for what was issued; ``sequence`` is the labels'
    version."""

    portions: tuple[Portion, ...]
    parcels: tuple[PlannedParcel, ...]
    labels: tuple[Label, ...]


class PutAway(Request):
    """Take back what was issued for a shipment, and say why its invoice no longer holds."""

    reason: CreditReason = CreditReason.CANCELLED


class Papers(Model):
    """What the issue took below its reorder point, and the number of the invoice.

    Nobody in the workflow asks for the number: it is in the history, so that records which are
    brought back from it bear the numbers that were printed.
    """

    restock: tuple[RestockNeed, ...] = ()
    invoice: OptionalText = ""


class TakenBack(Model):
    """The numbers of the credit notes, for the records' sake as well."""

    credit_notes: tuple[OptionalText, ...] = ()


class DocumentActivities:
    """What an order asks of the printers, and of the stock ledger in the same breath."""

    def __init__(
        self, files: LabelFiles, printer: Printer, paperwork: Paperwork, records: Records
    ) -> None:
        """Wire label files, the PDF maker and the back office."""
        self._files = files
        self._printer = printer
        self._paperwork = paperwork
        self._records = records

    @activity.defn(name="prepare_papers", no_thread_cancel_exception=True)
    @operation("papers")
    def prepare(self, request: PreparePapers) -> Papers:
        """Stock leaves the books when its papers are printed, in one transaction."""
        with step_run(self._records, request, Step.DOCUMENTS, self.prepare) as run:
            on_record = self._records.order(request.order_id)
            documents = self._papers(run, on_record, request)

            def invoice(number: str, issued_at: datetime) -> Document:
                return Document(
                    key=f"{run.subject}:invoice:{request.sequence}",
                    shipment=run.subject,
                    kind=DocumentKind.INVOICE,
                    format=FileFormat.PDF,
                    content=self._printer.invoice(
                        on_record, number, issued_at, request.portions, request.part
                    ),
                    number=number,
                )

            committed = self._paperwork.issue(
                request.shop,
                run.subject,
                request.portions,
                run.key,
                run.entries(Commit(order=request.order_id, documents=documents)),
                invoice,
                request.part,
                request.warehouse,
            )
            return Papers(restock=committed.restock, invoice=committed.invoice)

    def _papers(
        self, run: StepRun, on_record: OrderOnRecord, request: "PreparePapers | PrintAnew"
    ) -> tuple[Document, ...]:
        """Labels, papers for customs and packing slip; nothing that has a number."""
        labels = tuple(
            Document(
                key=f"{label.id}:label",
                shipment=run.subject,
                kind=DocumentKind.LABEL,
                format=_FILE[label.format],
                content=self._files.fetch(label),
                label=label.id,
            )
            for label in request.labels
        )
        customs = tuple(
            Document(
                key=f"{label.id}:customs",
                shipment=run.subject,
                kind=DocumentKind.CUSTOMS,
                format=FileFormat.PDF,
                content=self._files.customs(label),
                label=label.id,
            )
            for label in request.labels
            if label.customs_url
        )
        slip = self._printer.packing_slip(
            on_record, run.subject, request.portions, request.parcels, request.labels
        )
        return (
            *labels,
            *customs,
            Document(
                key=f"{run.key}:packing_slip",
                shipment=run.subject,
                kind=DocumentKind.PACKING_SLIP,
                format=FileFormat.PDF,
                content=slip,
            ),
        )

    @activity.defn(name="print_anew", no_thread_cancel_exception=True)
    @operation("papers_anew")
    def print_anew(self, request: PrintAnew) -> None:
        """New labels and slip for parcels whose goods are issued and invoiced already."""
        with step_run(self._records, request, Step.DOCUMENTS, self.print_anew) as run:
            on_record = self._records.order(request.order_id)
            documents = self._papers(run, on_record, request)
            run.commit(Commit(order=request.order_id, documents=documents))

    # Its name is from before it credited: orders under way have it in their histories.
    @activity.defn(name="put_away_stock", no_thread_cancel_exception=True)
    @operation("put_away")
    def put_away(self, request: PutAway) -> TakenBack:
        """Goods come back to the books with the credit note for their invoice, together."""
        with step_run(self._records, request, Step.STOCK, self.put_away) as run:
            on_record = self._records.order(request.order_id)

            numbers = self._paperwork.put_away(
                request.shop,
                run.subject,
                request.reason,
                run.key,
                run.entries(),
                self._credit_note(on_record, run.subject, request.reason),
            )
            return TakenBack(credit_notes=numbers)

    @activity.defn(name="credit_refund", no_thread_cancel_exception=True)
    @operation("credit_refund")
    def credit(self, request: CreditRefund) -> TakenBack:
        """A credit note for money that is given back, while the goods stay sold.

        There is none where no invoice stands.
        """
        with step_run(self._records, request, Step.SOLUTION, self.credit) as run:
            on_record = self._records.order(request.order_id)
            name = f":{request.sequence}"
            numbers = self._paperwork.credit(
                request.shop,
                run.subject,
                request.wanted,
                run.key,
                run.entries(),
                self._credit_note(on_record, run.subject, CreditReason.REFUNDED, name),
            )
            return TakenBack(credit_notes=numbers)

    def _credit_note(
        self, on_record: OrderOnRecord, shipment: str, reason: CreditReason, name: str = ""
    ) -> Callable[[IssuedInvoice, str, datetime], Document]:
        def draw(invoice: IssuedInvoice, number: str, issued_at: datetime) -> Document:
            return Document(
                key=f"{invoice.document}:credit_note{name}",
                shipment=shipment,
                kind=DocumentKind.CREDIT_NOTE,
                format=FileFormat.PDF,
                content=self._printer.credit_note(on_record, number, issued_at, invoice, reason),
                number=number,
            )

        return draw
