"""Step 2 by bank transfer: in full, in parts, too much, too late, under a wrong reference; never
kept without goods, and never sent back twice."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from backoffice.cases import CaseOnRecord
from domain.creditor_reference import creditor_reference
from sandbox.judge import Ending
from tests.workflows.refunding import goodwill, pressed, until_refund
from tests.world import Json, World, eventually

DUE = 4270
TOO_LATE = timedelta(days=7, minutes=1)


async def wait(world: World, **more: Any) -> str:
    order = await world.place(world.body(payment={"terms": "transfer"}, **more))
    await world.until(order, "awaiting_payment")
    await mails(world, order, 1)
    return order


def pay(world: World, order: str, amount: int, reference: str | None = None, **more: Any) -> Json:
    """The customer transfers; by default under the reference that they were given."""
    known = creditor_reference(order) if reference is None else reference
    return world.sandbox.transfer(known, amount, order=order, **more)


async def mails(world: World, order: str, count: int) -> list[Json]:
    """Wait for so many mails that ask for money."""

    async def there() -> list[Json] | None:
        found = world.sandbox.mailbox(order=order, kind="payment_needed")
        return found if len(found) == count else None

    return await eventually(there, lambda: f"{order} was not asked for its money {count} times")


def text_of(mail: Json) -> str:
    return next(str(one["value"]) for one in mail["content"] if one["type"] == "text/plain")


def back(world: World, order: str) -> list[int]:
    """What the bank sent back for an order."""
    return [int(one.data["amount"]) for one in world.ledger(order, "bank", "sent_back")]


async def until_back(world: World, order: str, *amounts: int) -> None:
    """Wait until just these sums went back."""

    async def there() -> bool:
        return sorted(back(world, order)) == sorted(amounts)

    await eventually(there, lambda: f"{back(world, order)} went back, not {amounts}")


async def sound(world: World, order: str, ending: Ending, due: int = DUE) -> None:
    """What came less what went back is the value of what shipped, at the bank and on record."""
    await world.judged(order, ending, due, by_transfer=True)
    totals = world.books.money.totals(order, "EUR")
    assert totals.authorized - totals.voided == totals.captured
    assert totals.settled.amount == (due if ending is Ending.COMPLETED else 0)


async def test_the_customer_is_told_whereto_and_the_whole_sum_pays(world: World) -> None:
    order = await wait(world)
    (mail,) = await mails(world, order, 1)
    reference = creditor_reference(order)
    words = text_of(mail).replace(" ", "")
    assert f"Reference:{reference}" in words
    assert "Amount:42.70EUR" in words
    assert "Account(IBAN):DE02120300000000202051" in words
    pay(world, order, DUE)
    await world.carry(order)
    await sound(world, order, Ending.COMPLETED)
    assert back(world, order) == []


async def test_parts_are_added_up_and_what_is_missing_is_told_once(world: World) -> None:
    order = await wait(world)
    pay(world, order, 1000)
    (_, second) = await mails(world, order, 2)
    assert "10.00 EUR have arrived" in text_of(second)
    assert "Amount: 32.70 EUR" in text_of(second)
    assert await world.status(order) == "awaiting_payment"
    pay(world, order, 1270)
    pay(world, order, 2000)
    await world.carry(order)
    await sound(world, order, Ending.COMPLETED)
    await mails(world, order, 2)


async def test_a_surplus_goes_back_and_the_order_ships(world: World) -> None:
    order = await wait(world)
    pay(world, order, DUE + 730)
    await until_back(world, order, 730)
    await world.carry(order)
    await sound(world, order, Ending.COMPLETED)


async def test_who_pays_twice_gets_the_second_payment_back(world: World) -> None:
    order = await wait(world)
    pay(world, order, DUE)
    await world.until(order, "in_fulfilment")
    pay(world, order, DUE, account="DE11520513735120710131")
    await until_back(world, order, DUE)
    await world.carry(order)
    await sound(world, order, Ending.COMPLETED)


async def test_a_reference_among_other_words_is_found(world: World) -> None:
    order = await wait(world)
    written = creditor_reference(order).lower()
    words = f"order from tea shop, {written[:4]} {written[4:12]}-{written[12:]} thanks"
    pay(world, order, DUE, "", text=words)
    await world.carry(order)
    await sound(world, order, Ending.COMPLETED)


async def test_nobody_who_pays_in_time_ends_it_and_a_part_goes_back(world: World) -> None:
    order = await wait(world)
    pay(world, order, 1500)
    await mails(world, order, 2)
    await world.fast_forward(order, TOO_LATE)
    view = await world.until(order, "declined")
    assert sum(one["reserved"] for one in view["stock"]) == 0
    await until_back(world, order, 1500)
    await sound(world, order, Ending.DECLINED)


async def test_who_has_not_paid_is_reminded_once_before_the_day(world: World) -> None:
    order = await wait(world)
    await world.fast_forward(order, timedelta(days=5, minutes=1))
    await mails(world, order, 2)
    await world.fast_forward(order, timedelta(days=1))
    pay(world, order, DUE)
    await world.until(order, "in_fulfilment")
    await mails(world, order, 2)


async def test_what_comes_after_the_day_goes_back(world: World) -> None:
    order = await wait(world)
    await world.fast_forward(order, TOO_LATE)
    await world.until(order, "declined")
    pay(world, order, DUE)
    await until_back(world, order, DUE)
    await sound(world, order, Ending.DECLINED)


async def test_another_currency_goes_back_and_pays_nothing(world: World) -> None:
    order = await wait(world)
    pay(world, order, DUE, currency="USD")
    pay(world, order, DUE)
    await world.carry(order)
    await until_back(world, order, DUE)
    (sent,) = world.ledger(order, "bank", "sent_back")
    assert sent.data["currency"] == "USD"


async def test_a_webhook_that_is_lost_delays_nothing_but_the_next_look(world: World) -> None:
    order = await wait(world)
    world.sandbox.configure(bank={"webhook_url": None})
    pay(world, order, DUE)
    await world.environment.fast_forward(world.handle(order), timedelta(days=1, minutes=1))
    await world.until(order, "in_fulfilment")


async def test_a_cancel_while_it_waits_gives_back_what_has_come(world: World) -> None:
    order = await wait(world)
    pay(world, order, 1000)
    await mails(world, order, 2)
    await world.cancel(order)
    await world.until(order, "cancelled")
    await until_back(world, order, 1000)
    await sound(world, order, Ending.CANCELLED)


async def test_a_cancel_before_it_ships_gives_all_of_it_back_once(world: World) -> None:
    order = await wait(world)
    pay(world, order, 2000, account="DE11520513735120710131")
    pay(world, order, DUE - 2000)
    await world.carry(order, "ready_to_pack")
    world.sandbox.fault("bank", "transfer", "drop_after", order=order)
    await world.cancel(order)
    await world.until(order, "cancelled")
    await until_back(world, order, 2000, DUE - 2000)
    await sound(world, order, Ending.CANCELLED)


async def test_a_recall_gives_back_what_was_settled(world: World) -> None:
    order = await wait(world)
    pay(world, order, DUE)
    await world.carry(order, "released")
    await world.cancel(order)
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    await until_back(world, order, DUE)
    await sound(world, order, Ending.CANCELLED)


async def test_a_closed_account_becomes_a_case(world: World) -> None:
    order = await wait(world)
    pay(world, order, DUE, account="DE11520513735120710131")
    await world.until(order, "in_fulfilment")
    world.sandbox.close_account("DE11520513735120710131")
    await world.cancel(order)
    case = await world.until_case(order, "refused_by_provider")
    assert "the receiving account is closed" in case["reason"]
    world.sandbox.close_account("DE11520513735120710131", closed=False)
    assert (await world.answer(case, "retry")).is_success
    await world.until(order, "cancelled")
    await until_back(world, order, DUE)
    await sound(world, order, Ending.CANCELLED)


async def stray(world: World, booking: Json) -> Json:
    """What whoever looks after the installation sees of money that nobody owns."""

    async def there() -> Json | None:
        found = (await world.admin.get("/transfers/strays")).json()["transfers"]
        return next((one for one in found if one["booking"] == booking["id"]), None)

    return await eventually(there, lambda: f"{booking['id']} is not among the strays")


def case_about(world: World, booking: Json) -> CaseOnRecord:
    found = world.books.cases.case(f"booking:{booking['id']}")
    assert found is not None
    return found


async def answer(world: World, booking: Json, **body: Any) -> httpx.Response:
    known = {"who": "Ana, support", "why": "a test", **body}
    return await world.admin.post(f"/transfers/strays/{booking['id']}/answer", json=known)


async def test_a_wrong_reference_waits_for_staff_who_say_whose_it_is(world: World) -> None:
    order = await wait(world)
    card = await world.place()
    booking = pay(world, order, DUE, "RF18539007547034", text="Mia, mugs")
    assert (await stray(world, booking))["money"] == {"amount": DUE, "currency": "EUR"}
    case = case_about(world, booking)
    assert "42.70 EUR" in case.case.reason
    assert "Mia" not in case.case.reason
    for whose in ("", "ord_nobody", card):
        refused = await answer(world, booking, answer="accept", order=whose)
        assert refused.status_code == 422, refused.text
    said = await answer(world, booking, answer="accept", order=order)
    assert said.is_success, said.text
    await world.carry(order)
    await sound(world, order, Ending.COMPLETED)
    again = await answer(world, booking, answer="reject")
    assert again.status_code == 409
    given = case_about(world, booking).answer
    assert given is not None
    assert given.who == "Ana, support"


async def test_money_that_is_nobody_s_goes_back_when_staff_say_so(world: World) -> None:
    order = await wait(world)
    booking = pay(world, order, 999, "", text="thank you!")
    await stray(world, booking)
    assert (await answer(world, booking, answer="reject")).is_success
    await until_back(world, order, 999)
    assert await world.status(order) == "awaiting_payment"


async def test_money_that_nobody_says_anything_about_goes_back(world: World) -> None:
    order = await wait(world)
    booking = pay(world, order, 999, "")
    await stray(world, booking)
    with world.books.database.transaction() as connection:
        connection.execute(text("UPDATE bookings SET seen_at = seen_at - interval '15 days'"))
    await until_back(world, order, 999)
    given = case_about(world, booking).answer
    assert given is not None
    assert given.who == "ordersaga"


async def test_another_method_is_refused_with_words(world: World) -> None:
    order = await wait(world)
    offer = {"terms": "authorize", "payment_method": "pm_card_visa"}
    refused = await world.api.post(f"/orders/{order}/payment-method", json=offer)
    assert refused.status_code == 409
    assert "paid by bank transfer" in refused.text
    assert "UPDATE" not in (await world.handle(order).fetch_history()).to_json()


@pytest.mark.world(policy={"transfer_within": "P1D", "transfer_reminder": "PT0S"})
async def test_a_shop_may_leave_less_time_and_remind_nobody(world: World) -> None:
    order = await wait(world)
    await world.fast_forward(order, timedelta(days=1, minutes=1))
    await world.until(order, "declined")
    await mails(world, order, 1)


async def test_what_staff_give_back_goes_by_transfer_as_well(world: World) -> None:
    order = await wait(world)
    pay(world, order, DUE)
    await world.carry(order, "shipped")
    await pressed(world, order, goodwill(500))
    refund = await until_refund(world, order, "succeeded")
    (part,) = refund["parts"]
    assert part["money"] == {"amount": 500, "currency": "EUR"}
    assert [one.data["transfer"] for one in world.ledger(order, "bank", "sent_back")] == [
        part["reference"]
    ]
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, DUE - 500, by_transfer=True)
    assert back(world, order) == [500]
