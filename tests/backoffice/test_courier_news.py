"""An order hears of the first time that the courier had its parcel, and of how the way ended."""

from dataclasses import replace

import pytest

from backoffice.books import Books
from backoffice.courier_news import EARLY_TRIES, hear_courier, take_courier_event, try_early
from backoffice.records import RecordBook
from domain.record import Commit
from domain.status import OrderStatus
from domain.tracking import CourierEvent, CourierStatus
from tests.backoffice.samples import NOW, Trade, at_once, journal, label, transition


@pytest.fixture
def books(trade: Trade) -> Books:
    return Books.over(trade.database)


def on_its_way(trade: Trade, status: OrderStatus) -> str:
    name = trade.accept()
    commit = Commit(name, journal=journal(transition(1, status)), labels=(label(name),))
    RecordBook(trade.database).commit(commit)
    return name


def event(name: str, status: CourierStatus, number: int = 1) -> CourierEvent:
    return CourierEvent(
        id=f"{status.value}-{number}",
        tracking_number=label(name).tracking_number,
        status=status,
        at=NOW,
    )


def told(books: Books) -> list[str]:
    heard: list[str] = []
    while batch := books.inbox.claim(10):
        for message in batch:
            heard.append(message.payload["status"])
            books.inbox.delivered(message.id)
    return heard


def test_the_first_transit_and_the_end_are_told_and_chatter_is_not(
    trade: Trade, books: Books
) -> None:
    name = on_its_way(trade, OrderStatus.RELEASED)
    for status, number in (
        (CourierStatus.PRE_TRANSIT, 1),
        (CourierStatus.TRANSIT, 1),
        (CourierStatus.TRANSIT, 2),
        (CourierStatus.DELIVERED, 1),
        (CourierStatus.TRANSIT, 3),
    ):
        assert take_courier_event(books, event(name, status, number))
    assert told(books) == ["transit", "delivered"]


def test_an_order_that_has_shipped_hears_nothing_of_transit(trade: Trade, books: Books) -> None:
    name = on_its_way(trade, OrderStatus.SHIPPED)
    take_courier_event(books, event(name, CourierStatus.TRANSIT))
    assert told(books) == []


def test_webhook_and_poll_at_once_tell_it_once(trade: Trade, books: Books) -> None:
    name = on_its_way(trade, OrderStatus.SHIPPED)
    at_once(
        [
            lambda n=n: take_courier_event(books, event(name, CourierStatus.DELIVERED, n))
            for n in range(10)
        ]
    )
    assert told(books) == ["delivered"]


def test_a_tracking_number_that_is_not_ours_tells_nobody(trade: Trade, books: Books) -> None:
    on_its_way(trade, OrderStatus.SHIPPED)
    assert not take_courier_event(books, event("ord_none", CourierStatus.DELIVERED))
    assert told(books) == []


def test_what_comes_before_its_label_waits_until_that_is_on_record(
    trade: Trade, books: Books
) -> None:
    name = trade.accept()
    early = event(name, CourierStatus.DELIVERED)
    assert hear_courier(books, early)
    assert not hear_courier(books, early)
    (kept,) = books.inbox.claim(10)
    try_early(books, kept)
    commit = Commit(
        name, journal=journal(transition(1, OrderStatus.RELEASED)), labels=(label(name),)
    )
    RecordBook(trade.database).commit(commit)
    try_early(books, kept)
    assert told(books) == ["delivered"]
    assert books.inbox.stored(kept.source, kept.event_id) is None


def test_a_parcel_that_is_never_ours_is_forgotten_after_some_tries(books: Books) -> None:
    assert not hear_courier(books, event("ord_none", CourierStatus.PRE_TRANSIT))
    assert hear_courier(books, event("ord_none", CourierStatus.DELIVERED))
    (kept,) = books.inbox.claim(10)
    try_early(books, replace(kept, attempts=EARLY_TRIES - 1))
    assert books.inbox.stored(kept.source, kept.event_id) is not None
    try_early(books, replace(kept, attempts=EARLY_TRIES))
    assert books.inbox.stored(kept.source, kept.event_id) is None
