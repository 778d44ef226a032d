"""The labels themselves: real PDF, PNG and ZPL at the address that a purchase names."""

import zlib

import httpx
import pytest

from sandbox.client import SandboxClient
from tests.sandbox.shipping import CUSTOMER, Shop


@pytest.fixture
def shop(sandbox: SandboxClient) -> Shop:
    return Shop(sandbox)


@pytest.mark.parametrize("file", ["PDF", "PDF_4x6", "PDF_A4", "PDF_A6", "PDF_2.3x7.5"])
def test_a_pdf_label_is_one_page_and_the_same_each_time(shop: Shop, file: str) -> None:
    label = shop.buy(file=file)
    first, second = httpx.get(label.label_url), httpx.get(label.label_url)
    assert first.headers["content-type"] == "application/pdf"
    assert first.content == second.content
    assert first.content.startswith(b"%PDF-")
    assert first.content.rstrip().endswith(b"%%EOF")
    assert first.content.count(b"/Type /Page\n") + first.content.count(b"/Type/Page/") == 1


def test_a_png_label_is_four_by_six_inches_for_a_label_printer(shop: Shop) -> None:
    image = httpx.get(shop.buy(file="PNG").label_url)
    assert image.headers["content-type"] == "image/png"
    width, height, pixels = unpacked(image.content)
    assert (width, height) == (812, 1218)
    assert len(pixels) == height * (1 + width * 4)
    # A row is a filter's number and RGBA; a blank page repeats one row for ever.
    rows = {pixels[place : place + width * 4] for place in range(1, len(pixels), 1 + width * 4)}
    assert len(rows) > 100


def test_a_zpl_label_carries_the_address_and_the_barcode(shop: Shop) -> None:
    to = {**CUSTOMER, "name": "Zoë ~Tilde^Caret_"}
    label = shop.buy(shop.rated(to).rates[0].object_id, file="ZPLII")
    text = httpx.get(label.label_url).text
    assert text.startswith("^XA")
    assert text.endswith("^XZ")
    assert f"^BCN,180,Y,N,N^FD{label.tracking_number}^FS" in text
    assert "^FDZoë _7ETilde_5ECaret_5F^FS" in text
    assert "^FD12207 Albany NY^FS" in text


def test_a_failed_purchase_has_no_label_to_fetch(shop: Shop, sandbox: SandboxClient) -> None:
    sandbox.fault("shippo", "create_transaction", "label_error")
    label = shop.buy()
    assert not label.label_url
    guess = f"{sandbox.base('shippo')}/labels/{label.object_id}.pdf"
    assert httpx.get(guess).status_code == 404


def unpacked(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and filtered rows of a PNG, from its chunks with their check sums."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, dict[bytes, bytes]()
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        check = int.from_bytes(png[place + 8 + length : place + 12 + length])
        assert zlib.crc32(kind + body) == check
        chunks[kind] = chunks.get(kind, b"") + body
        place += 12 + length
    header = chunks[b"IHDR"]
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    return width, height, zlib.decompress(chunks[b"IDAT"])
