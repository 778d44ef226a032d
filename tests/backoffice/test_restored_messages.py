"""What an order was told comes on record again only where the order can have taken it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from activities.step import Request
from activities.warehouse import HandedOff, HandOff, StopWork
from backoffice.books import Books
from domain.record import Commit
from domain.status import OrderStatus
from domain.warehouse import HandoffAnswer, Picked
from tests.backoffice.samples import MUG, NOW, SHOP, Trade, handoff, journal, transition
from tests.workflows.telling import REPORTS, SIGNALS, Json, sayings
from workers.memory import Call, Heard, Memory
from workers.on_record import HINTS, MESSAGES, BroughtBack, put_messages_on_record

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


def calls(order: str) -> tuple[Call, ...]:
    """It was handed off an hour ago, and recalled half an hour ago."""
    common = {"order_id": order, "shop": SHOP, "shipment": f"{order}-s1"}
    taken = HandedOff(answer=HandoffAnswer(accepted=True), lines=())
    asked: list[tuple[str, Request, int, HandedOff | None]] = [
        ("hand_off", HandOff.model_validate(common | {"portions": ()}), 60, taken),
        ("recall_parcels", StopWork.model_validate(common | {"reason": "cancelled"}), 30, None),
    ]
    return tuple(
        Call(name, request, at, local=False, answer_type=None, answered=at, answer=answer)
        for name, request, minutes, answer in asked
        for at in (NOW - timedelta(minutes=minutes),)
    )


def heard(name: str, said: Json, minutes_ago: int = 0) -> Heard:
    return Heard(name, said, NOW - timedelta(minutes=minutes_ago))


def told(books: Books, order: str, *messages: Heard) -> BroughtBack:
    memory = Memory(books.intake.given(order), calls(order), messages)
    return put_messages_on_record(books, memory)


def on_record(books: Books) -> list[str]:
    with books.database.reading() as connection:
        return list(
            connection.scalars(
                text("SELECT event_id FROM inbox WHERE order_id IS NOT NULL ORDER BY id")
            )
        )


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
    assert told(books, order, heard("picked", said)).count == 0
    state = books.handoffs.shipment_state(f"{order}-s1", SHOP)
    assert state is not None
    assert state.picked is None


def test_fields_that_no_message_has_stay_off_the_record(books: Books, order: str) -> None:
    said = {"id": "fact-1", "shipment": f"{order}-s1", "lines": [LINE]}
    assert told(books, order, heard("picked", said | {"remark": "a\x00b"})).count == 1
    with books.database.reading() as connection:
        (stored,) = connection.scalars(text("SELECT payload FROM inbox WHERE order_id IS NOT NULL"))
    assert stored == Picked.read(said).model_dump(mode="json")


def test_every_signal_that_an_order_heard_comes_on_record(books: Books, order: str) -> None:
    said = sayings(order)
    assert set(SIGNALS) == set(MESSAGES) | HINTS == set(said)
    messages = [heard(name, said[name] | {"id": f"fact-{name}"}) for name in SIGNALS]
    assert told(books, order, *messages) == BroughtBack(len(REPORTS), ())
    assert told(books, order, *messages) == BroughtBack(0, ())


WRONG: list[tuple[str, Json, int, str]] = [
    ("picked", {"lines": [LINE | {"quantity": 1}]}, 0, "lines.0.quantity"),
    ("picked", {"shipment": "{order}-s2"}, 0, "shipment"),
    ("packed", {"shipment": "{order}-s2"}, 0, "shipment"),
    (
        "packed",
        {"parcels": [{"weight_grams": 850, "lines": [{"line": "1", "quantity": 3}]}]},
        0,
        "packed 3 times",
    ),
    ("handed_over", {}, 61, "no warehouse had been given it"),
    ("handed_over", {"shipment": "{order}-s2"}, 0, "shipment"),
    ("recall_result", {}, 31, "no recall had been asked for"),
]


@pytest.mark.parametrize(("name", "change", "minutes_ago", "word"), WRONG)
def test_what_an_order_refused_stays_off_the_record_and_is_named(
    books: Books, order: str, name: str, change: Json, minutes_ago: int, word: str
) -> None:
    right = sayings(order)[name]
    if "shipment" in change:
        change = {"shipment": change["shipment"].format(order=order)}
    wrong = heard(name, right | change | {"id": "wrong"}, minutes_ago)
    back = told(books, order, wrong, heard(name, right | {"id": "right"}))
    assert back.count == 1
    (words,) = back.misfits
    assert words.startswith(f"{name} wrong")
    assert word in words
    assert on_record(books) == ["right"]


def test_a_parcel_that_was_packed_before_its_pick_was_heard_comes_back(
    books: Books, order: str
) -> None:
    said = sayings(order)
    messages = [heard(name, said[name] | {"id": name}) for name in ("packed", "picked")]
    assert told(books, order, *messages) == BroughtBack(2, ())
