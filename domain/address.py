"""People and the places that parcels go to."""

from typing import Self

from pydantic import model_validator

from domain.model import Country, Email, Model, OptionalText, Text


class Address(Model):
    """A postal address as the customer wrote it, in any script."""

    name: Text
    company: OptionalText = ""
    line1: Text
    line2: OptionalText = ""
    city: Text
    region: OptionalText = ""
    postal_code: OptionalText = ""
    country: Country
    phone: OptionalText = ""


class Customer(Model):
    """Who ordered, and in which language (BCP 47) mails and documents speak to them."""

    name: Text
    email: Email
    phone: OptionalText = ""
    language: OptionalText = "en"


class Seller(Model):
    """Who sells: printed on invoices, sender of mails and of parcels."""

    name: Text
    address: Address
    email: Email
    tax_id: OptionalText = ""
    tax_id_abroad: OptionalText = ""
    invoice_prefix: OptionalText = "INV"
    credit_note_prefix: OptionalText = ""
    footer: OptionalText = ""

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
