"""What documents say in which language, and how they write numbers there."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from domain.invoicing import CreditReason
from domain.model import Country
from domain.money import Money
from domain.shipping import ServiceLevel

_FOLDER = Path(__file__).parent / "templates" / "documents" / "words"

# The EU's VAT area and its neighbours whose tax is a value added tax too; elsewhere a document
# speaks of tax, which is right for sales tax, GST and consumption tax alike.
_VAT = frozenset(
    (
        *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR"),
        *("HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MT", "NL", "NO", "PL"),
        *("PT", "RO", "SE", "SI", "SK"),
    )
)


class Words(BaseModel):
    """One language's words for documents, read from a file of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: str
    decimal: str
    group: str
    percent: str
    vat: str
    tax: str
    vat_id: str
    tax_id: str
    vat_id_abroad: str
    tax_id_abroad: str
    packing_slip: str
    invoice: str
    credit_note: str
    order: str
    replaces: str
    ordered_on: str
    shipment: str
    service: str
    services: dict[ServiceLevel, str]
    deliver_by: str
    ship_to: str
    bill_to: str
    phone: str
    item: str
    sku: str
    quantity: str
    of: str
    pieces: str
    note: str
    gift_note: str
    parcel: str
    weight: str
    carrier: str
    tracking_number: str
    contents: str
    invoice_number: str
    issued_on: str
    supplied_on: str
    credit_note_number: str
    credited_on: str
    invoiced_on: str
    unit_price: str
    including_tax: str
    excluding_tax: str
    discount: str
    net: str
    rate: str
    gross: str
    shipping: str
    total: str
    summary: str
    amounts_in: str
    payment: str
    charged_when_shipped: str
    transferred: str
    prepaid: str
    nothing_due: str
    reason: str
    credit_reasons: dict[CreditReason, str]
    credits_in_full: str
    credits_in_part: str
    page: str
    continued: str

    def tax_in(self, country: Country) -> str:
        """What the tax is called that a seller in this country charges."""
        return self.vat if country in _VAT else self.tax

    def tax_ids_in(self, country: Country) -> tuple[str, str]:
        """What a seller's tax id is called in this country, and what the one abroad is."""
        if country in _VAT:
            return self.vat_id, self.vat_id_abroad
        return self.tax_id, self.tax_id_abroad

    def number(self, text: str) -> str:
        """A decimal number like ``1234.50`` as this language writes it."""
        whole, _, places = text.removeprefix("-").partition(".")
        sign = "-" if text.startswith("-") else ""
        grouped = f"{sign}{int(whole):,}".replace(",", self.group)
        return f"{grouped}{self.decimal}{places}" if places else grouped

    def amount(self, money: Money) -> str:
        """The amount alone, with the currency's own number of decimal places."""
        return self.number(str(money).removesuffix(money.currency).rstrip())

    def money(self, money: Money) -> str:
        """The amount with its currency, kept on one line."""
        return f"{self.amount(money)}\N{NO-BREAK SPACE}{money.currency}"

    def tax_rate(self, rate: str) -> str:
        """A percentage; decimal places that say nothing are left out."""
        return self.percent.format(rate=self.number(_shortest(rate)))

    def weight_of(self, grams: int) -> str:
        """A weight in kilograms."""
        kilograms = f"{grams // 1000}.{grams % 1000:03d}"
        return f"{self.number(_shortest(kilograms))}\N{NO-BREAK SPACE}kg"


def _shortest(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def languages() -> tuple[str, ...]:
    """The languages that documents can be written in."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.json")))


@cache
def words_in(language: str) -> Words:
    """The words of a language (BCP 47); its region is ignored, and English is the last resort."""
    base = language.replace("_", "-").partition("-")[0].lower()
    known = base if base in languages() else "en"
    return Words.model_validate_json((_FOLDER / f"{known}.json").read_bytes())
