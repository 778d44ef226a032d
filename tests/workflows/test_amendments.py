"""An order is amended before it is picked: everything follows, or nothing is changed."""

import asyncio

import pytest
from sqlalchemy import text as sql

from sandbox.judge import Ending
from tests.amending import (
    LESS,
    LESS_DUE,
    MORE,
    MORE_DUE,
    amend,
    amendment,
    mugs,
    no_mugs,
    teapot,
)
from tests.workflows.test_authorization_life import kept, money, on_record
from tests.workflows.test_review_hold import decide
from tests.workflows.test_short_pick import mail_text
from tests.world import Json, World, eventually

PREPAID = {"terms": "prepaid", "reference": "MP-1"}


async def placed(world: World, payment: Json | None = None) -> str:
    """An order that the warehouse has, and nobody has begun to pick."""
    order = await world.place(world.body(payment=payment or kept()))
    await world.until(order, "in_fulfilment")
    return order


def reserved(view: Json) -> dict[str, int]:
    count: dict[str, int] = {}
    for one in view["stock"]:
        count[one["sku"]] = count.get(one["sku"], 0) + int(one["reserved"])
    return {sku: pieces for sku, pieces in count.items() if pieces}


async def events(world: World, order: str) -> list[str]:
    feed = (await world.api.get("/events", params={"after": 0})).json()
    return [one["type"] for one in feed["events"] if one["order"] == order]


def invoiced(world: World, order: str) -> list[int]:
    """What the order's invoices come to."""
    with world.books.database.reading() as connection:
        query = sql("SELECT net + tax FROM invoices WHERE order_id = :order")
        return [int(gross) for gross in connection.scalars(query, {"order": order})]


async def untouched(world: World, order: str) -> Json:
    """The order's page, on which nothing has changed but that an amendment was refused."""
    view = await world.view(order)
    assert reserved(view) == {"MUG-BLUE": 2}
    assert view["order"]["total"]["gross"] == 4270
    assert [one["refused"] != "" for one in view["amendments"]] == [True]
    assert world.ledger(order, "wms", "amended") == []
    assert (await events(world, order))[-1] == "order.amendment_refused"
    return view


async def as_before(world: World, order: str) -> None:
    """It is carried out as it was ordered, and charged so."""
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED)
    assert (sums.captured, sums.captures) == (4270, 1)
    assert reserved(await world.view(order)) == {}


async def test_what_is_more_is_held_told_to_the_warehouse_and_charged(world: World) -> None:
    order = await placed(world)
    answer = await amend(world, order, MORE)
    assert (answer.status_code, answer.json()["state"]) == (202, "applied"), answer.text
    (old, new) = await money(world, order, "authorization", 2)
    (let_go,) = await money(world, order, "void", 1)
    (told,) = world.ledger(order, "wms", "amended")
    assert (new.data["amount"], let_go.data["intent"]) == (MORE_DUE, old.data["intent"])
    assert new.seq < told.seq < let_go.seq
    await world.until_mail_state(order, "amended", "sent", "processed", "delivered")
    view = await world.view(order)
    assert reserved(view) == {"MUG-BLUE": 3, "TEAPOT": 1}
    assert [line["quantity"] for line in view["order"]["lines"]] == [3, 1]
    (shipment,) = view["shipments"]
    assert shipment["handoff"]["amendment"] == 1
    lines = {one["line"]: one["quantity"] for one in shipment["handoff"]["lines"]}
    assert lines == {"1": 3, "2": 1}
    (change,) = view["amendments"]
    assert (change["who"], change["why"]) == ("Ana, support", "the customer called")
    assert change["before"]["total"]["gross"] == 4270
    assert change["after"]["total"]["gross"] == MORE_DUE
    assert (await events(world, order))[-1] == "order.amended"
    found = (await world.api.get("/orders", params={"q": "TEAPOT"})).json()["orders"]
    assert order in [one["order_id"] for one in found]
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, MORE_DUE)
    assert (sums.captured, sums.captures, sums.mails["amended"]) == (MORE_DUE, 1, 1)
    assert invoiced(world, order) == [MORE_DUE]
    text = mail_text(world, "was changed")
    assert text.index("2 x Stoneware mug") < text.index("3 x Stoneware mug")
    assert text.index("42.70 EUR") < text.index("1 x Cast-iron teapot") < text.index("130.60 EUR")
    (packed,) = world.ledger(order, "wms", "packed")
    (parcel,) = packed.data["parcels"]
    assert {one["line"]: one["quantity"] for one in parcel["lines"]} == {"1": 3, "2": 1}
    assert reserved(await world.view(order)) == {}
    assert await on_record(world, order) == (4270 + MORE_DUE, 4270, MORE_DUE)


