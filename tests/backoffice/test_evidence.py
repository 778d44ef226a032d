"""The evidence as one file: all of it, the same from the same records, and what of it is sent."""

import io
import zipfile
from datetime import timedelta

import pytest

from backoffice.books import Books
from backoffice.evidence_file import SUMMARY, pack, unpacked
from domain.documents import DocumentKind, FileFormat
from domain.evidence_words import for_provider, summary
from domain.mail import MailKind
from domain.payment import PaymentEventKind
from domain.record import Commit, NewAddress
from domain.tracking import CourierEvent, CourierStatus
from tests.backoffice.disputed import DISPUTE, opened, paid
from tests.backoffice.papers import put_away
from tests.backoffice.samples import NOW, SHOP, Trade, document, label, payment
from tests.backoffice.samples import order as sample


@pytest.fixture
def books(trade: Trade) -> Books:
    return Books.over(trade.database)


@pytest.fixture
def order(trade: Trade, books: Books) -> str:
    """A disputed order with a mail, a courier's scans, another address, and a refund."""
    placed = paid(trade)
    bought = label(placed)
    paper = document(f"{placed}:label", placed, DocumentKind.LABEL, label=bought.id)
    given = payment(
        "refund:1", PaymentEventKind.REFUND, 500, reference="re_1", shipment=f"{placed}-s1"
    )
    elsewhere = sample().shipping_address.model_copy(update={"line1": "Nová 7"})
    moved = NewAddress(number=1, address=elsewhere, who="Anna", at=NOW)
    books.records.commit(Commit(placed, payments=(given,), documents=(paper,), address=moved))
    book = books.mails
    book.begin(f"{placed}-s1:shipped", placed, MailKind.SHIPPED, "anna@example.com")
    book.sent(f"{placed}-s1:shipped", "msg-77")
    for place, status in enumerate((CourierStatus.TRANSIT, CourierStatus.DELIVERED)):
        at = NOW + timedelta(days=place + 1)
        event = CourierEvent(
            id=f"e{place}", tracking_number=bought.tracking_number, status=status, at=at
        )
        books.tracking.record(event)
    opened(books, placed)
    return placed


def names(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_everything_on_record_is_in_it(books: Books, order: str) -> None:
    content = books.dispute_pages.pack(SHOP, DISPUTE)
    words = unpacked(content, SUMMARY).decode()
    for told in (
        "Dispute du_1 of payment pi_1",
        "5.00 EUR were given back to the customer before: re_1",
        "34.51 EUR",
        "Anna@Example.com",
        "Nová 7",
        "it was to be shipped to: Anna Maria Šmíd, Ulica 1",
        "2 x Mug (MUG-BLUE)",
        "tracking TRACK",
        "delivered at 2026-03-04 09:30:00 UTC",
        "shipped to anna@example.com: sent, id msg-77",
        "invoice INV-2",
        order,
    ):
        assert told in words, told
    (first, *papers) = names(content)
    assert first == SUMMARY
    kinds = {one.partition("-")[0] for one in papers}
    assert kinds == {"invoice", "label", "packing_slip"}


def test_the_same_records_make_the_same_bytes(books: Books, order: str) -> None:
    assert order
    first = books.dispute_pages.pack(SHOP, DISPUTE)
    assert books.dispute_pages.pack(SHOP, DISPUTE) == first


def test_what_goes_to_the_provider_are_words_and_pages_that_it_can_show(
    books: Books, order: str
) -> None:
    found = books.dispute_pages.evidence(DISPUTE)
    words = summary(found)
    sent = for_provider(found, words)
    assert sent.texts["shipping_address"].startswith("Anna Maria Šmíd, Nová 7")
    assert sent.texts["shipping_date"] == "2026-03-02"
    assert sent.texts["uncategorized_text"] == words
    assert order in sent.texts["uncategorized_text"]
    assert set(sent.papers) == {"receipt", "shipping_documentation", "uncategorized_file"}
    content = pack(found, words)
    assert unpacked(content, sent.papers["receipt"]).startswith(b"%PDF-")


def test_a_refund_is_proved_by_its_credit_note(trade: Trade, books: Books, order: str) -> None:
    put_away(trade, order)
    found = books.dispute_pages.evidence(DISPUTE)
    sent = for_provider(found, summary(found))
    assert sent.papers["uncategorized_file"].startswith("credit_note-")


def test_a_label_for_a_label_printer_is_kept_and_not_sent(
    trade: Trade, books: Books, order: str
) -> None:
    assert trade.database
    zpl = document(f"{order}:zpl", order, DocumentKind.LABEL, format=FileFormat.ZPL)
    books.records.commit(Commit(order, documents=(zpl,)))
    found = books.dispute_pages.evidence(DISPUTE)
    sent = for_provider(found, summary(found))
    assert sent.papers["shipping_documentation"].endswith(".pdf")
    assert any(one.endswith(".zpl") for one in names(pack(found, "")))


def test_a_long_story_is_cut_to_what_the_provider_takes(books: Books, order: str) -> None:
    assert order
    found = books.dispute_pages.evidence(DISPUTE)
    sent = for_provider(found, "x" * 30_000)
    assert len(sent.texts["uncategorized_text"]) == 20_000
