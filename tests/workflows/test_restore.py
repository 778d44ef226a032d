"""Records that were lost are brought back from the engine, and the other way round."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from sqlalchemy import insert, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode

from backoffice.books import Books
from backoffice.database import Database
from backoffice.tables.base import table
from backoffice.tables.catalogue import ProductRow
from backoffice.tables.shops import PolicyRow, ShopRow
from backoffice.tables.stock import StockEntryRow
from backoffice.tables.warehouses import WarehouseRow
from backoffice.views import OrderView
from cli import demo_orders
from sandbox.judge import Ending
from tests.scarce import deliver, made_scarce, place
from tests.workflows.complaining import REFUND, complained, mail_text, offered
from tests.workflows.telling import pick, tell
from tests.workflows.test_standing import accepted
from tests.world import World, eventually
from workers.remembered import Reenactment
from workers.restore import Difference, Kind, Restore
from workers.wiring import Vendors

SET_UP = (PolicyRow, ShopRow, WarehouseRow, ProductRow, StockEntryRow)


def restore(world: World, books: Books, vendors: Vendors) -> Restore:
    again = Reenactment(books, vendors.courier, vendors.printer, vendors.payment.name)
    return Restore(world.client, books, again, world.settings.task_queue)


async def found(one: Restore, *orders: str) -> list[Difference]:
    """What differs about these orders; the engine has those of other tests as well."""
    since = datetime.now(UTC) - timedelta(hours=1)
    return [each async for each in one.differences(since) if each.order in orders]


@pytest_asyncio.fixture
async def vendors(world: World) -> AsyncGenerator[Vendors]:
    made = Vendors.of(world.settings, world.books)
    yield made
    made.close()


def set_up_again(world: World, database: Database) -> None:
    """What the shop had set up before its first order, as an old dump has it."""
    with world.books.database.reading() as old, database.transaction() as new:
        for record in SET_UP:
            of = table(record)
            all_rows = select(of)
            if record is StockEntryRow:
                all_rows = all_rows.where(of.c.order_id.is_(None))
            rows = [
                {name: value for name, value in row.items() if name != "id" or record is ShopRow}
                for row in old.execute(all_rows).mappings()
            ]
            new.execute(insert(of), rows)


def essence(view: OrderView | None) -> dict[str, object]:
    """An order's page without what only the moment of writing tells."""
    assert view is not None
    money = view.money.model_dump(exclude={"events"})
    return {
        "status": view.status,
        "ended": view.ended_at is not None,
        "order": view.order,
        "transitions": view.transitions,
        "facts": {(one.key, one.step, one.outcome) for one in view.facts if one.attempt == 1},
        "money": money,
        "events": {(one.key, one.kind, one.money) for one in view.money.events},
        "stock": {(one.key, one.on_hand, one.reserved) for one in view.stock},
        "handoffs": [one.handoff for one in view.shipments],
        "labels": [
            (one.label, one.voided_at is None) for each in view.shipments for one in each.labels
        ],
        "mails": {(one.key, one.kind, one.recipient) for one in view.mails},
        "documents": {(one.id, one.kind, one.number) for one in view.documents},
        "callbacks": [(one.number, one.type) for one in view.callbacks],
        "cases": {(one.case.id, one.answer is None) for one in view.cases},
        "complaints": view.complaints,
    }


async def test_orders_that_the_records_have_lost_come_back_as_they_were(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    statuses = ("in_fulfilment", "ready_to_pack", "released", "delivered", "completed")
    orders = [await world.place() for _ in (*statuses, "cancelled", "in_fulfilment")]
    for order, status in zip(orders, statuses, strict=False):
        await world.carry(order, status)
    await complained(world, orders[3])
    await offered(world, orders[3], REFUND)
    await mail_text(world, orders[3], "solution")
    await world.carry(orders[-2], "ready_to_pack")
    await world.cancel(orders[-2])
    await world.until(orders[-2], "cancelled")
    for order in orders:
        await world.until_mail_state(order, "confirmation", "sent", "processed", "delivered")
    before = len(world.ledger())
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), *orders)
    assert {one.order: one.kind for one in named} == dict.fromkeys(orders, Kind.MISSING)
    for order in orders:
        was = essence(world.books.search.order(world.shop, order))
        assert essence(books.search.order(world.shop, order)) == was
    pages = [each.records.order(orders[0]).page for each in (world.books, books)]
    assert pages[0] == pages[1] != ""
    acts = {"authorization", "capture", "void", "refund", "label_purchased", "mail", "released"}
    assert [entry for entry in world.ledger()[before:] if entry.kind in acts] == []
    assert await found(restore(world, books, vendors), *orders) == []
    database.close()


async def test_who_stood_in_line_stands_there_again_and_who_was_served_is_served(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    orders = [await place(world, made_scarce(world.body()), waits=True) for _ in range(3)]
    for order in orders:
        await world.until_mail_state(order, "backordered", "sent", "processed", "delivered")
    for order in orders[:2]:
        assert await deliver(world, order)
        await world.until(order, "in_fulfilment")
        await world.until_mail_state(order, "confirmation", "sent", "processed", "delivered")
    await world.cancel(orders[0])
    await world.until(orders[0], "cancelled")
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), *orders)
    assert {one.order: one.kind for one in named} == dict.fromkeys(orders, Kind.MISSING)
    assert not any("cannot be read" in one.mended for one in named)
    for order in orders:
        was, now = (one.search.order(world.shop, order) for one in (world.books, books))
        assert essence(now) == essence(was)
        assert now is not None
        assert was is not None
        assert now.waits_for == was.waits_for
    assert await found(restore(world, books, vendors), *orders) == []
    database.close()