async def test_where_it_costs_less_the_hold_stays_and_less_is_taken(world: World) -> None:
    order = await placed(world, world.body()["payment"])
    assert (await amend(world, order, LESS)).json()["state"] == "applied"
    assert reserved(await world.view(order)) == {"MUG-BLUE": 1}
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, LESS_DUE)
    assert (sums.authorized, sums.captured, sums.let_go) == (4270, LESS_DUE, 4270 - LESS_DUE)
    assert invoiced(world, order) == [LESS_DUE]
    view = await world.view(order)
    assert reserved(view) == {}
    assert -sum(int(one["on_hand"]) for one in view["stock"]) == 1


async def test_before_the_handoff_it_is_applied_at_once(world: World) -> None:
    payment = kept("pm_card_riskLevelElevated")
    order = await world.place(world.body(payment=payment))
    await world.until(order, "in_review")
    case = await world.until_case(order, "review")
    body = amendment([no_mugs(), teapot(quantity=2)], [2 * 6900])
    assert (await amend(world, order, body)).json()["state"] == "applied"
    assert world.ledger(order, "wms") == []
    assert reserved(await world.view(order)) == {"TEAPOT": 2}
    assert (await decide(world, case, "release")).is_success
    await world.carry(order)
    sums = await world.judged(order, Ending.COMPLETED, 2 * 6900 + 490)
    assert sums.captures == 1
    (accepted,) = world.ledger(order, "wms", "handoff_accepted")
    assert [one["sku"] for one in accepted.data["lines"]] == ["TEAPOT"]


async def test_a_warehouse_that_has_begun_to_pick_refuses_and_nothing_is_changed(
    world: World,
) -> None:
    order = await placed(world)
    world.sandbox.fault("wms", "amendment", "refuse")
    answer = await amend(world, order, MORE)
    assert answer.status_code == 409
    assert "being picked" in answer.text
    (old, new) = await money(world, order, "authorization", 2)
    (let_go,) = await money(world, order, "void", 1)
    assert let_go.data["intent"] == new.data["intent"] != old.data["intent"]
    await untouched(world, order)
    await as_before(world, order)
    assert await on_record(world, order) == (4270 + MORE_DUE, MORE_DUE, 4270)


async def test_a_warehouse_that_takes_no_amendments_refuses_them(world: World) -> None:
    order = await placed(world)
    world.sandbox.fault("wms", "amendment", "http_error", status=404)
    answer = await amend(world, order, LESS)
    assert answer.status_code == 409
    await untouched(world, order)
    await as_before(world, order)


async def test_too_few_pieces_are_a_refusal_before_any_money_moves(world: World) -> None:
    order = await placed(world)
    answer = await amend(world, order, amendment([teapot(quantity=13)], [2 * 1890, 13 * 6900]))
    assert answer.status_code == 409
    assert "TEAPOT: 13 more wanted, 12 available" in answer.text
    assert len(world.ledger(order, "stripe", "authorization")) == 1
    await untouched(world, order)
    await as_before(world, order)


async def test_a_bank_that_holds_no_more_refuses_and_the_goods_are_free(world: World) -> None:
    order = await placed(world)
    world.sandbox.fault("stripe", "authorize", "decline", nth=None, times=None)
    answer = await amend(world, order, MORE)
    assert answer.status_code == 409
    assert "declined" in answer.text
    await untouched(world, order)
    assert world.ledger(order, "stripe", "void") == []
    await as_before(world, order)


async def test_a_method_that_was_not_kept_holds_no_more(world: World) -> None:
    order = await placed(world, world.body()["payment"])
    answer = await amend(world, order, MORE)
    assert answer.status_code == 409
    assert "another order" in answer.text
    await untouched(world, order)
    await as_before(world, order)


async def test_what_a_channel_was_paid_cannot_rise_and_what_falls_it_owes(world: World) -> None:
    order = await placed(world, PREPAID)
    answer = await amend(world, order, MORE)
    assert answer.status_code == 409
    assert "have the channel take it" in answer.text
    assert (await world.view(order))["amendments"] == []
    assert (await amend(world, order, LESS | {"key": "k2"})).json()["state"] == "applied"
    case = await world.until_case(order, "channel_owes")
    assert "18.90 EUR" in case["reason"]
    assert (await world.answer(case, "close")).is_success
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, 0, charged_here=False)


