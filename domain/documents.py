"""Paper: what is printed for a shipment, and in which form."""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a station prints."""

    LABEL = "label"
    PACKING_SLIP = "packing_slip"
    INVOICE = "invoice"


class FileFormat(StrEnum):
    """The form of a document's bytes."""

    PDF = "pdf"
    ZPL = "zpl"
    PNG = "png"
