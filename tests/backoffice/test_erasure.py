"""Erasing by row: what is overwritten, what is kept, and that no column was forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from backoffice.data_keys import DataKeyBook
from backoffice.database import Database
from backoffice.erasure import BLANKS, ErasureBook, NotEnded
from backoffice.records import RecordBook
from backoffice.refusals import NotOnRecord
from backoffice.tables import Record
from domain.erasure import order_without_person
from domain.keys import WrappedKey
from domain.order import Order
from domain.record import Commit
from domain.status import OrderStatus
from tests.backoffice.papers import issue, put_away
from tests.backoffice.samples import Trade, journal, order, transition

ERASED_OTHERWISE = {
    "orders": {"number", "body", "sent_digest"},
    "order_terms": {"term"},
    "case_answers": {"who", "why"},
    "courier_events": {"detail"},
    "callbacks": {"payload"},
    "amendments": {"before", "after"},
    "handoffs": {"document"},
    "documents": {"content", "number"},
    "data_keys": {"wrapped"},
}
"""What `backoffice.erasure` empties by statements of its own."""

NOBODYS = {
    "address_changes": {"order_id"},
    "amendments": {"order_id"},
    "api_keys": {"id", "shop", "name", "scopes", "digest", "warehouse"},
    "backorder_lines": {"order_id", "sku", "shop"},
    "backorders": {"order_id", "shop", "key", "routed_by", "ships_to"},
    "callbacks": {"shop", "order_id", "type"},
    "case_answers": {"case_id", "answer"},
    "cases": {"id", "shop", "order_id", "kind", "shipment", "answers"},
    "courier_events": {"id", "label", "status"},
    "credit_note_series": {"shop"},
    "credit_notes": {
        "key", "shop", "number", "order_id", "shipment", "document", "invoice", "reason",
        "by_rate",
    },
    "data_keys": {"subject", "master"},
    "dispute_events": {"order_id", "dispute", "key", "kind", "state", "currency"},
    "disputes": {
        "id", "order_id", "shop", "payment", "state", "currency", "reason", "uploads",
    },
    "delivery_promises": {"order_id", "shipment", "reason"},
    "documents": {"key", "order_id", "shipment", "kind", "format", "label"},
    "engine_checks": {"order_id", "run_id"},
    "expected_goods": {"shop", "sku"},
    "handoffs": {"shipment", "order_id", "status", "warehouse"},
    "inbox": {"source", "event_id", "kind", "order_id", "signal", "state"},
    "invoice_series": {"shop"},
    "invoices": {
        "key", "shop", "number", "order_id", "shipment", "document", "portions", "part", "by_rate",
    },
    "bookings": {"id", "currency", "reference", "order_id", "state"},
    "label_voids": {"label", "order_id"},
    "labels": {
        "id", "order_id", "shipment", "parcel", "carrier", "service", "tracking_number",
        "transaction", "currency", "format", "courier_status",
    },
    "mails": {"key", "order_id", "kind", "state", "message_id"},
    "order_terms": {"order_id", "kind", "shop"},
    "orders": {"id", "shop", "channel", "policy", "status", "page", "replaces"},
    "payment_claims": {"provider", "reference", "order_id"},
    "payment_events": {
        "key", "order_id", "kind", "currency", "provider", "reference", "shipment",
    },
    "payouts": {"provider", "id", "currency", "status", "reason"},
    "policies": {"digest", "body"},
    "print_jobs": {"document", "shop", "state", "station", "reason"},
    "products": {
        "shop", "sku", "name", "barcodes", "bin", "hs_code", "origin", "customs_name",
        "substitutes", "prices",
    },
    "provider_balances": {"provider", "currency"},
    "provider_movements": {
        "provider", "id", "kind", "word", "currency", "presented_currency", "subject", "payment",
        "mark", "payout",
    },
    "readings": {"name", "newest", "oldest"},
    "refund_parts": {
        "key", "order_id", "shipment", "payment", "portions", "earlier", "reference", "currency",
        "status",
    },
    "refunds": {"order_id", "key", "kind", "currency", "lines"},
    "complaints": {"order_id", "reason", "by", "lines"},
    "complaint_words": {"order_id", "state"},
    "refusals": {"shop", "source", "body_digest", "problems"},
    "placements": {"shop", "warehouse", "sku", "bin"},
    "restock_needs": {"shop", "key", "sku", "warehouse"},
    "reviews": {"name"},
    "shops": {
        "id", "seller", "restock_email", "status_page", "policy", "callback_url",
        "callback_secret",
    },
    "stock_arrivals": {"shop", "sku"},
    "step_facts": {"key", "order_id", "operation", "shipment", "outcome"},
    "stock_closings": {"shop", "sku", "warehouse"},
    "stock_entries": {"shop", "key", "sku", "warehouse", "kind", "order_id", "shipment"},
    "substitutions": {"id", "order_id", "token", "offer", "state", "answered_by"},
    "suspicions": {"id"},
    "transitions": {"order_id", "status", "shipment", "of_order", "news", "refund"},
    "warehouses": {
        "shop", "code", "name", "address", "time_zone", "serves", "wms_url", "wms_key",
    },
}  # fmt: skip
"""Names that we give, and what belongs to shops: kept."""


def test_every_column_that_could_hold_a_person_is_erased_or_known_to_hold_none() -> None:
    erased = {table.name: set(blanks) for table, blanks in BLANKS.items()}
    for table in Record.metadata.tables.values():
        wordy = {
            column.name
            for column in table.columns
            if isinstance(column.type, Text | JSONB | ARRAY | LargeBinary)
        }
        known = erased.get(table.name, set()) | ERASED_OTHERWISE.get(table.name, set())
        assert wordy == known | NOBODYS.get(table.name, set()), table.name


def test_an_order_without_its_person_keeps_goods_sums_and_country() -> None:
    whole = order(notes="ring twice", gift_note="for Ada")
    left = order_without_person("ord_1", whole)
    assert Order.model_validate(left.model_dump()) == left
    assert [(x.sku, x.quantity, x.gross) for x in left.lines] == [
        (x.sku, x.quantity, x.gross) for x in whole.lines
    ]
    assert (left.total, left.payment) == (whole.total, whole.payment)
    assert left.shipping_address.country == whole.shipping_address.country
    for words in (whole.customer.name, whole.customer.email, whole.shipping_address.line1, "Ada"):
        assert words not in left.model_dump_json()


def run_out(trade: Trade, placed: str) -> None:
    ended = transition(1, OrderStatus.OUT_OF_STOCK)
    RecordBook(trade.database).commit(Commit(placed, journal(ended)))


def end(trade: Trade) -> str:
    """An order that has ended."""
    placed = trade.accept()
    run_out(trade, placed)
    return placed


def test_an_order_is_erased_once_it_has_ended_and_again_changes_nothing(trade: Trade) -> None:
    book = ErasureBook(trade.database)
    placed = trade.accept()
    with pytest.raises(NotEnded, match=r"open \(accepted\)"):
        book.erase(placed)
    run_out(trade, placed)
    first = book.erase(placed)
    assert book.erase(placed) == first
    with pytest.raises(NotOnRecord):
        book.erase("ord_nobody")


def test_erasing_keeps_the_invoice_and_its_credit_note_and_no_other_paper(trade: Trade) -> None:
    placed = trade.accept()
    trade.reserve(placed)
    issue(trade, placed)
    put_away(trade, placed)
    run_out(trade, placed)
    ErasureBook(trade.database).erase(placed)
    with trade.database.transaction() as connection:
        kinds = connection.scalars(text("SELECT kind FROM documents ORDER BY kind")).all()
    assert kinds == ["credit_note", "invoice"]


def test_due_are_those_that_ended_before_a_day_until_they_are_erased(trade: Trade) -> None:
    book = ErasureBook(trade.database)
    placed = end(trade)
    soon = datetime.now(UTC) + timedelta(days=400)
    assert [one.order_id for one in book.due(soon)] == [placed]
    assert book.due(datetime(2020, 1, 1, tzinfo=UTC)) == ()
    book.erase(placed)
    assert book.due(soon) == ()


def test_a_destroyed_key_never_comes_back(database: Database, trade: Trade) -> None:
    keys = DataKeyBook(database)
    placed = end(trade)
    keys.keep(WrappedKey(placed, "k1", b"sealed"))
    assert ErasureBook(database).erase(placed).encrypted
    again = keys.keep(WrappedKey(placed, "k1", b"drawn anew"))
    assert again.erased
    with database.reading() as connection:
        [left] = connection.execute(text("SELECT wrapped FROM data_keys")).scalars()
    assert left is None


def test_an_order_erased_before_it_had_a_key_never_gets_one(trade: Trade) -> None:
    placed = end(trade)
    assert not ErasureBook(trade.database).erase(placed).encrypted
    kept = DataKeyBook(trade.database).keep(WrappedKey(placed, "k1", b"late"))
    assert kept.erased


def test_keys_are_encrypted_again_under_todays_master_key(database: Database) -> None:
    keys = DataKeyBook(database)
    for number in range(3):
        keys.keep(WrappedKey(f"ord_{number}", "old", b"under old"))
    keys.keep(WrappedKey("ord_new", "new", b"under new"))
    count = keys.rewrap("new", lambda kept: WrappedKey(kept.subject, "new", b"again"))
    assert count == 3
    assert keys.find("ord_1") == WrappedKey("ord_1", "new", b"again")
    assert keys.find("ord_new") == WrappedKey("ord_new", "new", b"under new")
    assert keys.rewrap("new", lambda kept: kept) == 0