async def test_orders_that_were_held_for_review_come_back_as_they_were(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    risky = demo_orders.card("pm_card_riskLevelElevated")
    orders = [await world.place(world.body(payment=risky)) for _ in range(3)]
    held, *decided = [await world.until_case(order, "review") for order in orders]
    for case, answer in zip(decided, ("release", "reject"), strict=True):
        assert (await world.answer(case, answer)).is_success
    await world.carry(orders[1], "ready_to_pack")
    await world.until(orders[2], "cancelled")
    await world.judged(orders[1], Ending.OPEN)
    before = len(world.ledger())
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    named = await found(restore(world, books, vendors), *orders)
    assert {one.order: one.kind for one in named} == dict.fromkeys(orders, Kind.MISSING)
    for order in orders:
        was = essence(world.books.search.order(world.shop, order))
        assert essence(books.search.order(world.shop, order)) == was
    acts = {"authorization", "capture", "void", "refund", "label_purchased", "mail", "released"}
    assert [entry for entry in world.ledger()[before:] if entry.kind in acts] == []
    again = books.search.order(world.shop, orders[0])
    assert again is not None
    assert [(one.case.id, one.answer) for one in again.cases] == [(held["id"], None)]
    assert await found(restore(world, books, vendors), *orders) == []
    database.close()


async def test_records_and_engine_that_agree_are_left_alone(world: World, vendors: Vendors) -> None:
    orders = [await world.place() for _ in range(2)]
    await world.carry(orders[0], "released")
    await world.until(orders[1], "in_fulfilment")
    assert await found(restore(world, world.books, vendors), *orders) == []


async def test_an_order_that_the_engine_has_lost_before_its_capture_is_started_again(
    world: World, vendors: Vendors
) -> None:
    order = await accepted(world)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")
    await world.carry(order)


async def lose(world: World, order: str) -> None:
    """The engine forgets an order."""
    one = WorkflowExecution(workflow_id=order)
    asked = DeleteWorkflowExecutionRequest(namespace=world.client.namespace, workflow_execution=one)
    await world.client.workflow_service.delete_workflow_execution(asked)

    async def gone() -> bool:
        try:
            await world.handle(order).describe()
        except RPCError as error:
            return error.status is RPCStatusCode.NOT_FOUND
        return False

    await eventually(gone, lambda: f"the engine still has {order}")


async def test_one_that_waited_for_its_money_asks_the_customer_again(
    world: World, vendors: Vendors
) -> None:
    order = await world.place(world.body(payment=demo_orders.card("pm_card_visa_chargeDeclined")))
    await world.until(order, "awaiting_payment")
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")

    async def taken() -> bool:
        other = demo_orders.card("pm_card_mastercard")
        return (await world.api.post(f"/orders/{order}/payment-method", json=other)).is_success

    await eventually(taken, lambda: "nobody takes the other card")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.authorized, sums.captured) == (4270, 4270)


async def test_one_that_was_paid_with_another_card_is_left_to_a_person(
    world: World, vendors: Vendors
) -> None:
    order = await world.place(world.body(payment=demo_orders.card("pm_card_visa_chargeDeclined")))
    await world.until(order, "awaiting_payment")
    other = demo_orders.card("pm_card_mastercard")
    assert (await world.api.post(f"/orders/{order}/payment-method", json=other)).is_success
    await world.until(order, "in_fulfilment")
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert difference.kind is Kind.LOST
    assert "settle" in difference.to_do


async def test_one_that_was_held_for_review_is_held_again(world: World, vendors: Vendors) -> None:
    order = await world.place(world.body(payment=demo_orders.card("pm_card_riskLevelElevated")))
    await world.until(order, "in_review")
    await lose(world, order)
    (difference,) = await found(restore(world, world.books, vendors), order)
    assert (difference.kind, difference.to_do) == (Kind.LOST, "")
    case = await world.until_case(order, "review")

    async def released() -> bool:
        return (await world.answer(case, "release")).is_success

    await eventually(released, lambda: "nobody takes the answer")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.authorized, sums.captured) == (4270, 4270)


async def test_what_an_order_refused_is_not_brought_back_as_if_it_had_been_taken(
    world: World, vendors: Vendors, databases: Callable[[], str]
) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    line = pick(order)["lines"][0]
    wrong = pick(order) | {"id": "short", "lines": [line | {"quantity": 1}]}
    assert await tell(world, order, "picked", wrong)
    assert await tell(world, order, "picked", wrong | {"shipment": f"{order}-s9", "id": "other"})
    await world.until_case(order, "message_refused")
    database = Database(databases(), pool_size=4)
    set_up_again(world, database)
    books = Books.over(database)
    (difference,) = await found(restore(world, books, vendors), order)
    assert difference.kind is Kind.MISSING
    assert "0 messages" in difference.mended
    assert "picked short (lines.0.quantity: 1 picked, 2 ordered" in difference.mended
    assert "picked other (shipment: " in difference.mended
    state = books.handoffs.shipment_state(f"{order}-s1", world.shop)
    assert state is not None
    assert state.picked is None
    await world.carry(order)
    database.close()