async def test_the_same_again_is_answered_the_same_and_a_stale_one_with_what_differs(
    world: World,
) -> None:
    order = await placed(world)
    first = await amend(world, order, LESS)
    again = await amend(world, order, LESS)
    assert first.json() == again.json()
    other = await amend(world, order, LESS | {"why": "another reason"})
    assert other.status_code == 409
    stale = await amend(world, order, amendment([teapot()], [1890, 6900], key="k2"))
    assert stale.status_code == 409
    assert "1 x MUG-BLUE (line 1) instead of 2" in stale.text
    fresh = amendment([teapot()], [1890, 6900], key="k3", version=1)
    assert (await amend(world, order, fresh)).json()["version"] == 2
    view = await world.view(order)
    assert len(view["amendments"]) == 2
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, 1890 + 6900 + 490)


async def test_of_two_at_once_one_is_made(world: World) -> None:
    order = await placed(world)
    bodies = [amendment([mugs(n)], [n * 1890], key=f"k{n}") for n in (1, 3)]
    answers = await asyncio.gather(*(amend(world, order, body) for body in bodies))
    assert sorted(one.status_code for one in answers) == [202, 409]
    made = next(one for one in answers if one.is_success)
    due = 490 + 1890 * (1 if made is answers[0] else 3)
    await world.carry(order)
    await world.judged(order, Ending.COMPLETED, due)


@pytest.mark.parametrize("to", ["ready_to_pack", "released", "completed"])
async def test_what_is_picked_stays_as_it_is(world: World, to: str) -> None:
    order = await placed(world)
    await world.carry(order, to)
    answer = await amend(world, order, LESS)
    assert answer.status_code == 409
    assert "Picking has begun" in answer.text or "has ended" in answer.text
    assert (await world.view(order))["amendments"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (amendment([no_mugs()], []), "cancel it instead"),
        (amendment([mugs(0)], [0]), "remove the line"),
        (amendment([{"remove": "9"}], [2 * 1890]), "no line 9"),
        (amendment([mugs(2)], [2 * 1890]), "already"),
        (amendment([mugs(3)], [2 * 1890]), "add up to"),
        (amendment([mugs(3), no_mugs()], [3 * 1890]), "altered twice"),
        (amendment([teapot("1")], [2 * 1890, 6900]), "another line"),
    ],
)
async def test_what_cannot_be_is_said_in_words_and_not_even_tried(
    world: World, body: Json, words: str
) -> None:
    order = await placed(world)
    answer = await amend(world, order, body)
    assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert (await world.view(order))["amendments"] == []


async def test_a_cancel_meanwhile_undoes_all_of_it(world: World) -> None:
    order = await placed(world)
    held = world.sandbox.fault("wms", "amendment", "drop_before", nth=None, times=None)
    asked = asyncio.create_task(amend(world, order, MORE))

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, held)

    await eventually(fired, lambda: "the warehouse is not asked")
    await world.cancel(order)
    await asyncio.to_thread(world.sandbox.clear_faults)
    await asked
    view = await world.until(order, "cancelled")
    assert reserved(view) == {}
    sums = await world.judged(order, Ending.CANCELLED, MORE_DUE)
    assert (sums.captured, sums.held) == (0, 0)


async def test_a_cancel_after_it_gives_everything_back(world: World) -> None:
    order = await placed(world)
    assert (await amend(world, order, MORE)).json()["state"] == "applied"
    await world.carry(order, "ready_to_pack")
    await world.cancel(order)
    view = await world.until(order, "cancelled")
    assert reserved(view) == {}
    sums = await world.judged(order, Ending.CANCELLED, MORE_DUE)
    assert (sums.captured, sums.held, sums.labels_live) == (0, 0, 0)


async def test_a_pick_that_comes_while_it_is_made_is_read_after_it(world: World) -> None:
    order = await placed(world)
    held = world.sandbox.fault("stripe", "authorize", "drop_before", nth=None, times=3)
    asked = asyncio.create_task(amend(world, order, MORE))

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, held)

    await eventually(fired, lambda: "the bank is not asked")
    await world.wms(f"{order}-s1", "picked")
    answer = await asked
    assert answer.status_code == 409
    assert "Picking has begun" in answer.text
    view = await world.until(order, "ready_to_pack")
    assert view["order"]["total"]["gross"] == 4270
    assert reserved(view) == {}
    await as_before(world, order)
