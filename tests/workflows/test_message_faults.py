"""Whole orders, and everybody who tells them something: fifty times, backwards, early, late, wrong.

Signals, warehouse reports and webhooks are the product's own lists: whoever adds one says here
what it tells. `tests/api/test_message_faults.py` has what the API alone refuses.
"""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.service import RPCError

from cli import demo_orders
from domain.ids import order_id
from runtime.codec import ENCODING, KEY_ID
from sandbox.judge import Ending
from tests.api.signing import stripe_event, stripe_headers, track
from tests.scarce import made_scarce, place
from tests.workflows.telling import (
    REPORTS,
    SIGNALS,
    TIMES,
    WEBHOOKS,
    carry_out,
    close_cases,
    confirm,
    echoing,
    ended_well,
    recall,
    report,
    sayings,
    serve,
    tell,
)
from tests.world import Json, World, eventually

pytestmark = pytest.mark.world(policy={"review_after": "PT2S", "complaints_within": "PT2S"})
CONFIRM = "pm_card_authenticationRequired"
HINTS = {"payment_news", "goods_news"}
"""Signals that say nothing: whatever they hold, the order looks for itself."""
OURS = {"authorization", "capture", "void", "refund", "label_purchased", "mail", "released"}


def test_every_signal_and_every_report_is_told_here() -> None:
    assert set(sayings("ord_1")) == set(SIGNALS)
    told = {name.replace("_", "-") for name in sayings("ord_1")}
    assert told - {"courier-event", "payment-news", "goods-news"} == set(REPORTS)


async def test_everything_told_fifty_times_at_once_counts_once(world: World) -> None:
    rules = [fault_of_all(world, provider, "duplicate", count=TIMES) for provider in WEBHOOKS]
    carried, recalled = await world.place(), await world.place()
    confirmed = await world.place(world.body(payment=demo_orders.card(CONFIRM)))
    waiting = await place(world, made_scarce(world.body()), waits=True)
    async with echoing(world) as echo:
        await asyncio.gather(
            carry_out(world, carried),
            recall(world, recalled),
            confirm(world, confirmed),
            serve(world, waiting),
        )
    await ended_well(world, carried, Ending.COMPLETED)
    await ended_well(world, confirmed, Ending.COMPLETED)
    await ended_well(world, waiting, Ending.COMPLETED)
    view = await ended_well(world, recalled, Ending.CANCELLED)
    sums = await world.judged(recalled, Ending.CANCELLED)
    assert (sums.captures, sums.refunded) == (1, 4270)
    assert view["cases"] == []
    assert (echo.signals, echo.reports, echo.answers) == (set(SIGNALS), set(REPORTS), {202})
    assert all(world.sandbox.fired(rule) for rule in rules)


def fault_of_all(world: World, provider: str, kind: str, **params: Any) -> str:
    return world.sandbox.fault(provider, "webhook", kind, nth=None, times=None, **params)


async def test_webhooks_that_overtake_each_other_change_nothing(world: World) -> None:
    rules = [fault_of_all(world, provider, "reverse", seconds=0.5) for provider in WEBHOOKS]
    order = await world.place()
    await carry_out(world, order)
    view = await ended_well(world, order, Ending.COMPLETED)
    assert view["cases"] == []
    assert all(world.sandbox.fired(rule) for rule in rules)


