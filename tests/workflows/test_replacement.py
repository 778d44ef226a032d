"""Step 19: what is sent once more for a complaint, and what becomes of the complaint by it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from backoffice.books import Books
from backoffice.database import Database
from backoffice.erasure import NotEnded
from cli import demo_orders
from domain.order import OrderInput, Replaces
from domain.record import Commit
from domain.refunds import RefundedLine
from sandbox.judge import Account, Ending
from tests.workflows.complaining import (
    ONE_BROKEN,
    REFUND,
    REPLACE,
    complain,
    complained,
    mail_text,
    offer,
    offered,
    page_of,
    say,
    states,
    until_state,
)
from tests.workflows.refunding import DUE, given_back, until_refund
from tests.workflows.test_beside_deadlines import replayed
from tests.workflows.test_restore import essence, found, lose, restore, set_up_again
from tests.workflows.test_second_looks import terminate_and_settle
from tests.world import Json, World, eventually
from workers.restore import Kind
from workers.wiring import Vendors
from workflows.starting import start_order

DAY = timedelta(days=1)
RPC = timedelta(seconds=10)


async def accepted(world: World, number: int = 1, key: str = "o1", order: str = "") -> str:
    """A delivered order of which one piece is complained about, and is sent once more; its id."""
    if not order:
        order = await world.place()
        await world.carry(order, "delivered")
    await complained(world, order, key=f"c{number}")
    await offered(world, order, REPLACE, number, key)
    assert (await say(world, order, "accept", number=number)).status_code == 202
    return order


async def replacement(world: World, order: str, place: int = 1) -> str:
    """Wait for the order's n-th replacement; its id."""

    async def there() -> Json | None:
        found = (await world.view(order))["replaced_by"]
        return found[place - 1] if len(found) >= place else None

    one = await eventually(there, lambda: f"{order} has no replacement {place}")
    return str(one["order"])


async def arrives(world: World, name: str) -> Account:
    """The warehouse sends it, the courier brings it, and nothing is paid for it."""
    await world.carry(name, "delivered")
    await world.until(name, "completed")
    return await world.judged(name, Ending.COMPLETED, 0)


async def events(world: World, order: str) -> list[Json]:
    found = (await world.api.get(f"/orders/{order}/events")).json()["events"]
    return list(found)


async def audited(world: World) -> None:
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_what_came_broken_is_sent_once_more_for_nothing_and_then_a_review_is_asked_for(
    world: World,
) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    assert "once more, at no cost" in await mail_text(world, order, "solution")
    first, view = await world.view(order), await world.view(name)
    assert view["replaces"] == {"order": order, "complaint": 1, "offer": 1}
    assert first["replaced_by"][0]["number"] == view["order"]["number"]
    assert view["order"]["number"] == first["order"]["number"] + "-R1"
    assert [(line["quantity"], line["gross"]) for line in view["order"]["lines"]] == [(1, 0)]
    assert view["order"]["shipping_address"] == first["order"]["shipping_address"]
    assert f"Replaces pieces of `{order}`" in await world.details(name)
    mail = await mail_text(world, name, "confirmation")
    assert f"wrong with your order {first['order']['number']}" in mail
    assert "It costs you nothing" in mail
    sums = await arrives(world, name)
    assert (sums.captured, sums.mails["review"], sums.mails["shipped"]) == (0, 0, 1)
    complaint = await until_state(world, order, "solved")
    assert states(complaint) == ["offered", "accepted", "solved"]
    (told,) = [one for one in await events(world, order) if one["type"] == "order.replaced"]
    assert told["detail"] == name
    assert {one["replaces"] for one in await events(world, name)} == {order}
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert (sums.captured, sums.refunded, sums.mails["review"]) == (DUE, 0, 1)
    await audited(world)


async def test_the_customers_page_shows_where_it_is(world: World) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    async with httpx.AsyncClient(base_url=world.api.base_url) as customer:
        path = await page_of(world, order)
        assert "It is being prepared" in (await customer.get(path)).text
        await world.carry(name, "shipped")
        page = (await customer.get(path)).text
        number = world.ledger(name, "shippo", "label_purchased")[0].data["tracking_number"]
        assert "It is on its way" in page
        assert str(number) in page
        assert await page_of(world, name) == path


