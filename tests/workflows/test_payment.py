"""Payment terms and their outcomes; declines are answers, not errors."""

import asyncio
from datetime import timedelta

import pytest

from cli import demo_orders
from sandbox.judge import Ending
from tests.world import World

MUGS = [demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890)]


@pytest.mark.world(policy={"pay_within": "PT0S"})
@pytest.mark.parametrize(
    "method",
    [
        "pm_card_visa_chargeDeclined",
        "pm_card_chargeDeclinedInsufficientFunds",
        "pm_card_authenticationRequired",
    ],
)
async def test_a_card_that_is_not_good_declines_the_order_and_frees_the_stock(
    world: World, method: str
) -> None:
    order = await world.place(world.body(payment=demo_orders.card(method)))
    view = await world.until(order, "declined")
    sums = await world.judged(order, Ending.DECLINED)
    assert sums.mails == {"declined": 1}
    assert view["transitions"][-1]["detail"]
    stock = (await world.admin.get(f"/shops/{world.shop}/stock")).json()
    assert all(row["reserved"] == 0 for row in stock["levels"])


async def test_out_of_stock_ends_the_order_before_any_money_is_touched(world: World) -> None:
    rows = [demo_orders.line("1", "TEAPOT", "Teapot", 13, 6900)]
    order = await world.place(demo_orders.order("1", rows, demo_orders.card()))
    await world.until(order, "out_of_stock")
    assert not world.ledger(order, "stripe")
    await world.judged(order, Ending.OUT_OF_STOCK)


async def test_a_prepaid_order_ships_without_a_charge(world: World) -> None:
    order = await world.place(world.body(payment={"terms": "prepaid", "reference": "MP-1"}))
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, charged_here=False)
    assert sums.captured == sums.authorized == 0


async def test_nothing_due_ships_without_a_charge(world: World) -> None:
    rows = [demo_orders.line("1", "MUG-BLUE", "Mug", 1, 0)]
    body = demo_orders.order("free", rows, {"terms": "nothing_due"}, shipping_price=0)
    order = await world.place(body)
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, due=0, charged_here=False)


async def test_an_intent_of_the_checkout_is_verified_and_used_by_one_order_only(
    world: World,
) -> None:
    intent = world.checkout_intent(4270)
    terms = {"terms": "payment_intent", "payment_intent": intent}
    first = await world.place(world.body(payment=terms))
    await world.until(first, "in_fulfilment")
    second = await world.place(world.body(payment=terms))
    await world.until(second, "declined")
    await world.carry(first)
    sums = await world.judged(first, Ending.COMPLETED)
    assert sums.captured == 4270


async def test_an_intent_is_used_by_one_order_even_when_two_come_at_once(world: World) -> None:
    terms = {"terms": "payment_intent", "payment_intent": world.checkout_intent(4270)}
    # Both look at the intent, and see no mark, before either leaves one.
    world.sandbox.fault("stripe", "update_intent", "delay", nth=None, times=None, seconds=3)
    orders = await asyncio.gather(*(world.place(world.body(payment=terms)) for _ in range(2)))
    views = [await world.until(order, "in_fulfilment", "declined") for order in orders]
    assert sorted(view["status"] for view in views) == ["declined", "in_fulfilment"]


async def test_an_intent_over_another_amount_is_declined_and_left_alone(world: World) -> None:
    terms = {"terms": "payment_intent", "payment_intent": world.checkout_intent(4270)}
    wrong = demo_orders.order("wrong", MUGS, terms, shipping_price=491)
    order = await world.place(wrong)
    await world.until(order, "declined")
    assert not world.ledger(order, "stripe", "void")
    corrected = await world.place(world.body(payment=terms))
    await world.until(corrected, "in_fulfilment")


async def test_an_authorization_that_lapsed_never_ships(world: World) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    await world.fast_forward(order, timedelta(days=8))
    await world.wms(f"{order}-s1", "packed")
    case = await world.until_case(order, "capture_failed")
    assert not world.ledger(order, "wms", "released")
    await world.answer(case, "cancel")
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)


async def test_a_lost_answer_to_the_capture_captures_once(world: World) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    world.sandbox.fault("stripe", "capture", "drop_after", order=order, times=4)
    await world.wms(f"{order}-s1", "packed")
    await world.until(order, "released")
    sums = await world.judged(order, Ending.OPEN)
    assert sums.captures == 1


async def test_a_lost_answer_to_the_authorization_authorizes_once(world: World) -> None:
    world.sandbox.fault("stripe", "authorize", "drop_after", times=4)
    order = await world.place()
    await world.until(order, "in_fulfilment")
    sums = await world.judged(order, Ending.OPEN)
    assert sums.authorized == 4270


async def test_a_provider_that_is_down_for_a_day_after_an_unknown_capture_captures_once(
    world: World,
) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    capture = ("stripe", "capture")
    world.sandbox.fault(*capture, "drop_after", order=order)
    down = world.sandbox.fault("stripe", "*", "http_error", nth=None, times=None, status=503)
    await world.wms(f"{order}-s1", "packed")
    await world.until_ledger(order, "stripe", "capture")
    await world.pass_time(timedelta(hours=25))
    world.sandbox.clear_faults(down)
    await world.until(order, "released", patience=60)
    sums = await world.judged(order, Ending.OPEN)
    assert sums.captures == 1


async def test_a_hundred_simultaneous_submits_of_one_order_authorize_once(world: World) -> None:
    body = world.body("one-order")
    answers = await asyncio.gather(*(world.api.post("/orders", json=body) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["order"] for answer in answers}) == 1
    order = answers[0].json()["order"]
    await world.until(order, "in_fulfilment")
    assert len(world.ledger(order, "stripe", "authorization")) == 1
    changed = await world.api.post("/orders", json=body | {"notes": "another body"})
    assert changed.status_code == 409
    assert "notes" in changed.text


@pytest.mark.parametrize("answer", ["accept", "retry"])
async def test_a_checkout_payment_that_stripe_will_not_show_is_a_persons_decision(
    world: World, answer: str
) -> None:
    intent = world.checkout_intent(4270)
    world.sandbox.fault("stripe", "retrieve_intent", "http_error", nth=None, times=None, status=403)
    terms = {"terms": "payment_intent", "payment_intent": intent}
    order = await world.place(world.body(payment=terms))
    case = await world.until_case(order, "refused_by_provider")
    world.sandbox.clear_faults()
    assert (await world.answer(case, answer)).is_success
    await world.carry(order, "released")
    taken = [one for one in world.ledger(kind="capture") if one.data["intent"] == intent]
    assert [one.data["amount"] for one in taken] == [4270]
