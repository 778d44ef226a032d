"""Packing slips and invoices say what they must, and nothing that is written in them acts."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.address import Address
from domain.ids import shipment_id
from domain.payment import PaymentTerms, Prepaid
from domain.shipping import Item, Portion, plan_parcels
from providers.fonts import legible, missing_scripts
from providers.typst_documents import TypstPrinter
from tests.providers.papers import (
    MADRID,
    SELLER,
    everything,
    facts,
    invoice,
    label,
    line,
    metadata,
    on_record,
    read,
    slip,
    words,
)
from tests.providers.scanner import scan


@pytest.fixture(scope="module")
def printer() -> TypstPrinter:
    return TypstPrinter()


def test_a_slip_says_what_is_packed_for_whom_and_never_a_price(printer: TypstPrinter) -> None:
    record = on_record(
        line(1, "Trail jacket", quantity=2, price=12990, options={"Size": "M", "Gift": ""}),
        line(2, "Merino socks", discount=447, note="Without price tags, please."),
        notes="Leave it next door.\nRing twice.",
        gift_note="Happy birthday!",
    )
    text = words(slip(printer, record))
    for part in (
        "Nordlicht Outdoor GmbH Hafenstraße 12 20457 Hamburg GERMANY",
        "Order NO-100245",
        "Order date 2026-03-04",
        "Shipment 1",
        "Ana María Núñez",
        "Café Sol S.L.",
        "28004 Madrid",
        "SPAIN",
        "1 Trail jacket SKU-0001 2 Size: M · Gift",
        "2 Merino socks SKU-0002 1 Note: Without price tags, please.",
        "Note Leave it next door. Ring twice.",
        "Gift message Happy birthday!",
        "Pieces 3",
        "Page 1 of 1",
    ):
        assert part in text
    for amount in ("129.90", "259.80", "45.43", "49.90", "4.47", "4.95", "EUR", "19%"):
        assert amount not in text


def test_a_slip_lists_lines_as_on_the_order_and_marks_what_is_not_all_there(
    printer: TypstPrinter,
) -> None:
    record = on_record(line(1, "Jacket", quantity=3), line(2, "Socks"), line(3, "Cap"))
    picked = (Portion(line="L3", quantity=1), Portion(line="L1", quantity=2))
    text = words(slip(printer, record, picked))
    assert text.index("1 Jacket SKU-0001 2 of 3") < text.index("3 Cap SKU-0003 1")
    assert "Socks" not in text


def test_a_slip_names_each_parcel_with_its_weight_and_its_newest_label(
    printer: TypstPrinter,
) -> None:
    record = on_record(line(1, quantity=3), line(2))
    shipment = shipment_id(record.order_id, 1)
    items = [
        Item(line=one.line, quantity=one.quantity, weight_grams=740) for one in everything(record)
    ]
    parcels = plan_parcels(shipment, items, packaging_grams=150, max_parcel_grams=2000)
    labels = (label(parcels[0].id, 2), label(parcels[0].id, 1), label(parcels[1].id, 1))
    text = words(printer.packing_slip(record, shipment, everything(record), parcels, labels))
    assert "1 of 2 1.63 kg DHL Paket JD014612 2 × #1" in text
    assert "2 of 2 1.63 kg DHL Paket JD014621 1 × #1, 1 × #2" in text
    assert "JD014611" not in text


def test_a_scanner_reads_shipment_and_order_off_the_slip(printer: TypstPrinter) -> None:
    record = on_record(number="99-1024")
    assert scan(slip(printer, record)) == {shipment_id(record.order_id, 1), "99-1024"}


def test_a_slip_of_what_is_sent_once_more_names_the_first_order(printer: TypstPrinter) -> None:
    record = on_record(number="1001-R1")
    assert "Replaces order" not in words(slip(printer, record))
    again = record.model_copy(update={"replaces": "1001"})
    assert "Replaces order 1001" in words(slip(printer, again))


def test_a_slip_for_a_line_that_was_not_ordered_is_refused(printer: TypstPrinter) -> None:
    with pytest.raises(ValueError, match="line L9 is not on the order"):
        printer.packing_slip(on_record(), "s", (Portion(line="L9", quantity=1),), (), ())


def test_an_invoice_says_what_the_law_asks_for(printer: TypstPrinter) -> None:
    record = on_record(
        line(1, "Trail jacket", quantity=2, price=12990),
        line(2, "Merino socks", quantity=3, price=1490, discount=447),
        line(3, "Field guide", price=2400, rate="7"),
        ship_to=Address(name="Ben Núñez", line1="Gran Vía 1", city="Madrid", country="ES"),
    )
    text = words(invoice(printer, record))
    for part in (
        "Nordlicht Outdoor GmbH Hafenstraße 12 20457 Hamburg GERMANY",
        "VAT ID DE123456789 · VAT ID abroad ATU12345678",
        "Registergericht Hamburg HRB 12345",
        "Invoice number INV-2026-000042",
        "Date of issue 2026-03-06",
        "Date of supply 2026-03-06",
        "Ana María Núñez",
        "Ben Núñez",
        "Unit price # Item Qty incl. VAT Discount Net Rate VAT Gross",
        "1 Trail jacket 2 129.90 218.32 19% 41.48 259.80 SKU SKU-0001",
        "2 Merino socks 3 14.90 -4.47 33.81 19% 6.42 40.23",
        "3 Field guide 1 24.00 22.43 7% 1.57 24.00",
        "Shipping (Standard) 4.16 19% 0.79 4.95",
        "VAT by rate",
        "19% 256.29 48.69 304.98",
        "7% 22.43 1.57 24.00",
        "328.98 EUR",
        "All amounts in EUR.",
    ):
        assert part in text, part


def test_an_invoice_without_a_discount_has_no_column_for_one(printer: TypstPrinter) -> None:
    assert "Discount" not in words(invoice(printer, on_record()))


def test_one_address_is_printed_once_where_it_serves_for_both(printer: TypstPrinter) -> None:
    text = words(invoice(printer, on_record()))
    assert text.count("Ana María Núñez") == 1
    assert "Ship to" not in text


@pytest.mark.parametrize(
    ("payment", "price", "note"),
    [
        (None, 1000, "14.95 EUR is charged to the payment method of this order when the goods"),
        (Prepaid(reference="A-1"), 1000, "Prepaid via web, reference A-1. Nothing remains"),
        (None, 0, "Nothing is due."),
    ],
)
def test_an_invoice_says_how_it_is_paid(
    printer: TypstPrinter, payment: PaymentTerms | None, price: int, note: str
) -> None:
    shipping = 495 if price else 0
    record = on_record(line(1, price=price), shipping=shipping, payment=payment)
    assert note in words(invoice(printer, record))


@pytest.mark.parametrize(
    ("currency", "language", "line_text", "total"),
    [
        ("JPY", "en", "3 1,200 3,025 19% 575 3,600", "4,095 JPY"),
        ("KWD", "de", "3 1,200 3,025 19 % 0,575 3,600", "4,095 KWD"),
        ("EUR", "fr-BE", "3 12,00 30,25 19 % 5,75 36,00", "40,95 EUR"),
        ("USD", "xx", "3 12.00 30.25 19% 5.75 36.00", "40.95 USD"),
    ],
)
def test_amounts_have_their_currencys_places_and_their_languages_signs(
    printer: TypstPrinter, currency: str, language: str, line_text: str, total: str
) -> None:
    record = on_record(line(1, quantity=3, price=1200), currency=currency, language=language)
    text = words(invoice(printer, record))
    assert line_text in text
    assert total in text


def test_prices_without_tax_are_called_so_and_a_us_seller_charges_tax_not_vat(
    printer: TypstPrinter,
) -> None:
    address = Address(
        name="Acme", line1="1 Main St", city="Springfield", region="IL", postal_code="62701",
        country="US",
    )  # fmt: skip
    seller = SELLER.model_copy(update={"address": address, "tax_id": "12-3456789"})
    record = on_record(line(1, included=False, rate="8.875"), included=False, seller=seller)
    text = words(invoice(printer, record))
    assert "Springfield, IL 62701 UNITED STATES" in text
    assert "excl. Tax" in text
    assert "Tax ID 12-3456789" in text
    assert "1 49.90 49.90 8.875% 4.43 54.33" in text
    assert "VAT" not in text


HOSTILE = (
    '#eval("1+1")',
    "*bold* _it_ @ref <tag>",
    "$sum_(i=0)^n x$",
    '#import "x"; #panic()',
    "= Heading",
    "- item // note /* more */",
    r"\u{1F600} \ ~ -- --- ... `raw`",
    "[#]{} #[x] #{1}",
    "'q' \"q\"",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_write_is_printed_and_never_run(printer: TypstPrinter, text: str) -> None:
    address = Address(name=text, company=text, line1=text, city=text, country="ES", phone=text)
    seller = SELLER.model_copy(update={"name": text, "footer": text})
    record = on_record(
        line(1, text, options={text: text}, note=text),
        number=text, billing=address, seller=seller, notes=text, gift_note=text,
    )  # fmt: skip
    plain = " ".join(text.split())
    assert words(slip(printer, record)).count(plain) >= 10
    assert words(invoice(printer, record)).count(plain) >= 8


def test_an_invisible_sign_that_no_font_has_is_left_out() -> None:
    text = "Gravur: \N{FIRST STRONG ISOLATE}Ωραία\N{POP DIRECTIONAL ISOLATE}"
    missing = frozenset("\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}")
    assert legible(text, missing) == "Gravur: Ωραία"


SCRIPTS = {
    "Latin": ("Łukasz Ðorđević Ñandú", "FR"),
    "Greek": ("Ωραία Παπαδοπούλου", "GR"),
    "Cyrillic": ("Ёлкина Щука Їжак", "UA"),
    "Arabic": ("محمد حسن", "SA"),
    "Hebrew": ("יעל כהן", "IL"),
    "Thai": ("สมชาย ผู้ใหญ่", "TH"),
    "Chinese": ("王小明", "CN"),
    "Japanese": ("山田ひろカナ", "JP"),
    "Korean": ("김철수", "KR"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_are_printed_in_their_own_script(printer: TypstPrinter, script: str) -> None:
    name, country = SCRIPTS[script]
    address = Address(name=name, line1=name, city=name, country=country)
    record = on_record(line(1, name, options={name: name}), billing=address)
    for paper in (slip(printer, record), invoice(printer, record)):
        text = words(paper)
        assert text.count(name) >= 6, "the fonts of this script are not installed"
        assert "[" not in text


@pytest.mark.parametrize("name", ["محمد حسن", "יעל כהן"])
def test_right_to_left_lines_run_from_right_to_left(printer: TypstPrinter, name: str) -> None:
    address = Address(name=f"{name} B7", line1="1", city="x", country="EG")
    boxes = read(slip(printer, on_record(billing=address)), "-bbox")
    places = {
        word: float(left) for left, word in re.findall(r'xMin="([\d.]+)".*?>([^<]+)</word>', boxes)
    }
    # Boxes hold a word's letters as they stand on the paper, from left to right.
    first, last = (word[::-1] for word in name.split())
    assert places[first] > places[last] > places["B7"]


def test_a_script_without_a_font_is_spelled_in_latin_letters() -> None:
    bare = TypstPrinter(typst.Fonts(include_system_fonts=False))
    address = Address(name="山田 太郎", company="김철수", line1="สุขุมวิท 5", city="x", country="JP")
    record = on_record(line(1, "a\ue0ffb \x07 Ünal", options={"色": "藍"}), billing=address)
    text = words(slip(bare, record))
    assert "[ShanTian TaiLang]" in text
    assert "[GimCheolSu]" in text
    assert re.search(r"\[\w+\] 5", text)
    assert "[U+0007] Ünal" in text
    assert "[Se]: [Lan]" in text


def test_scripts_without_a_font_are_named() -> None:
    missing = missing_scripts(typst.Fonts(include_system_fonts=False))
    assert {"Chinese", "Japanese", "Korean", "Thai"} <= set(missing)
    assert "Latin" not in missing
    assert missing_scripts() == (), "the fonts of these scripts are not installed"


@settings(max_examples=20)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=120)
)
def test_any_text_can_be_printed(printer: TypstPrinter, text: str) -> None:
    address = Address(name=text.strip() or "x", line1="1", line2=text, city="x", country="DE")
    record = on_record(line(1, options={"x": text}, note=text), billing=address, notes=text)
    assert slip(printer, record).startswith(b"%PDF")


def test_words_without_an_end_stay_in_their_columns(printer: TypstPrinter) -> None:
    address = Address(name="W" * 250, line1="م" * 250, city="x", country="DE")
    record = on_record(
        line(1, "W" * 250, sku="X" * 100, options={"K" * 100: "v" * 250}, note="n" * 4000),
        number="N" * 100,
        billing=address,
    )
    for paper in (slip(printer, record), invoice(printer, record)):
        edges = [float(right) for right in re.findall(r'xMax="([\d.]+)"', read(paper, "-bbox"))]
        assert max(edges) < 595


def test_a_long_order_goes_on_with_its_head_on_every_page(printer: TypstPrinter) -> None:
    lines = [line(n, f"Article number {n}", options={"Size": "M"}) for n in range(1, 61)]
    record = on_record(*lines)
    for paper, head in ((slip(printer, record), "SKU"), (invoice(printer, record), "Gross")):
        pages = read(paper, "-layout").split("\f")[:-1]
        assert len(pages) > 1
        for number, page in enumerate(pages, 1):
            assert f"Page {number} of {len(pages)}" in page
        assert all(head in page for page in pages[:-1])
        assert all("continued" in page for page in pages[1:])
        assert "continued" not in pages[0]
        for one in lines:
            assert sum(f"{one.name}\n" in page or f"{one.name} " in page for page in pages) == 1


def test_the_same_data_gives_the_same_bytes_whoever_prints_it(printer: TypstPrinter) -> None:
    record = on_record(line(1, "山田 \U0001f9ff"))
    other = TypstPrinter()
    with ThreadPoolExecutor(4) as threads:
        side_by_side = [threads.submit(slip, printer, record) for _ in range(8)]
    assert {slip(other, record)} == {paper.result() for paper in side_by_side}
    assert invoice(other, record) == invoice(printer, record)


def test_papers_can_be_archived_and_an_invoice_read_aloud(printer: TypstPrinter) -> None:
    papers = slip(printer, on_record()), invoice(printer, on_record())
    for claims in map(metadata, papers):
        assert "<pdfaid:part>2<" in claims
        assert "<pdfaid:conformance>B<" in claims
    assert "<pdfuaid:part>1<" in metadata(papers[1])
    paper, bill = map(facts, papers)
    for file in (paper, bill):
        assert "A4" in file["Page size"]
        assert file["JavaScript"] == "no"
    assert bill["Tagged"] == "yes"
    assert bill["Title"] == "Invoice INV-2026-000042"
    assert bill["Author"] == "Nordlicht"


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it", "nl"])
def test_papers_speak_the_customers_language(printer: TypstPrinter, language: str) -> None:
    record = on_record(language=language, notes="x", gift_note="y", ship_to=MADRID)
    titles = {
        "de": ("Lieferschein", "Rechnung"),
        "en": ("Packing slip", "Invoice"),
        "es": ("Albarán", "Factura"),
        "fr": ("Bon de livraison", "Facture"),
        "it": ("Distinta di spedizione", "Fattura"),
        "nl": ("Pakbon", "Factuur"),
    }
    for title, paper in zip(
        titles[language], (slip(printer, record), invoice(printer, record)), strict=True
    ):
        text = words(paper)
        assert title in text
        assert not re.search(r"[{}]", text), "a word's place was not filled in"
