"""What comes in is stored once, handed on in turn, and left to one process at a time."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import text

from backoffice.database import Database
from backoffice.inbox import InboxBook, Message
from tests.backoffice.samples import at_once

NO_TIME = timedelta(0)


def put(book: InboxBook, event: str, order: str | None = "ord_1", signal: str = "picked") -> bool:
    return book.put("warehouse", event, "picked", order, {"event": event}, signal)


def events(batch: tuple[Message, ...]) -> list[str]:
    return [message.event_id for message in batch]


def test_fifty_deliveries_of_one_event_at_once_are_stored_once(database: Database) -> None:
    book = InboxBook(database)
    assert Counter(at_once([lambda: put(book, "e1")] * 50)) == {True: 1, False: 49}
    assert events(book.claim(10)) == ["e1"]


def test_the_same_event_id_from_another_source_is_another_event(database: Database) -> None:
    book = InboxBook(database)
    assert put(book, "e1")
    assert book.put("shippo", "e1", "track", None, {}, "courier_event")


def test_a_message_comes_back_as_it_was_stored(database: Database) -> None:
    book = InboxBook(database)
    put(book, "é\U0001f9ff")
    (message,) = book.claim(1)
    assert (message.source, message.kind, message.order_id) == ("warehouse", "picked", "ord_1")
    assert (message.payload, message.signal) == ({"event": "é\U0001f9ff"}, "picked")
    assert message.attempts == 1


def test_what_stands_under_an_event_id_can_be_looked_up(database: Database) -> None:
    book = InboxBook(database)
    put(book, "e1")
    stored = book.stored("warehouse", "e1")
    assert stored is not None
    assert (stored.kind, stored.payload) == ("picked", {"event": "e1"})
    assert book.stored("stripe", "e1") is None


def test_what_signals_nobody_is_kept_and_never_claimed(database: Database) -> None:
    book = InboxBook(database)
    assert book.put("sendgrid", "e1", "open", "ord_1", {}, None)
    assert book.claim(10) == ()


def test_processes_that_claim_at_once_share_the_messages(database: Database) -> None:
    book = InboxBook(database)
    for number in range(60):
        put(book, f"e{number}", f"ord_{number}")
    batches = at_once([lambda: book.claim(10)] * 12)
    claimed = Counter(event for batch in batches for event in events(batch))
    assert set(claimed.values()) == {1}
    assert len(claimed) + len(book.claim(100)) == 60


def test_each_order_hears_in_the_order_in_which_it_was_told(database: Database) -> None:
    book = InboxBook(database)
    for event in ("e1", "e2", "e3"):
        put(book, event)
    put(book, "other", "ord_2")
    first = book.claim(10)
    assert events(first) == ["e1", "other"]
    assert book.claim(10) == ()
    book.delivered(first[0].id)
    assert events(book.claim(10)) == ["e2"]


def test_a_message_for_later_is_due_after_its_delay_and_says_why(database: Database) -> None:
    book = InboxBook(database)
    put(book, "e1")
    (message,) = book.claim(1)
    book.later(message.id, "not begun", timedelta(hours=1))
    assert book.claim(1) == ()
    book.later(message.id, "not begun", NO_TIME)
    (again,) = book.claim(1)
    assert (again.attempts, again.reason) == (2, "not begun")


def test_a_claim_that_was_not_finished_lapses(database: Database) -> None:
    put(InboxBook(database), "e1")
    assert events(InboxBook(database, lease=NO_TIME).claim(1)) == ["e1"]
    assert events(InboxBook(database).claim(1)) == ["e1"]
    assert InboxBook(database).claim(1) == ()


def test_what_is_done_stays_done(database: Database) -> None:
    book = InboxBook(database, lease=NO_TIME)
    put(book, "e1", "ord_1")
    put(book, "e2", "ord_2")
    first, second = book.claim(2)
    book.delivered(first.id)
    book.give_up(second.id, "the order has ended")
    for message in (first, second):
        book.later(message.id, "a zombie's word", NO_TIME)
        book.delivered(message.id)
    with database.transaction() as connection:
        rows = connection.execute(text("SELECT event_id, state, reason FROM inbox ORDER BY id"))
        assert [tuple(row) for row in rows] == [
            ("e1", "delivered", ""),
            ("e2", "given_up", "the order has ended"),
        ]
    assert book.claim(10) == ()


def test_a_put_wakes_who_waits_and_a_duplicate_does_not(database: Database) -> None:
    book = InboxBook(database)
    database.wait(("inbox",), 1)
    put(book, "e1")
    assert database.wait(("inbox",), 5) == {"inbox"}
    put(book, "e1")
    assert database.wait(("inbox",), 0.1) == set()
