"""Code 128 on paper says what it was given, to a reader that knows the standard alone."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.ids import order_id, shipment_id
from providers.barcodes import code128
from tests.providers.scanner import decode_bars

PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "


@given(st.text(PRINTABLE, min_size=1, max_size=40))
def test_a_barcode_reads_as_its_text(text: str) -> None:
    assert decode_bars(code128(text)) == text


@given(st.text(string.digits, min_size=1, max_size=60))
@example("99")
@example("9912345")
def test_a_number_reads_as_its_digits(text: str) -> None:
    assert decode_bars(code128(text)) == text


def test_a_shipment_id_fits_beside_an_order_number() -> None:
    shipment = code128(shipment_id(order_id("shop", "web", "1001"), 12))
    millimetres = sum(shipment[-1]) * 0.25
    assert millimetres < 110


@pytest.mark.parametrize("text", ["", "Bestellung für Zoë", "注文1", "a\tb", "٣٤٥", "x" * 100])
def test_what_no_scanner_could_read_gets_no_bars(text: str) -> None:
    assert code128(text) == ()
