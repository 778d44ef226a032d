"""Held between money and warehouse: released, rejected, or left to policy; never picked before."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from cli import demo_orders
from sandbox.judge import Ending
from tests.workflows.test_authorization_life import kept, money
from tests.workflows.test_awaiting_payment import intent, intents
from tests.world import Json, World, eventually
from workflows.aftermath import aftermath_id

RISKY = demo_orders.card("pm_card_riskLevelElevated")
PATIENCE = timedelta(days=1, minutes=1)
ABOVE_40 = {"review_above": {"EUR": 4000}}


async def held(world: World, payment: Json | None = None, **more: Any) -> tuple[str, Json]:
    """An order that is in review, and its case; the warehouse has heard nothing."""
    order = await world.place(world.body(**({"payment": payment} if payment else {}), **more))
    await world.until(order, "in_review")
    case = await world.until_case(order, "review")
    assert case["answers"] == ["release", "reject"]
    assert world.ledger(order, "wms") == []
    return order, case


async def decide(world: World, case: Json, what: str, why: str = "looked at it") -> httpx.Response:
    said = {"answer": what, "who": "Ana, support", "why": why}
    return await world.api.post(f"/cases/{case['id']}/answer", json=said)


async def rejected(world: World, order: str) -> Json:
    """It ends cancelled: nothing reserved, nothing held, nothing at the warehouse."""
    view = await world.until(order, "cancelled")
    await world.until_mail_state(order, "cancelled", "sent", "processed", "delivered")
    sums = await world.judged(order, Ending.CANCELLED)
    assert sums.mails == {"cancelled": 1}
    assert world.ledger(order, "wms") == []
    assert sum(one["reserved"] for one in view["stock"]) == 0
    return view


def told(view: Json, status: str) -> list[str]:
    return [one["detail"] for one in view["transitions"] if one["status"] == status]


async def closed(world: World, order: str) -> Json:
    """The review's case as the records have it once it is closed."""

    async def there() -> Json | None:
        cases = (await world.view(order))["cases"]
        return next((one for one in cases if one["kind"] == "review" and one["closed_at"]), None)

    return await eventually(there, lambda: "the review is still open")


async def looks(world: World, order: str, times: int = 1) -> list[str]:
    """What the order has seen at the provider once it has looked so often, or more."""

    async def there() -> list[str]:
        facts = (await world.view(order))["facts"]
        seen = [one["detail"] for one in facts if one["operation"] == "look_at_review"]
        return seen if len(seen) >= times else []

    return await eventually(there, lambda: f"it was not looked at {times} times")


async def test_an_elevated_risk_is_held_until_staff_release_it(world: World) -> None:
    order, case = await held(world, RISKY)
    assert "risk: elevated" in case["reason"]
    assert (await decide(world, case, "release")).is_success
    view = await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.mails == {"confirmation": 1, "shipped": 1, "review": 1}
    assert told(view, "payment_secured") == ["", "released by Ana, support"]
    assert (await closed(world, order))["answered_by"] == "Ana, support"


async def test_what_staff_reject_is_undone_and_the_customer_hears_no_reason(world: World) -> None:
    order, case = await held(world, RISKY)
    assert (await decide(world, case, "reject", "the card is a stolen one")).is_success
    view = await rejected(world, order)
    assert told(view, "cancelling") == ["Ana, support: the card is a stolen one"]
    assert set(intents(world).values()) == {"canceled"}
    (mail,) = world.sandbox.mailbox(order=order, kind="cancelled")
    words = str(mail).lower()
    assert not [word for word in ("stolen", "fraud", "risk", "review", "ana") if word in words]


@pytest.mark.world(policy=ABOVE_40)
async def test_a_total_above_the_shop_s_limit_is_held_once_it_is_paid(world: World) -> None:
    order, case = await held(world)
    assert "the total of 42.70 EUR is above 40.00 EUR" in case["reason"]
    assert len(world.ledger(order, "stripe", "authorization")) == 1
    await decide(world, case, "release")
    await world.until(order, "in_fulfilment")
    await world.judged(order, Ending.OPEN)


@pytest.mark.world(policy={"review_when_countries_differ": True})
async def test_two_countries_are_held_where_the_shop_wants_it(world: World) -> None:
    _, case = await held(world, billing_address=demo_orders.address("FR"))
    assert "billed to FR and shipped to DE" in case["reason"]


@pytest.mark.world(policy={"review_above": {"EUR": 4270, "JPY": 1}})
async def test_nothing_is_held_without_a_reason(world: World) -> None:
    order = await world.place(world.body(billing_address=demo_orders.address("FR")))
    view = await world.until(order, "in_fulfilment")
    assert told(view, "in_review") == []


@pytest.mark.world(policy=ABOVE_40)
async def test_nobody_who_looks_in_time_ends_it(world: World) -> None:
    order, case = await held(world)
    await world.fast_forward(order, PATIENCE)
    await rejected(world, order)
    done = await closed(world, order)
    assert (done["answer"], done["answered_by"]) == ("reject", "ordersaga")
    assert (await decide(world, case, "release")).status_code == 409


