"""A credit note names its invoice, says why, and repeats every sum below zero."""

import re

import pytest

from domain.address import Address
from domain.invoicing import CreditReason
from domain.order import Line
from providers.document_words import languages, words_in
from providers.typst_documents import TypstPrinter
from tests.providers.papers import (
    credit_note,
    facts,
    invoice,
    line,
    metadata,
    on_record,
    read,
    words,
)


@pytest.fixture(scope="module")
def printer() -> TypstPrinter:
    return TypstPrinter()


def lines() -> tuple[Line, ...]:
    return (
        line(1, "Trail jacket", quantity=2, price=12990),
        line(2, "Merino socks", quantity=3, price=1490, discount=447),
        line(3, "Field guide", price=2400, rate="7"),
    )


def test_a_credit_note_names_its_invoice_and_takes_each_line_back(printer: TypstPrinter) -> None:
    text = words(credit_note(printer, on_record(*lines())))
    for part in (
        "Nordlicht Outdoor GmbH Hafenstraße 12 20457 Hamburg GERMANY",
        "VAT ID DE123456789 · VAT ID abroad ATU12345678",
        "Credit note number INV-CN-2026-000007",
        "Date of issue 2026-03-07",
        "Invoice number INV-2026-000042",
        "Invoice date 2026-03-06",
        "Order NO-100245",
        "1 Trail jacket -2 129.90 -218.32 19% -41.48 -259.80 SKU SKU-0001",
        "2 Merino socks -3 14.90 4.47 -33.81 19% -6.42 -40.23",
        "3 Field guide -1 24.00 -22.43 7% -1.57 -24.00",
        "Shipping (Standard) -4.16 19% -0.79 -4.95",
        "19% -256.29 -48.69 -304.98",
        "7% -22.43 -1.57 -24.00",
        "-328.98 EUR",
        "This credit note cancels invoice INV-2026-000042 of 2026-03-06 in full.",
    ):
        assert part in text, part
    for part in ("Payment", "Date of supply", "charged to"):
        assert part not in text


AMOUNT = re.compile(r"-?[\d,]+\.\d\d\b(?!%)")


@pytest.mark.parametrize("included", [True, False])
def test_invoice_and_credit_note_sum_to_nothing(printer: TypstPrinter, *, included: bool) -> None:
    record = on_record(
        line(1, quantity=7, price=333, discount=111, included=included),
        line(2, quantity=3, price=1, included=included, rate="7"),
        included=included,
    )
    after_head = [
        AMOUNT.findall(words(paper).partition(end)[0].partition("Gross 1 ")[2])
        for paper, end in ((invoice(printer, record), "Payment"),
                           (credit_note(printer, record), "Reason"))
    ]  # fmt: skip
    billed, credited = ([float(one.replace(",", "")) for one in row] for row in after_head)
    unit_prices = {3.33, 0.01}
    assert len(billed) == len(credited) > 20
    for owed, back in zip(billed, credited, strict=True):
        assert owed + back == 0 or owed == back in unit_prices


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (CreditReason.CANCELLED, "The order was cancelled before the goods were handed"),
        (CreditReason.RECALLED, "The parcel was called back before it was handed"),
    ],
)
def test_a_credit_note_says_why(printer: TypstPrinter, reason: CreditReason, said: str) -> None:
    assert said in words(credit_note(printer, on_record(), reason))


@pytest.mark.parametrize("language", languages())
def test_every_language_has_words_for_each_reason(printer: TypstPrinter, language: str) -> None:
    known = words_in(language)
    for reason in CreditReason:
        text = words(credit_note(printer, on_record(language=language), reason))
        assert known.credit_note in text
        assert known.credit_reasons[reason] in text
        assert known.invoice != known.credit_note
        assert not re.search(r"[{}]", text), "a word's place was not filled in"


def test_a_number_stays_on_one_line_beside_two_addresses_in_every_language(
    printer: TypstPrinter,
) -> None:
    other = Address(name="Ben", line1="Gran Vía 1", city="Madrid", country="ES")
    for language in languages():
        paper = credit_note(printer, on_record(language=language, ship_to=other))
        assert "INV-CN-2026-000007" in read(paper, "-layout"), language


def test_a_credit_note_is_archived_and_read_aloud_like_an_invoice(printer: TypstPrinter) -> None:
    paper = credit_note(printer, on_record())
    claims = metadata(paper)
    for claim in ("<pdfaid:part>2<", "<pdfaid:conformance>B<", "<pdfuaid:part>1<"):
        assert claim in claims
    said = facts(paper)
    assert said["Tagged"] == "yes"
    assert said["Title"] == "Credit note INV-CN-2026-000007"


def test_the_same_credit_note_has_the_same_bytes(printer: TypstPrinter) -> None:
    record = on_record(*lines())
    assert credit_note(TypstPrinter(), record) == credit_note(printer, record)


def test_a_name_from_right_to_left_is_printed_whole(printer: TypstPrinter) -> None:
    address = Address(name="محمد حسن", line1="شارع التحرير 12", city="القاهرة", country="EG")
    text = words(credit_note(printer, on_record(billing=address)))
    assert "محمد حسن" in text
    assert "[" not in text