async def test_accepted_twice_at_once_it_is_sent_once(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await offered(world, order, REPLACE)
    answers = await asyncio.gather(*(say(world, order, "accept") for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [202, 409, 409, 409]
    name = await replacement(world, order)
    await arrives(world, name)
    await until_state(world, order, "solved")
    assert len((await world.view(order))["replaced_by"]) == 1
    await replayed(world, order)


async def test_what_is_not_in_stock_leads_back_to_staff_and_is_refunded(world: World) -> None:
    every = demo_orders.order(
        "all-there-are",
        [demo_orders.line("1", "TEAPOT", "Cast-iron teapot", 12, 6900)],
        demo_orders.card(),
    )
    order = await world.place(every)
    await world.carry(order, "delivered")
    await accepted(world, order=order)
    name = await replacement(world, order)
    await world.until(name, "out_of_stock")
    assert "what we can do instead" in await mail_text(world, name, "out_of_stock")
    complaint = await until_state(world, order, "open")
    assert "ended as out_of_stock" in complaint["words"][-1]["words"]
    case = await world.until_case(order, "complaint")
    assert "ended as out_of_stock" in case["reason"]
    assert (await world.answer(case, "refund")).is_success
    assert (await say(world, order, "accept", 2)).status_code == 202
    await until_refund(world, order, "succeeded")
    await until_state(world, order, "solved")
    await audited(world)


async def test_a_replacement_that_the_courier_loses_leads_back_to_staff(world: World) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "shipped")
    await world.courier(name, "FAILURE", substatus="package_lost")
    await world.until(name, "completed")
    complaint = await until_state(world, order, "open")
    assert "was not delivered" in complaint["words"][-1]["words"]
    await world.judged(name, Ending.COMPLETED, 0)
    await offered(world, order, REFUND, key="o2")
    assert (await say(world, order, "accept", 2)).status_code == 202
    await until_state(world, order, "solved")
    assert given_back(world, order) == [1890]
    cases = [*(await world.view(order))["cases"], *(await world.view(name))["cases"]]
    assert [one["kind"] for one in cases if not one.get("closed_at")] == []
    await audited(world)


@pytest.mark.parametrize("button", [False, True], ids=["asked", "button"])
async def test_a_replacement_that_is_cancelled_leads_back_and_another_may_follow(
    world: World, button: bool
) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "in_fulfilment")
    if button:
        await world.handle(name).cancel()
    else:
        await world.cancel(name)
    await world.until(name, "cancelled")
    complaint = await until_state(world, order, "open")
    assert "ended as cancelled" in complaint["words"][-1]["words"]
    case = await world.until_case(order, "complaint")
    assert (await world.answer(case, "replace")).is_success
    assert (await say(world, order, "accept", 2)).status_code == 202
    second = await replacement(world, order, 2)
    assert (await world.view(second))["order"]["number"].endswith("-R2")
    await arrives(world, second)
    await until_state(world, order, "solved")
    await world.judged(name, Ending.CANCELLED, 0)
    await audited(world)


async def test_the_button_at_the_first_order_touches_no_replacement(world: World) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "in_fulfilment")
    await world.handle(order).cancel()
    await world.until_case(order, "intercept")
    await arrives(world, name)
    await until_state(world, order, "solved")


async def test_a_replacement_outlives_its_order_and_the_person_is_erased_with_both(
    world: World,
) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "in_fulfilment")
    await world.handle(order).terminate("a test")
    await asyncio.to_thread(closed_by_hand, world, order)
    refused = await world.api.post(f"/orders/{order}/erase")
    assert (refused.status_code, name in refused.text) == (409, True)
    with pytest.raises(NotEnded, match=name):
        await asyncio.to_thread(world.books.erasure.erase, order)
    await arrives(world, name)
    assert len((await world.view(order))["replaced_by"]) == 1
    await world.handle(name).result()
    assert (await world.api.post(f"/orders/{order}/erase")).is_success
    for one in (order, name):
        view = await world.view(one)
        assert (view["order"]["customer"]["name"], bool(view["erased_at"])) == ("erased", True)
    assert (await world.view(name))["replaces"]["order"] == order


