"""After an erasure nobody finds the person anywhere; goods and money are still on record."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from api.temporal_orders import TemporalOrders
from backoffice.courier_news import take_courier_event
from backoffice.erasure import NotEnded
from backoffice.tables import Record
from cli import demo_orders, privacy
from domain.tracking import CourierEvent, CourierStatus
from tests.workflows.test_encryption import PERSON, all_that_can_happen, personal
from tests.world import Json, World, eventually


def rows(url: str) -> Iterator[tuple[str, bytes]]:
    """Every row of every table as bytes, but for the documents that are kept."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        for table in Record.metadata.tables.values():
            columns = [sql.Identifier(column.name) for column in table.columns]
            where = sql.SQL("")
            if table.name == "documents":
                where = sql.SQL("WHERE kind NOT IN ('invoice', 'credit_note')")
            names = sql.SQL(", ").join(columns)
            query = sql.SQL("SELECT {} FROM {} {}").format(names, sql.Identifier(table.name), where)
            for row in connection.execute(query):
                for value in row:
                    yield table.name, value if isinstance(value, bytes) else str(value).encode()


def found(url: str) -> set[tuple[str, str]]:
    """In which tables the person stands, by what."""
    folded = {what: text.casefold().encode() for what, text in PERSON.items()}
    return {
        (table, what)
        for table, content in rows(url)
        for what, words in folded.items()
        if words in content.lower()
    }


async def erase(world: World, order: str) -> Json:
    """Erase an order once the engine has let go of it as well."""

    async def closed() -> bool:
        return (await world.handle(order).describe()).close_time is not None

    await eventually(closed, lambda: f"the workflow of {order} does not end")
    answer = await world.api.post(f"/orders/{order}/erase")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ended_orders(world: World) -> list[str]:
    *ended, last = await all_that_can_happen(world)
    await world.cancel(last, who=PERSON["name"], why=PERSON["note"])
    await world.until(last, "cancelled")
    return [*ended, last]


async def test_after_an_erasure_the_whole_database_is_silent_about_the_person(
    world: World, database_url: str
) -> None:
    orders = await ended_orders(world)
    where = {table for table, _ in found(database_url)}
    assert where >= {"orders", "order_terms", "mails", "handoffs", "callbacks", "step_facts"}
    before = await world.view(orders[0])
    answers = [await erase(world, order) for order in orders]
    assert {one["history"] for one in answers} == {"unreadable: its key was destroyed"}
    assert found(database_url) == set()
    after = await world.view(orders[0])
    for kept in ("status", "money", "stock"):
        assert after[kept] == before[kept]
    assert [one["kind"] for one in after["documents"]] == ["invoice"]
    assert after["order"]["total"] == before["order"]["total"]
    assert after["erased_at"]
    assert await erase(world, orders[0]) == answers[0]


async def test_an_erased_order_is_not_placed_again_and_is_not_found_by_name(world: World) -> None:
    body = personal(world, payment=demo_orders.card("pm_card_visa_chargeDeclinedLostCard"))
    order = await world.place(body)
    await world.until(order, "declined")
    await erase(world, order)
    assert (await world.api.post("/orders", json=body)).status_code == 409
    hits = (await world.api.get("/orders", params={"q": PERSON["name"]})).json()["orders"]
    assert hits == []


async def test_a_message_that_comes_after_the_erasure_disturbs_nobody(world: World) -> None:
    body = personal(world, payment=demo_orders.card("pm_card_visa_chargeDeclinedLostCard"))
    order = await world.place(body)
    await world.until(order, "declined")
    await erase(world, order)
    put = world.books.inbox.put
    await asyncio.to_thread(put, "test", "late", "picked", order, {"shipment": "?"}, "picked")

    async def given_up() -> bool:
        with world.books.database.reading() as connection:
            query = text("SELECT state FROM inbox WHERE event_id = 'late'")
            return connection.scalars(query).one() == "given_up"

    await eventually(given_up, lambda: "the message is still waiting")


async def test_orders_are_erased_by_age_and_open_ones_are_left_alone(world: World) -> None:
    body = personal(world, "1", payment=demo_orders.card("pm_card_visa_chargeDeclinedLostCard"))
    ended, still_open = await world.place(body), await world.place(personal(world, "2"))
    await world.until(ended, "declined")
    await world.until(still_open, "in_fulfilment")
    engine = TemporalOrders(world.client, world.settings.task_queue)
    said: list[str] = []

    async def old(age: timedelta) -> bool:
        said.clear()
        return await privacy.erase(world.books, engine, (), age, said.append)

    assert await old(timedelta(days=1))
    assert said == ["0 order(s) erased; 0 message(s) of no order deleted"]
    await eventually(lambda: old(timedelta(0)), lambda: str(said))
    assert (await world.view(ended))["erased_at"]
    assert not (await world.view(still_open))["erased_at"]
    assert not await privacy.erase(world.books, engine, (still_open, "x"), None, said.append)
    assert "its workflow runs" in said[-2]
    assert "no such order" in said[-1] or "order x" in said[-1]


async def test_an_open_order_is_not_erased_and_the_answer_says_why(world: World) -> None:
    order = await world.place(personal(world))
    await world.until(order, "in_fulfilment")
    answer = await world.api.post(f"/orders/{order}/erase")
    assert answer.status_code == 409
    assert "the order is open" in answer.json()["detail"]
    with pytest.raises(NotEnded):
        await asyncio.to_thread(world.books.erasure.erase, order)
    assert (await world.view(order))["order"]["customer"]["name"] == PERSON["name"]
    await world.carry(order)


async def test_what_a_courier_says_after_an_erasure_does_not_bring_the_person_back(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    (label,) = world.ledger(order, "shippo", "label_purchased")
    await world.cancel(order)
    await world.until(order, "cancelled")
    await erase(world, order)
    late = CourierEvent(
        id="late",
        tracking_number=str(label.data["tracking_number"]),
        status=CourierStatus.DELIVERED,
        at=datetime.now(UTC),
        detail=f"Signed for by {PERSON['name']}",
    )
    assert await asyncio.to_thread(take_courier_event, world.books, late)
    assert "name" not in {what for _, what in found(world.database_url)}
