"""Steps 16 and 17: what is complained about, what is offered for it, and how that ends."""

import asyncio
import re
from datetime import timedelta

import httpx
import pytest

from sandbox.judge import Ending
from tests.workflows.complaining import (
    DECLINE,
    ONE_BROKEN,
    REFUND,
    complain,
    complained,
    complaints,
    mail_text,
    offer,
    offered,
    page_of,
    partial,
    say,
    states,
    told,
    until_state,
)
from tests.workflows.refunding import DUE, given_back, until_refund
from tests.world import World

DAY = timedelta(days=1)


async def audited(world: World) -> None:
    assert await asyncio.to_thread(world.books.audits.audit, world.shop) == ()


async def test_a_broken_piece_is_refunded_once_the_customer_takes_it(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    answer = await complained(world, order)
    assert (answer["complaint"], answer["joined"]) == (1, False)
    case = await world.until_case(order, "complaint")
    assert "damaged, 1 of line 1" in case["reason"]
    assert "handle" not in case["reason"]
    assert "1 x Stoneware mug" in await mail_text(world, order, "complaint")
    made = await offered(world, order, REFUND)
    assert made["offer"] == 1
    text = await mail_text(world, order, "solution")
    assert "18.90 EUR" in text
    assert "We are sorry." in text
    assert given_back(world, order) == []
    assert (await say(world, order, "accept")).status_code == 202
    await until_refund(world, order, "succeeded")
    found = await until_state(world, order, "solved")
    assert states(found) == ["offered", "accepted", "solved"]
    assert (await world.view(order))["complaints"] == [found]
    assert found["words"][0]["solution"]["money"] == {"amount": 1890, "currency": "EUR"}
    assert given_back(world, order) == [1890]
    assert await told(world, order) == [
        "order.complained",
        "order.solution_offered",
        "order.complaint_solved",
    ]
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, DUE - 1890)
    assert sums.mails["review"] == 1
    await audited(world)


@pytest.mark.world(policy={"refund_without_asking": {"EUR": 2000}})
async def test_a_small_sum_is_refunded_without_asking_but_only_the_first_time(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await complained(world, order)
    await until_refund(world, order, "succeeded")
    await until_state(world, order, "solved")
    await complained(world, order, ONE_BROKEN | {"reason": "missing"}, "c2")
    await world.until_case(order, "complaint")
    assert given_back(world, order) == [1890]
    await offered(world, order, DECLINE, 2)
    await until_state(world, order, "declined", 2)
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, DUE - 1890)
    assert sums.mails["review"] == 0
    await audited(world)


