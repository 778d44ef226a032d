"""Disputes the whole way: during an order and long after it, answered once, beside no refund."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sandbox.judge import Ending
from tests.workflows.disputing import (
    decide,
    dispute,
    ended,
    evidence,
    intent_of,
    shown,
    submitted,
    told,
    until_state,
)
from tests.workflows.refunding import DUE, goodwill, pressed, refused, until_refund
from tests.world import World, eventually
from workers.disputes import Disputes, Rhythm

SOON = 20.0
"""Seconds until evidence is due, for tests that wait for the deadline."""


async def test_a_dispute_long_after_the_end_is_won_with_its_evidence(world: World) -> None:
    order = await ended(world)
    name = await dispute(world, order, reason="product_not_received")
    case = await world.until_case(order, "dispute")
    assert "product_not_received" in case["reason"]
    assert (await world.answer(case, "submit")).is_success
    answered = await until_state(world, name, "under_review")
    assert (answered["decision"], answered["submissions"]) == ("submit", 1)
    (entry,) = submitted(world, order)
    sent = entry.data["evidence"]
    (label,) = world.ledger(order, "shippo", "label_purchased")
    assert sent["shipping_tracking_number"] == label.data["tracking_number"]
    assert {"receipt", "shipping_documentation"} <= set(sent)
    files = await evidence(world, name)
    summary = files["summary.txt"].decode()
    assert summary == sent["uncategorized_text"]
    mails = await asyncio.to_thread(world.sandbox.mailbox, order=order)
    assert all(one["message_id"] in summary for one in mails)
    assert {one.partition("-")[0] for one in files} >= {"invoice", "label", "packing_slip"}
    await decide(world, name, "won")
    won = await until_state(world, name, "won")
    assert sum(one["money"]["amount"] for one in won["events"] if one["money"]) == 0
    assert await told(world, order) == ["order.disputed", "order.dispute_won"]
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert (sums.disputed, sums.refunded) == (0, 0)
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()
    assert not [one for one in (await world.view(order))["cases"] if not one["closed_at"]]


async def test_lost_the_money_is_gone_and_nothing_is_given_back_beside_it(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    name = await dispute(world, order)
    await until_state(world, name, "needs_response")
    assert f"{name} is open" in await refused(world, order, goodwill(500))
    await decide(world, name, "lost")
    await until_state(world, name, "lost")
    assert "has the money already" in await refused(world, order, goodwill(500))
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert (sums.disputed, sums.refunded) == (DUE, 0)
    assert await told(world, order) == ["order.disputed", "order.dispute_lost"]


async def test_during_the_order_it_is_won_and_a_refund_is_possible_again(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    name = await dispute(world, order)
    case = await world.until_case(order, "dispute")
    assert (await world.answer(case, "submit")).is_success
    await until_state(world, name, "under_review")
    await decide(world, name, "won")
    await until_state(world, name, "won")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_a_refunded_charge_is_answered_with_the_refund(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    (refund,) = world.ledger(order, "stripe", "refund")
    name = await dispute(world, order, reason="credit_not_processed", amount=500, due_in=SOON)
    case = await world.until_case(order, "dispute")
    assert "5.00 EUR of this payment were given back" in case["reason"]
    await until_state(world, name, "under_review")
    (entry,) = submitted(world, order)
    words = entry.data["evidence"]["uncategorized_text"]
    assert f"5.00 EUR were given back to the customer before: {refund.data['refund']}" in words
    files = await evidence(world, name)
    note = next(one for one in files if one.startswith("credit_note-"))
    assert files[note].startswith(b"%PDF")
    await world.carry(order)


@pytest.mark.world(policy={"dispute_unanswered": "accept"})
async def test_a_refund_is_told_to_the_bank_even_where_the_shop_gives_in(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await pressed(world, order, goodwill(500))
    await until_refund(world, order, "succeeded")
    name = await dispute(world, order, amount=500, due_in=SOON)
    await until_state(world, name, "under_review")
    assert len(submitted(world, order)) == 1


@pytest.mark.parametrize(
    ("policy", "state", "sent"),
    [
        pytest.param(
            "submit", "under_review", 1, marks=pytest.mark.world(policy={}), id="by default"
        ),
        pytest.param(
            "accept",
            "lost",
            0,
            marks=pytest.mark.world(policy={"dispute_unanswered": "accept"}),
            id="by policy",
        ),
    ],
)
async def test_where_nobody_answers_in_time_the_policy_does(
    world: World, policy: str, state: str, sent: int
) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    name = await dispute(world, order, due_in=SOON)
    found = await until_state(world, name, state)
    assert found["decision"] == policy
    (case,) = [one for one in (await world.view(order))["cases"] if one["kind"] == "dispute"]
    assert (case["answer"], case["answered_by"]) == (policy, "ordersaga")
    assert len(submitted(world, order)) == sent


@pytest.mark.parametrize("fault", ["drop_after", "error_after"])
async def test_a_lost_answer_is_looked_up_and_the_evidence_was_sent_once(
    world: World, fault: str
) -> None:
    order = await ended(world)
    world.sandbox.fault("stripe", "update_dispute", fault, times=4)
    world.sandbox.fault("stripe", "create_file", fault, times=4)
    name = await dispute(world, order)
    case = await world.until_case(order, "dispute")
    assert (await world.answer(case, "submit")).is_success
    await until_state(world, name, "under_review")
    assert len(submitted(world, order)) == 1


async def test_two_people_answer_at_once_and_one_is_heard(world: World) -> None:
    order = await ended(world)
    name = await dispute(world, order)
    case = await world.until_case(order, "dispute")
    answers = await asyncio.gather(
        *(world.answer(case, say) for say in ("submit", "accept", "submit", "accept"))
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    (heard,) = [one.json()["answer"] for one in answers if one.is_success]
    state = {"submit": "under_review", "accept": "lost"}[heard]
    found = await until_state(world, name, state)
    assert found["decision"] == heard
    assert len(submitted(world, order)) == (1 if heard == "submit" else 0)


async def test_webhooks_that_come_twice_and_out_of_order_change_nothing_more(
    world: World,
) -> None:
    order = await ended(world)
    world.sandbox.fault("stripe", "webhook", "duplicate", times=None, count=5)
    created: dict[str, Any] = {"event": "charge.dispute.created", "seconds": 3}
    world.sandbox.fault("stripe", "webhook", "hold", times=1, **created)
    name = await dispute(world, order)
    await decide(world, name, "won")
    await until_state(world, name, "won")
    await asyncio.to_thread(world.sandbox.settle, 30.0)
    assert (await shown(world, name))["state"] == "won"
    assert (await told(world, order)) in (
        ["order.dispute_won"],
        ["order.disputed", "order.dispute_won"],
    )
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert sums.disputed == 0


async def test_a_refund_that_is_asked_while_the_dispute_arrives_is_a_case(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    world.sandbox.fault("stripe", "webhook", "lost", times=None)
    name = await dispute(world, order)
    await pressed(world, order, goodwill(500))
    case = await world.until_case(order, "refund_failed")
    assert f"Dispute {name} is open" in case["reason"]
    assert world.ledger(order, "stripe", "refund") == []
    await decide(world, name, "won")
    assert (await world.answer(case, "retry")).is_success
    await until_refund(world, order, "succeeded")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_a_recall_of_what_is_disputed_becomes_a_case_and_pays_nobody_twice(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "released")
    name = await dispute(world, order)
    await until_state(world, name, "needs_response")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    case = await world.until_case(order, "refused_by_provider")
    assert f"Dispute {name} is open" in case["reason"]
    assert world.ledger(order, "stripe", "refund") == []
    await decide(world, name, "lost")
    await until_state(world, name, "lost")
    assert (await world.answer(case, "accept")).is_success
    await world.until(order, "cancelled")
    assert world.ledger(order, "stripe", "refund") == []


async def test_one_whose_webhooks_are_all_lost_is_found_by_looking(world: World) -> None:
    order = await ended(world)
    looks = Disputes(world.books, world.vendors.disputes, Rhythm(list_every=timedelta(0)))
    world.sandbox.fault("stripe", "webhook", "lost", times=None)
    name = await dispute(world, order)

    async def found() -> bool:
        await looks.find()
        return (await shown(world, name))["state"] == "needs_response"

    await eventually(found, lambda: f"{name} was not found")
    assert await told(world, order) == ["order.disputed"]


async def test_an_inquiry_that_staff_give_in_to_is_settled_by_a_refund(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    name = await dispute(world, order, inquiry=True)
    case = await world.until_case(order, "dispute")
    assert f"{name} is open" in await refused(world, order, goodwill(500))
    assert (await world.answer(case, "accept")).is_success
    await pressed(world, order, goodwill(500), "k2")
    await until_refund(world, order, "succeeded")
    await decide(world, name, "warning_closed")
    await until_state(world, name, "inquiry_closed")
    assert submitted(world, order) == []
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500)


async def test_an_inquiry_that_becomes_a_dispute_is_answered_again(world: World) -> None:
    order = await ended(world)
    name = await dispute(world, order, inquiry=True)
    first = await world.until_case(order, "dispute")
    assert (await world.answer(first, "submit")).is_success
    await until_state(world, name, "inquiry_under_review")
    await decide(world, name, "escalated")
    await until_state(world, name, "needs_response")
    second = await world.until_case(order, "dispute")
    assert second["id"] != first["id"]
    assert (await world.answer(second, "submit")).is_success
    await until_state(world, name, "under_review")
    assert len(submitted(world, order)) == 2
    assert intent_of(world, order) == submitted(world, order)[1].data["intent"]


async def test_what_the_bank_does_not_take_goes_to_a_person_once(world: World) -> None:
    order = await ended(world)
    body = {"error": {"message": "not here", "type": "invalid_request_error"}}
    world.sandbox.fault("stripe", "update_dispute", "http_error", times=None, status=400, body=body)
    name = await dispute(world, order)
    case = await world.until_case(order, "dispute")
    assert (await world.answer(case, "submit")).is_success
    refusal = await world.until_case(order, "refused_by_provider")
    assert "not here" in refusal["reason"]
    found = await shown(world, name)
    assert (found["state"], found["refused"][:8]) == ("needs_response", "not here")
    assert submitted(world, order) == []
    await decide(world, name, "lost")
    await until_state(world, name, "lost")
    assert not [one for one in (await world.view(order))["cases"] if not one["closed_at"]]