@pytest.mark.world(policy=ABOVE_40 | {"review_unanswered": "release", "review_within": "PT2H"})
async def test_or_releases_it_where_policy_says_so(world: World) -> None:
    order, _ = await held(world)
    await world.fast_forward(order, timedelta(hours=2, minutes=1))
    await world.until(order, "in_fulfilment")
    assert (await closed(world, order))["answer"] == "release"
    await world.judged(order, Ending.OPEN)


async def test_an_approval_at_the_provider_releases_it_by_its_webhook(world: World) -> None:
    order, _ = await held(world, RISKY)
    await looks(world, order)
    await asyncio.to_thread(world.sandbox.decide_review, intent(world), "approved")
    await world.carry(order)
    done = await closed(world, order)
    assert done["answer"] == "release"
    await world.judged(order, Ending.COMPLETED)


@pytest.mark.world(policy=ABOVE_40)
async def test_an_approval_at_the_provider_leaves_the_shop_s_own_reason_to_staff(
    world: World,
) -> None:
    order, case = await held(world, RISKY)
    await looks(world, order)
    await asyncio.to_thread(world.sandbox.decide_review, intent(world), "approved")
    assert "risk elevated, review approved" in await looks(world, order, 2)
    await world.environment.fast_forward(world.handle(order), timedelta(hours=3))
    assert await world.status(order) == "in_review"
    assert world.ledger(order, "wms") == []
    assert (await decide(world, case, "release")).is_success
    await world.until(order, "in_fulfilment")
    await world.judged(order, Ending.OPEN)


@pytest.mark.world(policy=ABOVE_40)
async def test_a_rejection_at_the_provider_ends_what_was_held_for_another_reason(
    world: World,
) -> None:
    order, _ = await held(world)
    await asyncio.to_thread(world.sandbox.open_review, intent(world))
    assert await looks(world, order) == ["risk normal, review open"]
    await asyncio.to_thread(world.sandbox.decide_review, intent(world), "refunded")
    await rejected(world, order)


async def test_a_decision_at_the_provider_is_found_when_its_webhook_is_lost(world: World) -> None:
    order, _ = await held(world, RISKY)
    await looks(world, order)
    world.sandbox.configure(stripe={"webhook_url": None})
    await asyncio.to_thread(world.sandbox.decide_review, intent(world), "refunded_as_fraud")
    await world.environment.fast_forward(world.handle(order), timedelta(hours=1))
    await rejected(world, order)


async def test_a_forged_hint_releases_nothing(world: World) -> None:
    order, _ = await held(world, RISKY)
    await asyncio.to_thread(world.sandbox.settle)
    before = len(await looks(world, order))
    await world.handle(order).signal("payment_news", {"review": "approved"})
    assert set(await looks(world, order, before + 1)) == {"risk elevated, review open"}
    assert await world.status(order) == "in_review"
    assert world.ledger(order, "wms") == []


async def test_a_cancel_while_it_is_held_leaves_nothing(world: World) -> None:
    order, case = await held(world, RISKY)
    await world.cancel(order)
    await rejected(world, order)
    assert (await closed(world, order))["answer"] == "close"
    assert (await decide(world, case, "release")).status_code == 409


@pytest.mark.world(policy=ABOVE_40 | {"review_within": "P20D"})
async def test_its_money_is_held_anew_while_it_is_held(world: World) -> None:
    order, case = await held(world, kept())
    await world.fast_forward(order, timedelta(days=6, hours=1))
    await money(world, order, "authorization", 2)
    await money(world, order, "void", 1)
    assert await world.status(order) == "in_review"
    await decide(world, case, "release")
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.captured == 4270


@pytest.mark.world(policy=ABOVE_40 | {"review_within": "P20D", "case_answer_within": "P20D"})
async def test_a_look_that_the_provider_refuses_keeps_no_money_from_being_held_anew(
    world: World,
) -> None:
    order, case = await held(world, kept())
    world.sandbox.fault("stripe", "retrieve_intent", "http_error", status=403)
    await world.handle(order).signal("payment_news", {})
    refused = await world.until_case(order, "refused_by_provider")
    await world.fast_forward(order, timedelta(days=6, hours=1))
    await money(world, order, "authorization", 2)
    assert (await decide(world, case, "reject")).is_success
    await rejected(world, order)
    cases = {one["id"]: one["answer"] for one in (await world.view(order))["cases"]}
    assert cases == {case["id"]: "reject", refused["id"]: "close"}


@pytest.mark.world(policy=ABOVE_40)
async def test_what_was_paid_elsewhere_is_held_and_rejected_as_well(world: World) -> None:
    order, case = await held(world, {"terms": "prepaid", "reference": "MP-1"})
    assert (await decide(world, case, "reject")).is_success
    await rejected(world, order)


async def test_one_that_was_terminated_while_it_was_held_is_settled(world: World) -> None:
    order, _ = await held(world, RISKY)
    await world.handle(order).terminate()
    body = {"who": "support", "why": "terminated"}
    answer = await world.api.post(f"/orders/{order}/settle", json=body)
    assert answer.is_success, answer.text
    await world.environment.fast_forward(world.handle(aftermath_id(order)), timedelta(minutes=2))
    await rejected(world, order)


async def test_answers_of_another_case_are_refused(world: World) -> None:
    _, case = await held(world, RISKY)
    answer = await decide(world, case, "retry")
    assert answer.status_code == 422
    assert "release, reject" in answer.text
