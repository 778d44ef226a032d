"""Step 2 with patience: another card, a confirmation at the bank, a deadline; never paid twice."""

from datetime import timedelta

import httpx
import pytest

from cli import demo_orders
from sandbox.judge import Ending
from tests.world import Json, World, eventually
from workflows.aftermath import aftermath_id

DECLINED = "pm_card_visa_chargeDeclined"
CONFIRM = "pm_card_authenticationRequired"
MORE_THAN_PATIENCE = timedelta(days=3, minutes=1)


async def wait(world: World, card: str) -> str:
    order = await world.place(world.body(payment=demo_orders.card(card)))
    await world.until(order, "awaiting_payment")
    return order


async def offer(world: World, order: str, card: str = "pm_card_visa") -> httpx.Response:
    body = {"terms": "authorize", "payment_method": card}
    return await world.api.post(f"/orders/{order}/payment-method", json=body)


def intents(world: World) -> dict[str, str]:
    """What Stripe was asked to hold, and how each stands; newest first."""
    stripe = httpx.get(
        f"{world.sandbox.base('stripe')}/v1/payment_intents",
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    return {str(one["id"]): str(one["status"]) for one in stripe.json()["data"]}


def intent(world: World) -> str:
    """The newest."""
    return next(iter(intents(world)))


def reasons(view: Json) -> list[str]:
    told = [one for one in view["transitions"] if one["status"] == "awaiting_payment"]
    return [one["detail"] for one in told]


async def until_told_again(world: World, order: str) -> Json:
    async def told() -> Json | None:
        view = await world.view(order)
        return view if len(reasons(view)) == 2 else None

    return await eventually(told, lambda: "a second failure was not told")


async def test_a_declined_card_keeps_the_goods_and_another_card_pays(world: World) -> None:
    order = await wait(world, DECLINED)
    view = await world.view(order)
    assert sum(one["reserved"] for one in view["stock"]) == 2
    assert reasons(view) == ["Your card was declined."]
    await world.until_mail_state(order, "payment_needed", "sent", "processed", "delivered")
    assert (await offer(world, order)).status_code == 202
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.mails == {"payment_needed": 1, "confirmation": 1, "shipped": 1, "review": 1}


async def test_each_card_that_fails_is_told_with_its_reason(world: World) -> None:
    order = await wait(world, DECLINED)
    assert (await offer(world, order, "pm_card_chargeDeclinedInsufficientFunds")).is_success
    view = await until_told_again(world, order)
    assert reasons(view)[1] == "Your card has insufficient funds."
    await offer(world, order)
    await world.until(order, "in_fulfilment")
    sums = await world.judged(order, Ending.OPEN)
    assert sums.mails["payment_needed"] == 2


async def test_a_stolen_card_ends_the_order_at_once(world: World) -> None:
    order = await world.place(
        world.body(payment=demo_orders.card("pm_card_visa_chargeDeclinedStolenCard"))
    )
    await world.until(order, "declined")
    sums = await world.judged(order, Ending.DECLINED)
    assert sums.mails == {"declined": 1}


async def test_a_confirmation_at_the_bank_pays_by_its_webhook(world: World) -> None:
    order = await wait(world, CONFIRM)
    mail = await world.until_mail_state(order, "payment_needed", "sent", "processed", "delivered")
    assert mail
    world.sandbox.complete_3ds(intent(world))
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED)


async def test_a_confirmation_whose_webhook_is_lost_is_found_by_looking(world: World) -> None:
    order = await wait(world, CONFIRM)
    world.sandbox.configure(stripe={"webhook_url": None})
    world.sandbox.complete_3ds(intent(world))
    await world.environment.fast_forward(world.handle(order), timedelta(minutes=11))
    await world.until(order, "in_fulfilment")
    await world.judged(order, Ending.OPEN)


async def test_who_fails_at_the_bank_may_offer_another_card(world: World) -> None:
    order = await wait(world, CONFIRM)
    world.sandbox.complete_3ds(intent(world), "failed")
    await until_told_again(world, order)
    await offer(world, order)
    await world.until(order, "in_fulfilment")
    await world.judged(order, Ending.OPEN)


async def test_another_card_instead_of_the_bank_s_page_lets_go_of_what_waited(
    world: World,
) -> None:
    order = await wait(world, CONFIRM)
    waited = intent(world)
    await offer(world, order)
    await world.until(order, "in_fulfilment")
    assert intents(world)[waited] == "canceled"
    assert len(world.ledger(order, "stripe", "authorization")) == 1


@pytest.mark.parametrize("card", [DECLINED, CONFIRM])
async def test_when_nobody_pays_in_time_the_order_is_declined(world: World, card: str) -> None:
    order = await wait(world, card)
    await world.fast_forward(order, MORE_THAN_PATIENCE)
    view = await world.until(order, "declined")
    assert sum(one["reserved"] for one in view["stock"]) == 0
    sums = await world.judged(order, Ending.DECLINED)
    assert sums.mails == {"payment_needed": 1, "declined": 1}
    late = await offer(world, order)
    assert late.status_code == 409
    assert "has ended" in late.text


@pytest.mark.parametrize("card", [DECLINED, CONFIRM])
async def test_a_cancel_while_it_waits_for_its_money_leaves_nothing(
    world: World, card: str
) -> None:
    order = await wait(world, card)
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)


async def test_an_offer_that_nobody_waits_for_is_refused_with_the_reason(world: World) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    answer = await offer(world, order)
    assert answer.status_code == 409
    assert "waits for no payment: it is in_fulfilment" in answer.text
    history = (await world.handle(order).fetch_history()).to_json()
    assert "UPDATE" not in history
    bad = await world.api.post(f"/orders/{order}/payment-method", json={"payment_method": ""})
    assert bad.status_code == 422


@pytest.mark.world(policy={"pay_within": "PT0S"})
async def test_a_shop_without_patience_declines_at_once(world: World) -> None:
    order = await world.place(world.body(payment=demo_orders.card(CONFIRM)))
    await world.until(order, "declined")
    sums = await world.judged(order, Ending.DECLINED)
    assert sums.mails == {"declined": 1}


async def test_settling_one_that_was_terminated_while_it_waited_holds_nothing(
    world: World,
) -> None:
    order = await wait(world, CONFIRM)
    await world.handle(order).terminate()
    body = {"who": "support", "why": "terminated"}
    answer = await world.api.post(f"/orders/{order}/settle", json=body)
    assert answer.is_success, answer.text
    await world.environment.fast_forward(world.handle(aftermath_id(order)), timedelta(minutes=2))
    await world.until(order, "cancelled")
    assert set(intents(world).values()) == {"canceled"}