async def test_signals_backwards_are_put_in_order_or_refused_with_a_case(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    said = sayings(order)
    for signal in ("courier_event", "recall_result", "handed_over", "packed", "picked"):
        assert await tell(world, order, signal, said[signal])
    await carry_out(world, order)
    await close_cases(world, order, "message_refused", "gone_unreleased")
    kinds = [one["kind"] for one in (await world.view(order))["cases"]]
    assert sorted(kinds) == ["gone_unreleased", "message_refused"]
    await ended_well(world, order, Ending.COMPLETED, gone_told=True)


async def test_reports_backwards_are_refused_with_words_until_their_moment(world: World) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    said = sayings(order)
    answers: dict[str, list[int]] = {name: [] for name in ("handed_over", "packed", "picked")}
    for moment in ("in_fulfilment", "ready_to_pack", "released"):
        await world.until(order, moment)
        for name, heard in answers.items():
            if moment == "ready_to_pack" and name == "handed_over":
                continue  # that goods have left is a fact then, and believed
            answer = await report(world, said[name], name, f"{order}-{name}")
            heard.append(answer.status_code)
            assert answer.json()["detail" if answer.is_error else "id"]
    assert answers == {"handed_over": [409, 202], "packed": [409, 202, 202], "picked": [202] * 3}
    await carry_out(world, order)
    view = await ended_well(world, order, Ending.COMPLETED)
    assert view["cases"] == []


async def test_what_is_told_before_its_order_exists_is_kept_for_it(world: World) -> None:
    async def told_early(signal: str) -> None:
        body = world.body()
        order = order_id(world.shop, body["channel"], body["number"])
        said = sayings(order)[signal]
        assert not await tell(world, order, signal, said)
        if "shipment" in said:
            assert (await report(world, said, signal, "early")).status_code == 404
        world.books.inbox.put("early", order, signal, order, said | {"id": "early"}, signal)
        await world.place(body)
        await world.until_history(order, signal)
        await carry_out(world, order)
        # It may be heard before the warehouse has the goods, or after: a refusal, or a fact.
        kinds = [one["kind"] for one in (await world.view(order))["cases"]]
        assert bool(kinds) is (signal in ("handed_over", "recall_result"))
        await close_cases(world, order, "message_refused", "gone_unreleased")
        await ended_well(world, order, Ending.COMPLETED, gone_told="gone_unreleased" in kinds)

    await asyncio.gather(*(told_early(signal) for signal in SIGNALS))


async def test_what_is_told_after_the_end_is_answered_and_changes_nothing(world: World) -> None:
    carried, cancelled = await world.place(), await world.place()
    await carry_out(world, carried)
    await world.carry(cancelled, "ready_to_pack")
    await world.cancel(cancelled)
    await world.until(cancelled, "cancelled")
    await ended_well(world, carried, Ending.COMPLETED)
    await ended_well(world, cancelled, Ending.CANCELLED)
    before = {order: await told_of(world, order) for order in (carried, cancelled)}
    for order in (carried, cancelled):
        number = str(world.ledger(order, "shippo", "label_purchased")[0].data["tracking_number"])
        said = sayings(order, number)
        for signal in SIGNALS:
            assert not await tell(world, order, signal, said[signal])
            world.books.inbox.put("late", f"{order}:{signal}", signal, order, said[signal], signal)
        for name in REPORTS:
            answer = await report(world, said[name.replace("-", "_")], name, f"{order}-late-{name}")
            assert answer.status_code in (202, 409), answer.text
        for path, raw, headers in webhooks_about(order, number):
            answer = await world.api.post(path, content=raw, headers=headers)
            assert answer.status_code == 200, answer.text
    await eventually(lambda: nothing_waits(world), lambda: "messages wait for orders that ended")
    for order, ending in ((carried, Ending.COMPLETED), (cancelled, Ending.CANCELLED)):
        assert await told_of(world, order) == before[order]
        kinds = await close_cases(world, order, "gone_unreleased")
        # By the warehouse's word and by the courier's: neither knows of the other.
        assert len(kinds) == (2 if order == cancelled else 0)
        await ended_well(world, order, ending)


def webhooks_about(order: str, number: str) -> list[tuple[str, bytes, dict[str, str]]]:
    event = stripe_event("payment_intent.succeeded", f"evt_late_{order}", order)
    return [
        ("/webhooks/stripe", event, stripe_headers(event, secret="whsec_test")),
        ("/webhooks/shippo/test-token", track(number, "DELIVERED", f"late-{order}"), {}),
    ]


async def told_of(world: World, order: str) -> Json:
    """What was done for an order, inside and outside."""
    await asyncio.to_thread(world.sandbox.settle, 20)
    view = await world.view(order)
    done = [one.kind for one in world.ledger(order) if one.kind in OURS]
    return {"done": done, "status": view["status"], "transitions": view["transitions"]}


async def nothing_waits(world: World) -> bool:
    def waiting() -> int:
        with world.books.database.reading() as connection:
            query = text("SELECT count(*) FROM inbox WHERE state = 'waiting'")
            return int(connection.scalars(query).one())

    return not await asyncio.to_thread(waiting)


async def test_nonsense_becomes_one_case_each_and_no_order_fails_of_it(world: World) -> None:
    async def flooded(signal: str) -> None:
        order = await world.place()
        await world.until(order, "in_fulfilment")
        for payloads in nonsense(order):
            told = [tell(world, order, signal, *payloads, plain=True) for _ in range(5)]
            assert all(await asyncio.gather(*told))
        with pytest.raises(RPCError):  # the engine's own limit
            await world.handle(order).signal(signal, "x" * 3_000_000)
        await world.until_case(order, "message_refused")
        await carry_out(world, order)
        await close_cases(world, order, "message_refused")
        view = await ended_well(world, order, Ending.COMPLETED)
        reasons = [one["reason"] for one in view["cases"]]
        assert len(reasons) == len(set(reasons)) <= len(nonsense(order)), reasons
        assert any("it needs one payload of JSON" in one for one in reasons)

    await asyncio.gather(*(flooded(signal) for signal in set(SIGNALS) - HINTS))


def nonsense(order: str) -> list[tuple[Any, ...]]:
    """What no signal takes: payloads of any number, shape and size."""
    shipment = f"{order}-s1"
    named: Json = {
        "shipment": shipment,
        "outcome": "?",
        "lines": 7,
        "parcels": "none",
        "manifest": [],
    }
    return [
        (),
        (None,),
        ("not a message",),
        ([],),
        ({},),
        (named,),
        (named | {"shipment": "\x00"},),
        (named, named),
        ({"shipment": "another", "outcome": "pulled", "manifest": "M"},),
        ({"shipment": shipment, "manifest": "x" * 300_000, "lines": [{}] * 200},),
        (raw(b"[" * 100_000),),
        (raw(b"\xff\xfe"),),
        (raw(b"{}", encoding=b"nobody/knows"),),
        (raw(b"no ciphertext", encoding=ENCODING, **{KEY_ID: order.encode()}),),
        (raw(b"no ciphertext", encoding=ENCODING, **{KEY_ID: b"shop:\x00"}),),
    ]


def raw(data: bytes, **metadata: bytes) -> RawValue:
    return RawValue(Payload(metadata={"encoding": b"json/plain"} | metadata, data=data))
