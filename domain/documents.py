"""Paper: what there is on paper for a shipment, and in which form."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is for."""

    LABEL = "label"
    PACKING_SLIP = "packing_slip"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    CUSTOMS = "customs"

    @property
    def printed_at_a_station(self) -> bool:
        """Whether it travels with the parcel; a credit note comes when there is no parcel."""
        return self is not DocumentKind.CREDIT_NOTE


class FileFormat(StrEnum):
    """The form of a document's bytes."""

    PDF = "pdf"
    ZPL = "zpl"
    PNG = "png"
