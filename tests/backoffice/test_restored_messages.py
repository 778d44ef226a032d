"""What an order was told comes on record again only where it is a message at all."""

from typing import Any

import pytest
from sqlalchemy import text

from backoffice.books import Books
from domain.record import Commit
from domain.status import OrderStatus
from domain.warehouse import Picked
from tests.backoffice.samples import MUG, SHOP, Trade, handoff, journal, transition
from tests.workflows.telling import REPORTS, SIGNALS, sayings
from workers.memory import Heard, Memory
from workers.on_record import MESSAGES, put_messages_on_record

LINE = {"line": "1", "sku": MUG, "quantity": 2}


@pytest.fixture
def books(trade: Trade) -> Books:
    return Books.over(trade.database)


@pytest.fixture
def order(trade: Trade, books: Books) -> str:
    name = trade.accept("1001")
    status = transition(1, OrderStatus.IN_FULFILMENT)
    books.records.commit(Commit(name, journal=journal(status), handoff=handoff(name)))
    return name


def told(books: Books, order: str, *heard: Heard) -> int:
    return put_messages_on_record(books, Memory(books.intake.given(order), (), heard))


@pytest.mark.parametrize(
    "change",
    [
        {"lines": []},
        {"lines": "none"},
        {"picker": "a\x00b"},
        {"id": "a\x00b"},
        {"id": "x" * 300},
        {"shipment": "with a space"},
    ],
)
def test_nonsense_that_an_order_was_told_stays_off_the_record(
    books: Books, order: str, change: dict[str, Any]
) -> None:
    said = {"id": "fact-1", "shipment": f"{order}-s1", "lines": [LINE]} | change
    assert told(books, order, Heard("picked", said)) == 0
    state = books.handoffs.shipment_state(f"{order}-s1", SHOP)
    assert state is not None
    assert state.picked is None


def test_fields_that_no_message_has_stay_off_the_record(books: Books, order: str) -> None:
    said = {"id": "fact-1", "shipment": f"{order}-s1", "lines": [LINE]}
    assert told(books, order, Heard("picked", said | {"remark": "a\x00b"})) == 1
    with books.database.reading() as connection:
        (stored,) = connection.scalars(text("SELECT payload FROM inbox"))
    assert stored == Picked.read(said).model_dump(mode="json")


def test_every_signal_that_an_order_heard_comes_on_record(books: Books, order: str) -> None:
    said = sayings(order)
    assert set(SIGNALS) == set(MESSAGES) == set(said)
    heard = [Heard(name, said[name] | {"id": f"fact-{name}"}) for name in SIGNALS]
    assert told(books, order, *heard) == len(REPORTS)
    assert told(books, order, *heard) == 0