async def test_what_somebody_else_has_started_is_not_started_twice(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    given = await placed_before(world, order)
    await start_order(world.client, world.settings.task_queue, given, RPC)
    await world.until(given.order_id, "in_fulfilment")
    await accepted(world, order=order)
    await arrives(world, given.order_id)
    assert await replacement(world, order) == given.order_id
    await world.fast_forward(order, DAY)
    await until_state(world, order, "solved")
    assert len((await world.view(order))["replaced_by"]) == 1
    await audited(world)


async def test_one_that_was_stopped_by_hand_leads_back_once_staff_have_settled_it(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    given = await placed_before(world, order)
    await start_order(world.client, "a queue of which nobody takes", given, RPC)
    await accepted(world, order=order)
    await eventually(lambda: start_failed(world, order), lambda: "it was never tried to start")
    await asyncio.to_thread(world.books.intake.started, given.order_id)
    done = await terminate_and_settle(world, given.order_id)
    assert done.undone, done
    await world.until(given.order_id, "cancelled")
    await world.fast_forward(order, DAY)
    complaint = await until_state(world, order, "open")
    assert "ended as cancelled" in complaint["words"][-1]["words"]
    await replayed(world, order)


async def test_a_number_that_the_channel_has_given_away_is_not_taken(world: World) -> None:
    order = await world.place()
    number = (await world.view(order))["order"]["number"]
    taken = await world.place(world.body(f"{number}-R1"))
    await world.carry(order, "delivered")
    await accepted(world, order=order)
    name = await replacement(world, order)
    assert name != taken
    assert (await world.view(name))["order"]["number"] == f"{number}-R1-2"
    again = await world.api.post("/orders", json=world.body(f"{number}-R1-2"))
    assert again.status_code == 409
    await arrives(world, name)


async def test_a_replacement_may_itself_be_complained_about(world: World) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    both = ONE_BROKEN | {"reason": "missing", "lines": [{"line": "1", "quantity": 2}]}
    early = await complain(world, order, both, "early")
    assert "1 of 2 were complained about already" in early.text
    elsewhere = await complain(world, name)
    assert (elsewhere.status_code, "complain about that one" in elsewhere.text) == (409, True)
    await world.carry(name, "delivered")
    await until_state(world, order, "solved")
    await accepted(world, 2, "o2", order)
    second = await replacement(world, order, 2)
    await arrives(world, second)
    await until_state(world, order, "solved", 2)
    view = await world.view(order)
    assert [one["complaint"] for one in view["replaced_by"]] == [1, 2]
    assert given_back(world, order) == []
    await audited(world)


async def test_what_was_given_back_is_not_sent_as_well(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await offered(world, order, REPLACE)
    body = {"kind": "rest", "who": "Ana", "why": "a test"}
    headers = {"Idempotency-Key": "r1"}
    await world.api.post(f"/orders/{order}/refunds", json=body, headers=headers)
    assert (await say(world, order, "accept")).status_code == 202
    complaint = await until_state(world, order, "open")
    assert "given back already" in complaint["words"][-1]["words"]
    refused = await offer(world, order, REPLACE, key="o2")
    assert (refused.status_code, "given back already" in refused.text) == (409, True)
    assert (await world.view(order))["replaced_by"] == []


async def placed_before(world: World, order: str) -> OrderInput:
    """As it is where whoever placed it has died before it was started."""
    link = Replaces(order=order, complaint=1, offer=1)
    lines = (RefundedLine(line="1", quantity=1),)
    place = world.books.replacements.place
    placed = await asyncio.to_thread(place, link, lines, Commit(order=order))
    return placed.given


def closed_by_hand(world: World, order: str) -> None:
    """What is terminated when its goods have left is nobody's to undo; its record is closed."""
    ended = text("UPDATE orders SET status = 'completed', ended_at = now() WHERE id = :order")
    with world.books.database.transaction() as connection:
        connection.execute(ended, {"order": order})


async def start_failed(world: World, order: str) -> bool:
    """Whether the order was told that its replacement runs already."""
    history = (await world.handle(order).fetch_history()).events
    failed = "start_child_workflow_execution_failed_event_attributes"
    return any(one.HasField(failed) for one in history)


async def test_a_replacement_that_nobody_delivers_counts_as_lost(world: World) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "shipped")
    await world.fast_forward(name, 15 * DAY)
    assert "no courier has delivered it yet" in await mail_text(world, name, "delivery_late")
    await world.fast_forward(name, 8 * DAY)
    await world.until(name, "completed")
    complaint = await until_state(world, order, "open")
    assert "was not delivered" in complaint["words"][-1]["words"]


async def test_records_that_were_lost_come_back_with_both_orders(
    world: World, databases: Callable[[], str]
) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "in_fulfilment")
    await world.until_mail_state(name, "confirmation", "sent", "processed", "delivered")
    await world.until_mail_state(order, "solution", "sent", "processed", "delivered")
    database, vendors = Database(databases(), pool_size=4), Vendors.of(world.settings, world.books)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), order, name)
    assert {one.order for one in named} == {order, name}
    for one in (order, name):
        was, now = (each.search.order(world.shop, one) for each in (world.books, books))
        assert essence(now) == essence(was)
        assert was is not None
        assert now is not None
        assert (now.replaces, now.replaced_by) == (was.replaces, was.replaced_by)
        assert now.complaints == was.complaints
    assert await found(restore(world, books, vendors), order, name) == []
    assert books.intake.unstarted(timedelta(0)) == ()
    database.close()
    vendors.close()


async def test_one_that_the_engine_has_lost_is_carried_out_anew(world: World) -> None:
    order = await accepted(world)
    name = await replacement(world, order)
    await world.carry(name, "in_fulfilment")
    await asyncio.to_thread(world.books.intake.started, name)
    await lose(world, name)
    vendors = Vendors.of(world.settings, world.books)
    (difference,) = await found(restore(world, world.books, vendors), name)
    assert difference.kind is Kind.LOST
    await arrives(world, name)
    await world.fast_forward(order, DAY)
    await until_state(world, order, "solved")
    assert len((await world.view(order))["replaced_by"]) == 1
    await audited(world)
    vendors.close()


async def test_what_the_courier_has_lost_is_sent_once_more_and_ends_the_search(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "FAILURE", substatus="package_lost")
    await until_state(world, order, "open")
    await offered(world, order, REPLACE)
    assert (await say(world, order, "accept")).status_code == 202
    name = await replacement(world, order)
    assert (await world.view(name))["order"]["lines"][0]["quantity"] == 2
    await arrives(world, name)
    await until_state(world, order, "solved")
    await world.until(order, "not_delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert (sums.refunded, sums.mails["review"]) == (0, 0)
    await audited(world)
