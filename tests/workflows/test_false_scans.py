"""A hand-over scan before there is a label may be false: staff take it back, and no money moves."""

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from backoffice.records import RecordBook
from domain.cases import CaseAnswer
from domain.record import Commit, Committed
from domain.shipping import Label, LabelError
from providers.shippo_shipping import ShippoCourier
from sandbox.judge import Ending
from tests.world import Json, World, eventually


async def scanned(world: World) -> tuple[str, Json]:
    """An order whose goods are said to have gone while they are picked, and the case."""
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.handle(order).signal("handed_over", {"shipment": f"{order}-s1", "manifest": "M-0"})
    case = await world.until_case(order, "gone_unreleased")
    assert case["answers"] == ["still_here", "close"]
    return order, case


async def nothing_is_gone(world: World, order: str) -> None:
    """The order waits for `packed` as ever, is paid when it is packed, and all its way goes on."""
    await world.until(order, "ready_to_pack")
    assert not world.ledger(order, "stripe", "capture")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.refunded) == (4270, 0)
    statuses = [one["status"] for one in (await world.view(order))["transitions"]]
    assert statuses.index("packed") < statuses.index("captured") < statuses.index("released")


async def test_a_scan_that_was_false_is_taken_back_with_who_and_why_on_record(
    world: World,
) -> None:
    order, case = await scanned(world)
    answer = await world.answer(case, "still_here")
    assert answer.status_code == 200, answer.text
    await world.wms(f"{order}-s1", "picked")
    await nothing_is_gone(world, order)
    (closed,) = world.books.cases.cases_of(order)
    assert closed.answer is not None
    assert closed.answer.answer is CaseAnswer.STILL_HERE
    assert (closed.answer.who, closed.answer.why) == ("Ana, support", "a test")


async def test_a_scan_is_taken_back_while_the_papers_of_its_label_are_printed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, fetch = threading.Event(), threading.Event(), ShippoCourier.fetch

    def slow(courier: ShippoCourier, label: Label) -> bytes:
        began.set()
        go.wait(30)
        return fetch(courier, label)

    monkeypatch.setattr(ShippoCourier, "fetch", slow)
    order, case = await scanned(world)
    await world.wms(f"{order}-s1", "picked")
    assert await asyncio.to_thread(began.wait, 20)
    assert (await world.answer(case, "still_here")).is_success
    go.set()
    await nothing_is_gone(world, order)


async def test_a_scan_is_taken_back_while_its_meaning_is_not_on_record_yet(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, mended, commit = threading.Event(), threading.Event(), RecordBook.commit

    def broken(book: RecordBook, what: Commit) -> Committed:
        late = any("captured at once." in one.reason[-18:] for one in what.journal.cases)
        if late and not mended.is_set():
            tried.set()
            raise OperationalError("INSERT", {}, Exception("the database is away"))
        return commit(book, what)

    monkeypatch.setattr(RecordBook, "commit", broken)
    order, case = await scanned(world)
    await world.wms(f"{order}-s1", "picked")
    assert await asyncio.to_thread(tried.wait, 20)
    answering = asyncio.create_task(world.answer(case, "still_here"))

    await eventually(lambda: hears_an_answer(world, order), lambda: "the answer is never heard")
    mended.set()
    assert (await answering).is_success
    await nothing_is_gone(world, order)


async def test_a_scan_cannot_be_taken_back_once_the_money_is_asked_for(world: World) -> None:
    world.sandbox.fault("stripe", "capture", "http_error", nth=None, times=None, status=503)
    order, case = await scanned(world)
    await world.wms(f"{order}-s1", "picked")

    async def asked() -> bool:
        described = await world.handle(order).describe()
        pending = described.raw_description.pending_activities
        return any(one.activity_type.name == "capture_payment" for one in pending)

    await eventually(asked, lambda: "nothing is captured")
    answer = await world.answer(case, "still_here")
    assert answer.status_code == 409
    assert "money was asked for" in answer.json()["detail"]
    world.sandbox.clear_faults()
    await world.until(order, "shipped")
    assert (await world.answer(case, "close")).is_success


async def test_taking_one_scan_back_leaves_another_as_it_was(world: World) -> None:
    order, case = await scanned(world)
    true = {"shipment": f"{order}-s1", "manifest": "M-1"}
    await world.handle(order).signal("handed_over", true)

    async def another() -> Json | None:
        cases = (await world.view(order))["cases"]
        return next((one for one in cases if one["id"] != case["id"]), None)

    second = await eventually(another, lambda: "the second scan opens no case")
    assert (await world.answer(case, "still_here")).is_success
    assert (await world.answer(second, "close")).is_success
    await world.wms(f"{order}-s1", "picked")
    await world.until(order, "shipped")
    assert len(world.ledger(order, "stripe", "capture")) == 1


async def test_a_scan_taken_back_while_a_cancel_was_giving_up_lets_the_cancel_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go, buy = threading.Event(), threading.Event(), ShippoCourier.buy
    tried, mended, commit = threading.Event(), threading.Event(), RecordBook.commit

    def slow(courier: ShippoCourier, *given: Any, **named: Any) -> Label | LabelError:
        bought = buy(courier, *given, **named)
        began.set()
        go.wait(30)
        return bought

    def late(book: RecordBook, what: Commit) -> Committed:
        giving_up = any("cancel cannot be kept" in one.reason for one in what.journal.cases)
        if giving_up and not mended.is_set():
            tried.set()
            mended.wait(10)
        return commit(book, what)

    monkeypatch.setattr(ShippoCourier, "buy", slow)
    monkeypatch.setattr(RecordBook, "commit", late)
    order, case = await scanned(world)
    await world.wms(f"{order}-s1", "picked")
    assert await asyncio.to_thread(began.wait, 20)
    await world.cancel(order)
    go.set()
    assert await asyncio.to_thread(tried.wait, 20)
    answering = asyncio.create_task(world.answer(case, "still_here"))
    await eventually(lambda: hears_an_answer(world, order), lambda: "the answer is never heard")
    mended.set()
    assert (await answering).is_success
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.captures, sums.labels_live) == (0, 0)


async def hears_an_answer(world: World, order: str) -> bool:
    history = await world.handle(order).fetch_history()
    accepted = [one.workflow_execution_update_accepted_event_attributes for one in history.events]
    return any(one.accepted_request.input.name == "answer_case" for one in accepted)
