"""Money and labels that no order owns are found at the provider, and named or let go."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from sandbox.judge import Ending
from tests.world import Json, World, eventually
from workers.reviews import Reviews, Rhythm
from workers.wiring import Vendors

NONE = timedelta(0)
AT_ONCE = Rhythm(every=NONE, long_every=timedelta(days=1), grace=NONE)


@pytest_asyncio.fixture
async def reviews(world: World) -> AsyncGenerator[Reviews]:
    vendors = Vendors.of(world.settings, world.books)
    yield Reviews(
        world.books,
        (vendors.payments_seen, vendors.payment),
        (vendors.labels_seen, vendors.courier),
        AT_ONCE,
    )
    vendors.close()


async def closed(world: World, order: str, kind: str) -> Json:
    """The case of this kind, which was closed as it was opened."""
    (case,) = [one for one in (await world.view(order))["cases"] if one["kind"] == kind]
    assert case["answered_by"] == "ordersaga"
    return case


def hold(world: World, order: str, amount: int = 4270) -> str:
    """Money that is held under an order's mark, by somebody who is not the order."""
    intent = world.checkout_intent(amount)
    answer = httpx.post(
        f"{world.sandbox.base('stripe')}/v1/payment_intents/{intent}",
        headers={"Authorization": "Bearer sk_test_sandbox"},
        data={"metadata[order]": order},
    )
    assert answer.is_success, answer.text
    return intent


async def test_what_is_as_it_should_be_is_left_alone(world: World, reviews: Reviews) -> None:
    order = await world.place()
    await world.carry(order, "delivered")
    before = world.ledger(order)
    for look in (reviews.money, reviews.labels):
        await look()
    assert (await world.view(order))["cases"] == []
    money = [entry for entry in world.ledger(order) if entry.provider in ("stripe", "shippo")]
    assert money == [entry for entry in before if entry.provider in ("stripe", "shippo")]


async def test_money_held_for_an_order_that_ended_unshipped_is_let_go_and_on_record(
    world: World, reviews: Reviews
) -> None:
    order = await world.place()
    await world.carry(order, "in_fulfilment")
    await world.cancel(order)
    await world.until(order, "cancelled")
    intent = hold(world, order)
    await reviews.money()
    assert intent in (await closed(world, order, "stray_money"))["reason"]
    sums = await world.judged(order, Ending.CANCELLED)
    assert (sums.authorized, sums.let_go) == (8540, 8540)
    money = (await world.view(order))["money"]
    assert (money["authorized"], money["voided"]) == (
        {"amount": 8540, "currency": "EUR"},
        {"amount": 8540, "currency": "EUR"},
    )
    await reviews.money()
    assert len(world.ledger(order, "stripe", "void")) == 2


async def test_a_second_hold_for_an_open_order_and_money_of_a_stranger_become_cases(
    world: World, reviews: Reviews
) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    intent = hold(world, order)
    hold(world, "ord_nobody")
    await reviews.money()
    case = await world.until_case(order, "stray_money")
    assert intent in case["reason"]
    strangers = world.books.cases.open_cases(None, order="ord_nobody")
    assert [one.case.kind.value for one in strangers] == ["stray_money"]
    assert world.ledger(None, "stripe", "void") == []


async def test_a_refund_from_the_provider_s_own_pages_becomes_a_case(
    world: World, reviews: Reviews
) -> None:
    order = await world.place()
    await world.carry(order, "shipped")
    (capture,) = world.ledger(order, "stripe", "capture")
    refund = {"payment_intent": capture.data["intent"], "amount": "1000"}
    async with httpx.AsyncClient(headers={"Authorization": "Bearer sk_test_sandbox"}) as somebody:
        answer = await somebody.post(f"{world.sandbox.base('stripe')}/v1/refunds", data=refund)
    assert answer.is_success, answer.text
    await reviews.money()
    case = await world.until_case(order, "money_differs")
    assert "given back 10.00 EUR" in case["reason"]


@pytest.mark.parametrize("status", ["ready_to_pack", "cancelled"])
async def test_a_surplus_label_is_voided_and_counted(
    world: World, reviews: Reviews, status: str
) -> None:
    order = await world.place()
    await world.carry(order, "ready_to_pack")
    (label,) = world.ledger(order, "shippo", "label_purchased")
    if status == "cancelled":
        await world.cancel(order)
        await world.until(order, "cancelled")
    purchase = {
        "rate": label.data["rate"],
        "label_file_type": "PDF",
        "async": False,
        "metadata": f"{order}/{order}-s1-p1-l1",
    }
    key = {"Authorization": "ShippoToken shippo_test_sandbox"}
    async with httpx.AsyncClient(headers=key) as somebody:
        answer = await somebody.post(f"{world.sandbox.base('shippo')}/transactions", json=purchase)
    assert answer.json()["status"] == "SUCCESS", answer.text
    await reviews.labels()
    case = await closed(world, order, "stray_label")
    assert case["answered_why"] == "it was voided"
    assert len(world.ledger(order, "shippo", "label_purchased")) == 2
    void = 1 if status == "ready_to_pack" else 2

    async def refunded() -> bool:
        return len(world.ledger(order, "shippo", "label_refunded")) == void

    await eventually(refunded, lambda: f"{order}: not {void} labels are void")


async def test_a_difference_counts_only_once_it_has_lasted(world: World) -> None:
    vendors = Vendors.of(world.settings, world.books)
    patient = Reviews(
        world.books,
        (vendors.payments_seen, vendors.payment),
        (vendors.labels_seen, vendors.courier),
        Rhythm(every=NONE, grace=timedelta(minutes=4)),
    )
    hold(world, "ord_nobody")
    await patient.money()
    await patient.money()
    assert world.books.cases.open_cases(None, order="ord_nobody") == ()
    vendors.close()
