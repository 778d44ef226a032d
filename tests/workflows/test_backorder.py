"""Step 1 with patience: first come, first served; whole or not at all; and never for ever."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.test_second_looks import intent_state
from tests.world import Json, World, eventually
from workflows.aftermath import aftermath_id
from workflows.attributes import NEEDS_ATTENTION

HOLD = pytest.mark.world(policy={"out_of_stock": "hold_all"})
DAY = timedelta(days=1)
DUE = 6900 + 490


def body(world: World, quantity: int = 1, sku: str = "TEAPOT") -> Json:
    """An order for what is scarce: there are 12 teapots."""
    rows = [demo_orders.line("1", sku, "Teapot", quantity, 6900)]
    number = world.body()["number"]
    return demo_orders.order(number, rows, demo_orders.card())


async def take_all(world: World, left: int = 0) -> None:
    """Empty the shelf."""
    body = {"sku": "TEAPOT", "quantity": left - 12, "note": "sold over the counter"}
    await booked(world, "adjustments", body)


async def receive(world: World, quantity: int) -> None:
    await booked(world, "receipts", {"sku": "TEAPOT", "quantity": quantity})


async def booked(world: World, what: str, body: Json) -> None:
    headers = {"Idempotency-Key": str(datetime.now(UTC))}
    answer = await world.admin.post(f"/shops/{world.shop}/stock/{what}", json=body, headers=headers)
    assert answer.is_success, answer.text


async def expect(world: World, days: int | None) -> str:
    """The shop says when teapots come; the day."""
    on = None if days is None else (datetime.now(UTC) + days * DAY).date().isoformat()
    path = f"/shops/{world.shop}/stock/TEAPOT/expected"
    answer = await world.admin.put(path, json={"on": on})
    assert answer.is_success, answer.text
    return on or ""


async def level(world: World) -> Json:
    answer = await world.admin.get(f"/shops/{world.shop}/stock")
    return next(one for one in answer.json()["levels"] if one["sku"] == "TEAPOT")


async def wait(world: World, quantity: int = 1) -> str:
    order = await world.place(body(world, quantity))
    await world.until(order, "backordered")
    return order


async def statuses(world: World, orders: Sequence[str]) -> list[str]:
    return [await world.status(order) for order in orders]


def told(world: World, order: str) -> list[str]:
    """What the customer was told about the wait."""
    mails = world.ledger(order, "sendgrid", "mail")
    return [str(one.data["subject"]) for one in mails if one.data["kind"] == "backordered"]


async def until_told(world: World, order: str, times: int) -> list[str]:
    async def there() -> list[str] | None:
        found = await asyncio.to_thread(told, world, order)
        return found if len(found) >= times else None

    return await eventually(there, lambda: f"{order} was told {told(world, order)}")


@HOLD
async def test_an_order_waits_for_its_goods_and_is_carried_out_when_they_come(
    world: World,
) -> None:
    await take_all(world)
    day = await expect(world, 9)
    order = await wait(world)
    view = await world.view(order)
    assert view["waits_for"] == [{"sku": "TEAPOT", "quantity": 1, "expected": day}]
    assert view["transitions"][-1]["detail"] == "waits for 1 x TEAPOT"
    assert view["stock"] == []
    assert (await until_told(world, order, 1))[0].endswith(f"expected on {day}")
    assert (await level(world))["waiting"] == 1
    assert world.ledger(order, "stripe") == []
    await receive(world, 1)
    await world.carry(order)
    assert (await level(world))["waiting"] == 0
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert sums.mails == {"backordered": 1, "confirmation": 1, "shipped": 1, "review": 1}


@HOLD
async def test_the_last_pieces_go_to_the_first_and_what_comes_to_the_next_in_line(
    world: World,
) -> None:
    await take_all(world, left=3)
    orders = await asyncio.gather(*(world.place(body(world)) for _ in range(12)))

    async def settled() -> list[str] | None:
        found = await statuses(world, orders)
        return found if set(found) <= {"backordered", "in_fulfilment"} else None

    found = await eventually(settled, lambda: "not everybody was served or waits")
    assert found.count("in_fulfilment") == 3
    views = [await world.view(order) for order in orders]
    waiting = [view for view in views if view["status"] == "backordered"]
    line = [view["order_id"] for view in sorted(waiting, key=lambda one: one["accepted_at"])]
    await receive(world, 4)
    for order in line[:4]:
        await world.until(order, "in_fulfilment")
    assert set(await statuses(world, line[4:])) == {"backordered"}
    assert world.books.audits.audit(world.shop) == ()
    standing = await level(world)
    assert (standing["on_hand"], standing["reserved"], standing["waiting"]) == (7, 7, 5)


async def test_by_default_an_order_for_more_than_there_is_is_refused(world: World) -> None:
    await take_all(world, left=1)
    orders = await asyncio.gather(*(world.place(body(world)) for _ in range(4)))
    for order in orders:
        await world.until(order, "out_of_stock", "in_fulfilment")
    assert (await statuses(world, orders)).count("out_of_stock") == 3


@HOLD
async def test_what_a_cancelled_order_lets_go_is_the_next_one_s(world: World) -> None:
    await take_all(world, left=1)
    first = await world.place(body(world))
    await world.until(first, "in_fulfilment")
    second = await wait(world)
    await world.cancel(first)
    await world.until(second, "in_fulfilment")
    await world.judged(first, Ending.CANCELLED, DUE)
    await world.judged(second, Ending.OPEN, DUE)


@HOLD
async def test_a_cancel_while_it_waits_leaves_the_line(world: World) -> None:
    await take_all(world)
    first, second = await wait(world), await wait(world)
    await world.cancel(first)
    await world.until(first, "cancelled")
    await receive(world, 1)
    await world.until(second, "in_fulfilment")
    sums = await world.judged(first, Ending.CANCELLED, DUE)
    assert sums.mails == {"backordered": 1, "cancelled": 1}


@HOLD
async def test_a_cancel_while_it_waits_gives_a_checkout_its_hold_back(world: World) -> None:
    await take_all(world)
    intent = world.checkout_intent(DUE)
    payment = {"terms": "payment_intent", "payment_intent": intent}
    order = await world.place(body(world) | {"payment": payment})
    await world.until(order, "backordered")
    await world.cancel(order)
    await world.until(order, "cancelled")
    assert intent_state(world, intent) == "canceled"


@pytest.mark.world(policy={"out_of_stock": "hold_all", "backorder_within": "P3D"})
async def test_patience_ends_and_the_order_is_out_of_stock(world: World) -> None:
    await take_all(world)
    order = await wait(world)
    await until_told(world, order, 1)
    await world.environment.fast_forward(world.handle(order), 4 * DAY)
    view = await world.until(order, "out_of_stock")
    assert view["cases"] == []
    assert (await level(world))["waiting"] == 0
    sums = await world.judged(order, Ending.OUT_OF_STOCK, DUE)
    assert sums.mails == {"backordered": 1, "out_of_stock": 1}


@contextmanager
def hints_are_lost(world: World) -> Generator[None]:
    """What our own stock tells orders is dropped on its way."""
    lose = """
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER lose BEFORE INSERT ON inbox FOR EACH ROW WHEN (NEW.source = 'stock')
        EXECUTE FUNCTION lose();
    """
    with world.books.database.transaction() as connection:
        connection.execute(text(lose))
    try:
        yield
    finally:
        with world.books.database.transaction() as connection:
            connection.execute(text("DROP FUNCTION lose() CASCADE"))


@HOLD
async def test_goods_that_came_unheard_are_found_by_looking(world: World) -> None:
    await take_all(world)
    order = await wait(world)
    with hints_are_lost(world):
        await receive(world, 1)

        async def reserved() -> bool:
            return (await level(world))["reserved"] == 1

        await eventually(reserved, lambda: "nothing was reserved")
    assert await world.status(order) == "backordered"
    await world.environment.fast_forward(world.handle(order), timedelta(hours=25))
    await world.until(order, "in_fulfilment")
    await world.judged(order, Ending.OPEN, DUE)


ASKS = pytest.mark.world(
    policy={
        "out_of_stock": "hold_all",
        "backorder_within": "P3D",
        "ask_before_backorder_ends": "P1D",
    }
)


async def asked(world: World) -> tuple[str, Json]:
    """An order whose patience ends soon, and the question about it."""
    await take_all(world)
    order = await wait(world)
    await world.environment.fast_forward(world.handle(order), timedelta(days=2, hours=1))
    return order, await world.until_case(order, "backorder_ends")


@ASKS
async def test_staff_may_let_an_order_wait_on(world: World) -> None:
    order, case = await asked(world)
    assert (await world.answer(case, "retry")).is_success
    await until_told(world, order, 2)
    await world.environment.fast_forward(world.handle(order), 2 * DAY)
    assert await world.status(order) == "backordered"
    await receive(world, 1)
    await world.until(order, "in_fulfilment")


@ASKS
async def test_staff_may_cancel_an_order_that_waits(world: World) -> None:
    order, case = await asked(world)
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED, DUE)


@ASKS
async def test_staff_may_let_an_order_end_at_its_time(world: World) -> None:
    order, case = await asked(world)
    assert (await world.answer(case, "close")).is_success
    await world.environment.fast_forward(world.handle(order), timedelta(hours=12))
    assert await world.status(order) == "backordered"
    description = await world.handle(order).describe()
    assert description.typed_search_attributes[NEEDS_ATTENTION] is False
    await world.environment.fast_forward(world.handle(order), timedelta(hours=12))
    view = await world.until(order, "out_of_stock")
    assert len(view["cases"]) == 1


@ASKS
async def test_when_nobody_answers_the_order_ends_and_so_does_the_case(world: World) -> None:
    order, _ = await asked(world)
    await world.environment.fast_forward(world.handle(order), DAY)
    view = await world.until(order, "out_of_stock")
    assert [one["answer"] for one in view["cases"]] == ["close"]


@ASKS
async def test_goods_that_come_after_all_close_the_case(world: World) -> None:
    order, _ = await asked(world)
    await receive(world, 1)
    await world.until(order, "in_fulfilment")

    async def closed() -> bool:
        return all(one["closed_at"] for one in (await world.view(order))["cases"])

    await eventually(closed, lambda: "the case is still open")


@HOLD
async def test_another_day_is_told_once_per_change_and_at_most_once_a_day(world: World) -> None:
    await take_all(world)
    order = await wait(world)
    await until_told(world, order, 1)
    for days in (20, 30, 25):
        day = await expect(world, days)
    await world.until_history(order, "goods_news")
    assert len(told(world, order)) == 1
    await world.environment.fast_forward(world.handle(order), timedelta(days=1, minutes=1))
    assert (await until_told(world, order, 2))[1].endswith(f"expected on {day}")
    await world.environment.fast_forward(world.handle(order), 3 * DAY)
    assert len(told(world, order)) == 2
    assert (await world.view(order))["waits_for"][0]["expected"] == day


@HOLD
async def test_one_that_was_terminated_in_line_is_settled_and_leaves_it(world: World) -> None:
    await take_all(world)
    first, second = await wait(world), await wait(world)
    await world.handle(first).terminate()
    answer: httpx.Response = await world.api.post(
        f"/orders/{first}/settle", json={"who": "support", "why": "terminated"}
    )
    assert answer.is_success, answer.text
    handle = world.handle(aftermath_id(first))
    await world.environment.fast_forward(handle, timedelta(minutes=2))
    await world.until(first, "cancelled")
    await receive(world, 1)
    await world.until(second, "in_fulfilment")
