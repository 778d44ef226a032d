"""People and the places that parcels go to."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.model import Country, Email, Model, OptionalText, Text, unsaid


class Address(Model):
    """A postal address as the customer wrote it, in any script.

    ``tax_id`` is the receiver's own number, for countries whose customs ask for it (CPF, PCCC).
    """

    name: Text
    company: OptionalText = ""
    line1: Text
    line2: OptionalText = ""
    city: Text
    region: OptionalText = ""
    postal_code: OptionalText = ""
    country: Country
    phone: OptionalText = ""
    tax_id: Annotated[str, Field(pattern=r"^([A-Za-z0-9./-]{1,40})?$"), unsaid("")] = ""


class Customer(Model):
    """Who ordered, and in which language (BCP 47) mails and documents speak to them."""

    name: Text
    email: Email
    phone: OptionalText = ""
    language: OptionalText = "en"


class Incoterm(StrEnum):
    """Who pays duties and taxes of a parcel that crosses a border, in the carriers' own words.

    DDP: the seller. DDU and DAP: the customer; DAP is for DHL Express and DPD UK alone, eDAP for
    DPD UK, FCA for DHL Express and FedEx. Source: Shippo, "Customs Declaration Incoterm".
    """

    DDP = "DDP"
    DDU = "DDU"
    FCA = "FCA"
    DAP = "DAP"
    EDAP = "eDAP"


class Seller(Model):
    """Who sells: printed on invoices, sender of mails and of parcels.

    ``eori`` is the exporter's number and ``incoterm`` who pays duties: both go with customs
    declarations; without an incoterm the carrier's own usage holds.
    """

    name: Text
    address: Address
    email: Email
    tax_id: OptionalText = ""
    tax_id_abroad: OptionalText = ""
    invoice_prefix: OptionalText = "INV"
    credit_note_prefix: OptionalText = ""
    footer: OptionalText = ""
    eori: Annotated[str, Field(pattern=r"^([A-Z]{2}[A-Za-z0-9]{6,17})?$"), unsaid("")] = ""
    incoterm: Annotated[Incoterm | None, unsaid(None)] = None

    @model_validator(mode="after")
    def _series_differ(self) -> Self:
        if self.credit_note_prefix and self.credit_note_prefix == self.invoice_prefix:
            raise ValueError(
                "credit_note_prefix: invoices have it, and no two papers may have one number"
            )
        return self

    @property
    def credit_note_series(self) -> str:
        """What stands before credit notes' numbers: the invoices' prefix and CN by default."""
        return self.credit_note_prefix or f"{self.invoice_prefix}-CN".removeprefix("-")
