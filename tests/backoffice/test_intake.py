"""An order comes on record once, whoever sends it, how often, and in whatever script."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backoffice.canonical import differences, digest
from backoffice.database import Database
from backoffice.intake import Accepted, Intake, IntakeBook
from backoffice.records import RecordBook
from backoffice.refusals import NotOnRecord
from backoffice.shops import ShopBook
from domain.order import Order
from domain.policy import Policy
from tests.backoffice.samples import SHOP, Trade, at_once, order, order_body, setup


def take(trade: Trade, body: dict[str, Any]) -> Accepted:
    return IntakeBook(trade.database).accept(trade.shop, Order.model_validate(body), body)


def rows(database: Database, count: str) -> int:
    with database.transaction() as connection:
        return connection.execute(text(count)).scalar_one()


def test_a_hundred_submits_of_one_order_at_once_make_one_row(trade: Trade) -> None:
    shop, body = trade.shop, order_body()
    book = IntakeBook(trade.database)
    answers = at_once([lambda: book.accept(shop, Order.model_validate(body), body)] * 100)
    assert Counter(one.state for one in answers) == {Intake.NEW: 1, Intake.SAME: 99}
    assert len({one.order_id for one in answers}) == 1
    assert len({one.given.model_dump_json() for one in answers if one.given}) == 1
    assert rows(trade.database, "SELECT count(*) FROM orders") == 1


def test_submits_that_differ_race_for_one_row_and_the_losers_are_told(trade: Trade) -> None:
    shop = trade.shop
    book = IntakeBook(trade.database)
    bodies = [order_body(notes=f"note {place % 2}") for place in range(50)]
    answers = at_once(
        [lambda body=body: book.accept(shop, Order.model_validate(body), body) for body in bodies]
    )
    states = Counter(one.state for one in answers)
    assert (states[Intake.NEW], states[Intake.SAME], states[Intake.DIFFERENT]) == (1, 24, 25)
    assert {one.differences for one in answers if one.state is Intake.DIFFERENT} == {("notes",)}


def test_another_body_is_different_and_its_fields_are_named_by_path(trade: Trade) -> None:
    take(trade, order_body())
    body = order_body(notes="hurry")
    body["customer"] = body["customer"] | {"email": "else@example.com"}
    body["lines"][1] = body["lines"][1] | {"name": "Green tea", "options": {"size": "L"}}
    answer = take(trade, body)
    assert answer.state is Intake.DIFFERENT
    assert answer.differences == (
        "customer.email",
        "lines.1.name",
        "lines.1.options.size",
        "notes",
    )
    assert answer.given is None
    kept = RecordBook(trade.database).order(answer.order_id).order
    assert kept == order()


def test_the_same_order_in_another_spelling_is_the_same(trade: Trade) -> None:
    take(trade, order_body())
    spelt = order_body(notes="", placed_at="2026-03-02T10:30:00+01:00")
    assert take(trade, dict(reversed(spelt.items()))).state is Intake.SAME


def test_what_is_known_to_run_is_not_given_to_be_started_again(trade: Trade) -> None:
    first = take(trade, order_body())
    again = take(trade, order_body())
    assert again.given == first.given
    IntakeBook(trade.database).started(first.order_id)
    assert take(trade, order_body()).given is None


def test_an_order_keeps_the_policy_that_held_when_it_came(trade: Trade) -> None:
    first = take(trade, order_body())
    slow = Policy(pick_within=timedelta(days=9))
    ShopBook(trade.database).put_shop(setup(policy=slow))
    later = take(trade, order_body("1002"))
    records = RecordBook(trade.database)
    assert first.given is not None
    assert later.given is not None
    assert first.given.policy == records.order(first.order_id).shop.policy == Policy()
    assert later.given.policy == records.order(later.order_id).shop.policy == slow


def test_the_same_number_is_another_order_in_another_shop_or_channel(trade: Trade) -> None:
    other = Trade(trade.database, "other")
    names = {
        take(trade, order_body()).order_id,
        take(trade, order_body(channel="phone")).order_id,
        take(other, order_body()).order_id,
    }
    assert len(names) == 3


def test_what_was_accepted_and_not_started_is_found_after_a_while(trade: Trade) -> None:
    book = IntakeBook(trade.database)
    waiting, started = trade.accept("1"), trade.accept("2")
    book.started(started)
    assert [one.order_id for one in book.unstarted(timedelta(0))] == [waiting]
    assert book.unstarted(timedelta(minutes=1)) == ()
    later = IntakeBook(trade.database, clock=lambda: datetime.now(UTC) + timedelta(hours=1))
    assert [one.order_id for one in later.unstarted(timedelta(minutes=1))] == [waiting]


def test_a_shop_that_is_not_set_up_takes_no_orders(trade: Trade) -> None:
    stranger = trade.shop.model_copy(update={"id": "stranger"})
    with pytest.raises(NotOnRecord):
        IntakeBook(trade.database).accept(stranger, order(), order_body())


def test_a_refusal_is_kept_with_its_reasons(trade: Trade) -> None:
    IntakeBook(trade.database).refuse(SHOP, "orders", "abc", ["lines.0.sku: unknown"])
    kept = "SELECT count(*) FROM refusals WHERE problems = '[\"lines.0.sku: unknown\"]'"
    assert rows(trade.database, kept) == 1


WRITABLE = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=100
).filter(lambda written: written.strip() != "")


@given(name=WRITABLE, notes=WRITABLE, number=WRITABLE)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_without_nul_comes_back_unchanged(
    trade: Trade, name: str, notes: str, number: str
) -> None:
    body = order_body(number, notes=notes)
    body["customer"] = body["customer"] | {"name": name}
    taken = take(trade, body)
    kept = RecordBook(trade.database).order(taken.order_id).order
    assert kept.number == number
    if taken.state is not Intake.DIFFERENT:
        assert (kept.customer.name, kept.notes) == (name, notes)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists))
def test_a_body_differs_from_itself_nowhere_and_its_digest_is_its_own(part: Any) -> None:
    body = {"part": part}
    again = json.loads(json.dumps(body))
    assert differences(body, again) == ()
    assert digest(body) == digest(again)
    assert differences(body, {"part": [part]}) != ()


def test_true_is_not_one_and_a_missing_field_is_a_difference() -> None:
    assert differences({"a": True}, {"a": 1}) == ("a",)
    assert differences({"a": {"b": 1}}, {"a": {}}) == ("a.b",)
    assert differences({"a": [1, 2]}, {"a": [1]}) == ("a.1",)