async def test_who_says_nothing_takes_what_is_offered(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await offered(world, order, partial(500))
    assert "If we hear nothing, we take it that you do." in await mail_text(
        world, order, "solution"
    )
    await world.fast_forward(order, 6 * DAY)
    assert given_back(world, order) == []
    await world.fast_forward(order, 2 * DAY)
    await until_refund(world, order, "succeeded")
    await until_state(world, order, "solved")
    assert given_back(world, order) == [500]


@pytest.mark.world(policy={"solution_unanswered": "reject"})
async def test_by_policy_who_says_nothing_takes_nothing(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await offered(world, order, partial(500))
    await world.fast_forward(order, 8 * DAY)
    await until_state(world, order, "declined")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE)


async def test_what_is_declined_is_told_with_the_reason_and_no_review_is_asked_for(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    case = await world.until_case(order, "complaint")
    assert (await world.answer(case, "reject")).is_success
    await until_state(world, order, "declined")
    assert "a test" in await mail_text(world, order, "complaint_declined")
    assert await told(world, order) == ["order.complained", "order.complaint_declined"]
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, DUE)
    assert (sums.mails["review"], sums.refunded) == (0, 0)


async def test_refused_it_is_offered_anew_and_a_changed_mind_may_still_take_it(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await offered(world, order, partial(500))
    assert (await say(world, order, "refuse")).status_code == 202
    await world.until_case(order, "complaint")
    await offered(world, order, partial(900), key="o2")
    answer = await say(world, order, "accept", 1)
    assert answer.status_code == 409
    assert "offer 1 was replaced by offer 2" in answer.text
    assert (await say(world, order, "refuse", 2)).status_code == 202
    assert (await say(world, order, "accept", 2)).status_code == 202
    await until_refund(world, order, "succeeded")
    found = await until_state(world, order, "solved")
    assert states(found) == [
        "offered",
        "open",
        "offered",
        "open",
        "accepted",
        "solved",
    ]
    answer = await say(world, order, "refuse", 2)
    assert answer.status_code == 409
    assert "is solved" in answer.text
    assert given_back(world, order) == [900]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 900)
    await audited(world)


async def test_the_customers_page_takes_a_complaint_once_and_an_answer(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    path = await page_of(world, order)
    async with httpx.AsyncClient(base_url=world.api.base_url) as customer:
        page = (await customer.get(path)).text
        found = re.search(r'name="key" value="([^"]+)"', page)
        assert found is not None
        form = {"key": found[1], "reason": "damaged", "line.0": "1", "words": "<b>broken</b>"}
        for _ in range(2):
            sent = await customer.post(f"{path}/complaints", data=form)
            assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?thanks=true")
        (one,) = await complaints(world, order)
        assert one["complaint"]["request"]["by"] == "customer"
        none = await customer.post(f"{path}/complaints", data=form | {"line.0": "0", "key": "x"})
        assert (none.status_code, "how many pieces" in none.text) == (422, True)
        await offered(world, order, REFUND | {"words": "<i>sorry</i>"})
        page = (await customer.get(path)).text
        assert "You get back: 18.90 EUR" in page
        assert "&lt;i&gt;sorry&lt;/i&gt;" in page
        answer = {"offer": "1", "answer": "accept"}
        said = await customer.post(f"{path}/complaints/1", data=answer)
        assert said.status_code == 303
        await until_state(world, order, "solved")
        again = await customer.post(f"{path}/complaints/1", data=answer)
        assert (again.status_code, "is solved" in again.text) == (409, True)
        await world.carry(order)
        late = await customer.post(f"{path}/complaints", data=form | {"key": "y"})
        assert (late.status_code, "shop@tea-and-oak.example" in late.text) == (409, True)
        assert (await customer.get(path[:-1] + "0")).status_code == 404
    assert given_back(world, order) == [1890]


async def test_what_cannot_be_complained_about_is_refused_with_words(world: World) -> None:
    order = await world.place()
    early = await complain(world, order)
    assert (early.status_code, "Nothing has left yet" in early.text) == (409, True)
    await world.carry(order, "delivered")
    for body, words in (
        (ONE_BROKEN | {"lines": [{"line": "9", "quantity": 1}]}, "line 9: none of it was sent"),
        (ONE_BROKEN | {"lines": [{"line": "1", "quantity": 3}]}, "2 of it were sent, not 3"),
    ):
        answer = await complain(world, order, body, words[:6])
        assert (answer.status_code, words in answer.text) == (409, True), answer.text
    both = ONE_BROKEN | {"lines": [{"line": "1", "quantity": 2}]}
    await complained(world, order, both)
    again = await complained(world, order, both)
    joined = await complained(world, order, both, "c2")
    assert (again["joined"], joined["joined"], joined["complaint"]) == (False, True, 1)
    other = await complain(world, order, both | {"reason": "missing"}, "c3")
    assert "2 of 2 were complained about already" in other.text
    differs = await complain(world, order, ONE_BROKEN, "c1")
    assert "another complaint was made under this key" in differs.text
    too_much = await offer(world, order, partial(DUE + 1))
    assert (too_much.status_code, "is left" in too_much.text) == (409, True)
    assert (await offer(world, order, REFUND, 7)).status_code == 404
    (one,) = await complaints(world, order)
    assert [word["words"] for word in one["words"]] == ["the handle is off"]
    await offered(world, order, DECLINE)
    assert "is declined already" in (await offer(world, order, REFUND, key="o2")).text
    await world.carry(order)
    assert (await complain(world, order, ONE_BROKEN, "c9")).status_code == 409


async def test_what_the_courier_has_lost_is_made_good_without_a_complaint(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "FAILURE", substatus="package_lost")
    found = await until_state(world, order, "open")
    assert found["complaint"]["request"]["by"] == "courier"
    assert found["complaint"]["request"]["lines"] == [{"line": "1", "quantity": 2}]
    assert "the courier tells us" in await mail_text(world, order, "complaint")
    await offered(world, order, REFUND | {"shipping": True})
    assert (await say(world, order, "accept")).status_code == 202
    await until_state(world, order, "solved")
    await world.until(order, "not_delivered")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, 0)
    assert (sums.captured, sums.refunded, sums.mails["review"]) == (DUE, DUE, 0)
    assert [c["kind"] for c in (await world.view(order))["cases"] if not c["answer"]] == []
    await audited(world)


@pytest.mark.world(policy={"lost_parcel": "refund"})
async def test_what_nobody_delivers_is_late_then_lost_and_offered_by_policy(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.fast_forward(order, 15 * DAY)
    await world.until_case(order, "delivery_overdue")
    assert "no courier has delivered it yet" in await mail_text(world, order, "delivery_late")
    await world.fast_forward(order, 8 * DAY)
    found = await until_state(world, order, "offered")
    assert found["complaint"]["request"]["reason"] == "not_arrived"
    await world.fast_forward(order, 8 * DAY)
    await until_state(world, order, "solved")
    await world.until(order, "not_delivered", "completed")
    assert given_back(world, order) == [3780]
    mails = [one["kind"] for one in (await world.view(order))["mails"]]
    assert mails.count("delivery_late") == 1


async def test_a_parcel_that_turns_up_ends_the_search_and_what_was_claimed(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "FAILURE", substatus="package_lost")
    await until_state(world, order, "open")
    await world.courier(order, "DELIVERED")
    await world.until(order, "delivered")
    await until_state(world, order, "declined")
    assert "reached you after all" in await mail_text(world, order, "complaint_declined")
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE)


async def test_what_comes_back_is_claimed_once_it_was_inspected(world: World) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    await world.courier(order, "RETURNED")
    case = await world.until_case(order, "not_delivered")
    assert (await world.answer(case, "close")).is_success
    found = await until_state(world, order, "open")
    assert found["complaint"]["request"]["reason"] == "came_back"
    case = await world.until_case(order, "complaint")
    assert (await world.answer(case, "refund")).is_success
    assert (await say(world, order, "accept")).status_code == 202
    await until_state(world, order, "solved")
    await world.fast_forward(order, 8 * DAY)
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, DUE - 3780)


