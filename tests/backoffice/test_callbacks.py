"""Each shop hears of each order in order, until it has heard, and can read it all again."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from backoffice.callbacks import CallbackBook, DueCallback
from backoffice.records import RecordBook
from backoffice.shops import ShopBook
from domain.record import Commit
from tests.backoffice.samples import SHOP, Trade, at_once, journal, setup, transition

NO_TIME = timedelta(0)
AN_HOUR = timedelta(hours=1)


def moved(trade: Trade, name: str, *numbers: int) -> None:
    """The order went through these transitions, each in a commit of its own."""
    for number in numbers:
        RecordBook(trade.database).commit(Commit(name, journal=journal(transition(number))))


def numbers(batch: tuple[DueCallback, ...]) -> list[int]:
    return [callback.number for callback in batch]


@pytest.fixture
def book(trade: Trade) -> CallbackBook:
    return CallbackBook(trade.database)


def test_of_each_order_only_the_next_one_is_due(trade: Trade, book: CallbackBook) -> None:
    one, other = trade.accept("1"), trade.accept("2")
    moved(trade, one, 1, 2, 3)
    moved(trade, other, 1)
    batch = book.due(10)
    assert {(callback.order_id, callback.number) for callback in batch} == {(one, 1), (other, 1)}
    assert book.due(10) == ()
    book.delivered(next(callback.id for callback in batch if callback.order_id == one))
    assert numbers(book.due(10)) == [2]


def test_of_each_shop_only_a_few_are_taken_at_once(trade: Trade, book: CallbackBook) -> None:
    other = Trade(trade.database, "other")
    for number in range(5):
        moved(trade, trade.accept(str(number)), 1)
    elsewhere = other.accept("9")
    moved(other, elsewhere, 1)
    batch = book.due(10, each_shop=3)
    assert sorted(callback.shop for callback in batch) == [SHOP, SHOP, SHOP, "other"]
    assert book.due(10, each_shop=3, under_way={SHOP: 3}) == ()
    assert len(book.due(10, each_shop=3, under_way={SHOP: 2, "other": 3})) == 1
    assert len(book.due(10, each_shop=3)) == 1


def test_what_is_longest_due_goes_first_whichever_shop_s_it_is(
    trade: Trade, book: CallbackBook
) -> None:
    other = Trade(trade.database, "other")
    for number in range(3):
        moved(trade, trade.accept(str(number)), 1)
        moved(other, other.accept(str(number)), 1)
    assert [callback.shop for callback in book.due(2, each_shop=1)] == [SHOP, "other"]


def test_a_callback_knows_where_to_go_and_keeps_its_name(trade: Trade, book: CallbackBook) -> None:
    name = trade.accept()
    moved(trade, name, 1)
    (callback,) = book.due(1)
    target = ShopBook(trade.database).callback_target(SHOP)
    assert (callback.url, callback.secret) == target
    assert callback.message_id == callback.payload["id"] == f"{name}.1"
    assert callback.attempts == 1


def test_callbacks_have_no_gaps_where_transitions_have(trade: Trade, book: CallbackBook) -> None:
    name = trade.accept()
    moved(trade, name, 2, 5, 5, 9)
    sequences = [event.payload["sequence"] for event in book.events(SHOP)]
    assert sequences == [1, 2, 3]
    assert [event.payload["id"] for event in book.events(SHOP)] == [
        f"{name}.{number}" for number in sequences
    ]


def test_relays_at_once_bring_each_callback_once_and_in_order(
    trade: Trade, book: CallbackBook
) -> None:
    names = [trade.accept(str(number)) for number in range(8)]
    for name in names:
        moved(trade, name, 1, 2, 3, 4)
    brought: list[tuple[str, int]] = []

    def relay() -> None:
        while batch := book.due(3):
            for callback in batch:
                brought.append((callback.order_id, callback.number))
                book.delivered(callback.id)

    while len(brought) < 32:
        at_once([relay] * 6)
    for name in names:
        assert [number for order, number in brought if order == name] == [1, 2, 3, 4]
    assert len(brought) == 32


def test_a_failed_callback_holds_up_its_own_order_and_no_other(
    trade: Trade, book: CallbackBook
) -> None:
    one, other = trade.accept("1"), trade.accept("2")
    moved(trade, one, 1, 2)
    moved(trade, other, 1, 2)
    for callback in book.due(10):
        if callback.order_id == one:
            book.failed(callback.id, "422", AN_HOUR)
        else:
            book.delivered(callback.id)
    assert [(callback.order_id, callback.number) for callback in book.due(10)] == [(other, 2)]


def test_a_failed_callback_is_due_again_after_its_delay(trade: Trade, book: CallbackBook) -> None:
    moved(trade, trade.accept(), 1)
    (callback,) = book.due(1)
    book.failed(callback.id, "500", NO_TIME)
    (again,) = book.due(1)
    assert (again.id, again.attempts) == (callback.id, 2)


def test_a_shop_that_is_down_is_left_alone_until_it_takes_one(
    trade: Trade, book: CallbackBook
) -> None:
    other = Trade(trade.database, "other")
    one, two, elsewhere = trade.accept("1"), trade.accept("2"), other.accept("3")
    for name in (one, two):
        moved(trade, name, 1)
    (callback,) = book.due(1)
    book.failed(callback.id, "connection refused", AN_HOUR, shop_down=True)
    moved(trade, elsewhere, 1)
    assert [late.order_id for late in book.due(10)] == [elsewhere]
    book.delivered(callback.id)
    assert len(book.due(10)) == 1


def test_a_relay_that_dies_leaves_its_callbacks_to_the_others(trade: Trade) -> None:
    moved(trade, trade.accept(), 1)
    assert numbers(CallbackBook(trade.database, lease=NO_TIME).due(1)) == [1]
    assert numbers(CallbackBook(trade.database).due(1)) == [1]


def test_a_shop_without_an_address_is_told_nothing_and_can_still_read(
    trade: Trade, book: CallbackBook
) -> None:
    ShopBook(trade.database).put_shop(setup(callback_url=None))
    moved(trade, trade.accept(), 1)
    assert book.due(10) == ()
    assert len(book.events(SHOP)) == 1


def test_an_order_is_told_again_from_a_number_on(trade: Trade, book: CallbackBook) -> None:
    name = trade.accept()
    moved(trade, name, 1, 2, 3)
    for _ in range(3):
        (callback,) = book.due(1)
        book.delivered(callback.id)
    assert book.replay(SHOP, name, after=1) == 2
    (callback,) = book.due(10)
    assert callback.number == 2
    assert book.replay("other", name, after=0) == 0


def test_a_shop_is_told_again_from_a_position_on(trade: Trade, book: CallbackBook) -> None:
    for number in ("1", "2", "3"):
        moved(trade, trade.accept(number), 1)
    for callback in book.due(10):
        book.delivered(callback.id)
    positions = [event.position for event in book.events(SHOP)]
    assert book.replay(SHOP, None, after=positions[0]) == 2
    assert len(book.due(10)) == 2


def test_the_feed_is_read_on_from_where_it_was_left(trade: Trade, book: CallbackBook) -> None:
    Trade(trade.database, "other").accept("9")
    name = trade.accept()
    moved(trade, name, 1, 2, 3)
    first = book.events(SHOP, limit=2)
    rest = book.events(SHOP, after=first[-1].position)
    assert [event.payload["sequence"] for event in (*first, *rest)] == [1, 2, 3]
    assert book.events(SHOP, after=rest[-1].position) == ()
    assert book.events("other") == ()


def test_an_event_that_becomes_visible_late_is_never_put_before_what_was_read(
    trade: Trade, book: CallbackBook
) -> None:
    slow, quick = trade.accept("1"), trade.accept("2")
    with trade.database.transaction() as connection:
        connection.execute(
            text("INSERT INTO transitions VALUES (:name, 1, 'reserved', 1, now(), NULL, '')"),
            {"name": slow},
        )
        connection.execute(
            text(
                "INSERT INTO callbacks (shop, order_id, number, transition, type, payload) "
                "VALUES (:shop, :name, 1, 1, 'order.reserved', '{}')"
            ),
            {"shop": SHOP, "name": slow},
        )
        moved(trade, quick, 1)
        read = book.events(SHOP)
        assert [event.payload["order"] for event in read] == [quick]
    late = book.events(SHOP, after=read[-1].position)
    assert [event.payload["id"] for event in late] == [f"{slow}.1"]


def test_readers_at_once_see_one_feed(trade: Trade, book: CallbackBook) -> None:
    for number in range(10):
        moved(trade, trade.accept(str(number)), 1, 2)
    feeds = at_once([lambda: book.events(SHOP)] * 8)
    assert {tuple(event.position for event in feed) for feed in feeds} == {
        tuple(event.position for event in feeds[0])
    }
    assert len(feeds[0]) == 20


def test_a_transition_wakes_the_relay(trade: Trade) -> None:
    name = trade.accept()
    trade.database.wait(("callbacks",), 1)
    moved(trade, name, 1)
    assert trade.database.wait(("callbacks",), 5) == {"callbacks"}
    moved(trade, name, 1)
    assert trade.database.wait(("callbacks",), 0.1) == set()