async def test_a_review_waits_until_nothing_is_open(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await world.fast_forward(order, 9 * DAY)
    assert await world.status(order) == "delivered"
    assert not [m for m in (await world.view(order))["mails"] if m["kind"] == "review"]
    case = await world.until_case(order, "complaint")
    assert (await world.answer(case, "refund")).is_success
    assert (await say(world, order, "accept")).status_code == 202
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED, DUE - 1890)
    assert sums.mails["review"] == 1


@pytest.mark.world(policy={"complaint_unanswered": "refund"})
async def test_by_policy_what_staff_do_not_answer_is_offered(world: World) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    await complained(world, order)
    await world.fast_forward(order, 3 * DAY)
    await until_state(world, order, "offered")


async def test_what_the_channel_was_paid_the_channel_gives_back(world: World) -> None:
    prepaid = {"terms": "prepaid", "reference": "AMZ-1"}
    order = await world.place(world.body(payment=prepaid))
    await world.carry(order, "delivered")
    await complained(world, order)
    await offered(world, order, REFUND)
    assert "where you ordered and paid" in await mail_text(world, order, "solution")
    assert (await say(world, order, "accept")).status_code == 202
    await until_state(world, order, "solved")
    case = await world.until_case(order, "channel_owes")
    assert "the price of 1 of line 1" in case["reason"]
