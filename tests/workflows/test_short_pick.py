"""Step 6, where pieces are missing for good: what ships, what is charged, what the books say."""

from datetime import timedelta

import pytest

from cli import demo_orders
from sandbox.dues import due_for
from sandbox.judge import Ending
from tests.world import Json, World

BROKEN = "one broken"
SHIP, DROP, WAIT = ({"short_pick": way} for way in ("ship", "drop_line", "wait"))
MORE_THAN_PATIENCE = timedelta(days=2, minutes=1)


def two_lines(world: World, **more: object) -> Json:
    """Two mugs and a teapot."""
    rows = [
        demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890, discount=379),
        demo_orders.line("2", "TEAPOT", "Teapot", 1, 6900),
    ]
    number = str(world.body()["number"])
    return demo_orders.order(number, rows, demo_orders.card()) | more


async def pick(world: World, order: str, *counts: int) -> Json:
    """The warehouse reports so many pieces of each line."""
    handoff = (await world.view(order))["shipments"][0]["handoff"]
    lines = [
        {
            "line": line["line"],
            "sku": line["sku"],
            "quantity": count,
            "barcodes": line["barcodes"][:1] * count,
            **({"short": BROKEN} if count < line["quantity"] else {}),
        }
        for line, count in zip(
            sorted(handoff["lines"], key=lambda one: one["line"]), counts, strict=True
        )
    ]
    return await world.wms(f"{order}-s1", "picked", lines=lines)


async def begin(world: World, body: Json, *counts: int) -> str:
    """An order of which so many pieces were found."""
    order = await world.place(body)
    await world.until(order, "in_fulfilment")
    reply = await pick(world, order, *counts)
    assert reply["status"] == 202, reply
    return order


async def carry_on(world: World, order: str, to: str = "completed") -> Json:
    """Carry it on once its papers are printed; until then nobody picks it again."""
    await world.until(order, "ready_to_pack")
    return await world.carry(order, to)


def stock(view: Json, kind: str) -> dict[str, tuple[int, int]]:
    """What entries of a kind did to what is on hand and to what is promised."""
    found = [one for one in view["stock"] if one["kind"] == kind]
    return {one["sku"]: (one["on_hand"], one["reserved"]) for one in found}


def mail_text(world: World, subject: str) -> str:
    """The text of the one mail with this in its subject."""
    [mail] = [one for one in world.sandbox.mailbox() if subject in one["subject"]]
    return next(str(one["value"]) for one in mail["content"] if one["type"] == "text/plain")


async def sound(world: World, order: str) -> Json:
    """The order's page, once nothing is promised to it and the shop's books balance."""
    view = await world.view(order)
    assert sum(one["reserved"] for one in view["stock"]) == 0
    assert world.books.audits.audit(world.shop) == ()
    return view


def amounts(view: Json) -> dict[str, int]:
    names = ("authorized", "captured", "voided", "refunded")
    return {name: view["money"][name]["amount"] for name in names}


@pytest.mark.world(policy=SHIP)
async def test_what_is_there_ships_and_only_that_is_charged(world: World) -> None:
    body = two_lines(world)
    order = await begin(world, body, 1, 1)
    await carry_on(world, order)
    due = due_for(body, {"1": 1, "2": 1})
    assert due == 1890 - 190 + 6900 + 490
    await world.judged(order, Ending.COMPLETED, due)
    view = await sound(world, order)
    whole = body["total"]["gross"]
    assert amounts(view) == {
        "authorized": whole,
        "captured": due,
        "voided": whole - due,
        "refunded": 0,
    }
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}
    assert stock(view, "issue") == {"MUG-BLUE": (-1, -1), "TEAPOT": (-1, -1)}
    [written_off] = [one for one in view["stock"] if one["kind"] == "write_off"]
    assert (written_off["order"], BROKEN in written_off["note"]) == (order, True)
    events = (await world.api.get(f"/orders/{order}/events")).json()["events"]
    [told] = [one["detail"] for one in events if one["status"] == "picked"]
    assert told == f"missing: 1 of 2 x MUG-BLUE ({BROKEN})"
    told = mail_text(world, "on its way")
    assert "1 x Stoneware mug\n" in told
    assert "you were charged 90.90 EUR" in told


@pytest.mark.world(policy=DROP)
async def test_a_line_that_lacks_a_piece_is_left_out_and_its_good_pieces_are_free(
    world: World,
) -> None:
    body = two_lines(world)
    order = await begin(world, body, 1, 1)
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, due_for(body, {"2": 1}))
    view = await sound(world, order)
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}
    assert stock(view, "release") == {"MUG-BLUE": (0, -1)}
    assert stock(view, "issue") == {"TEAPOT": (-1, -1)}
    [back] = world.ledger(order, "wms", "put_back")
    assert back.data["lines"] == [{"line": "1", "sku": "MUG-BLUE", "quantity": 1}]


async def test_staff_are_asked_and_their_answer_is_done(world: World) -> None:
    body = two_lines(world)
    order = await begin(world, body, 1, 1)
    case = await world.until_case(order, "short_pick")
    assert case["answers"] == ["ship", "drop_line", "wait", "cancel"]
    assert f"1 of 2 x MUG-BLUE ({BROKEN})" in case["reason"]
    early = await world.wms(f"{order}-s1", "packed")
    assert early["status"] == 409
    assert "packing slip" in early["answer"]["detail"]
    assert (await world.answer(case, "drop_line")).is_success
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, due_for(body, {"2": 1}))
    await sound(world, order)


async def test_where_nobody_answers_what_is_there_ships(world: World) -> None:
    body = two_lines(world)
    order = await begin(world, body, 1, 0)
    case = await world.until_case(order, "short_pick")
    assert case["answers"] == ["ship", "wait", "cancel"]
    await world.fast_forward(order, MORE_THAN_PATIENCE)
    view = await carry_on(world, order)
    [closed] = [one for one in view["cases"] if one["kind"] == "short_pick"]
    assert (closed["answer"], closed["answered_by"]) == ("ship", "ordersaga")
    late = await world.answer(case, "cancel")
    assert late.status_code == 409
    await world.judged(order, Ending.COMPLETED, due_for(body, {"1": 1}))
    await sound(world, order)


@pytest.mark.world(policy=WAIT)
async def test_an_order_that_waits_is_picked_anew_and_charged_in_full(world: World) -> None:
    order = await begin(world, world.body(), 0)
    case = await world.until_case(order, "short_pick")
    assert case["answers"] == ["close"]
    assert (await pick(world, order, 2))["status"] == 202
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED)
    view = await sound(world, order)
    assert stock(view, "write_off") == {}
    assert [one["closed_at"] for one in view["cases"]].count(None) == 0


async def test_another_pick_answers_the_question(world: World) -> None:
    order = await begin(world, world.body(), 1)
    await world.until_case(order, "short_pick")
    assert (await pick(world, order, 2))["status"] == 202
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED)
    await sound(world, order)


@pytest.mark.world(policy=SHIP)
async def test_where_nothing_is_there_the_order_is_cancelled_and_the_customer_told(
    world: World,
) -> None:
    order = await begin(world, world.body(), 0)
    view = await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    assert [one["detail"] for one in view["transitions"] if one["status"] == "cancelling"] == [
        "the warehouse: nothing could be picked"
    ]
    assert stock(await sound(world, order), "write_off") == {"MUG-BLUE": (-2, -2)}
    assert "Nothing of it could be found" in mail_text(world, "is cancelled")


async def test_where_nothing_is_there_and_nobody_answers_it_is_cancelled(world: World) -> None:
    order = await begin(world, world.body(), 0)
    case = await world.until_case(order, "short_pick")
    assert case["answers"] == ["wait", "cancel"]
    await world.fast_forward(order, MORE_THAN_PATIENCE)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    assert stock(await sound(world, order), "write_off") == {"MUG-BLUE": (-2, -2)}


@pytest.mark.parametrize("policy", ["ask", "wait"])
async def test_a_cancel_meanwhile_promises_nobody_what_is_not_there(
    world: World, policy: str
) -> None:
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await pick(world, order, 1)
    case = await world.until_case(order, "short_pick")
    if policy == "wait":
        assert (await world.answer(case, "wait")).is_success
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    view = await sound(world, order)
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}
    assert stock(view, "release") == {"MUG-BLUE": (0, -1)}


@pytest.mark.world(policy=SHIP)
async def test_a_recall_gives_back_what_was_captured(world: World) -> None:
    order = await begin(world, world.body(), 1)
    await carry_on(world, order, "released")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED, 2380)
    assert (sums.captured, sums.refunded) == (2380, 2380)
    view = await sound(world, order)
    assert stock(view, "put_away") == {"MUG-BLUE": (1, 0)}
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}


@pytest.mark.world(policy=SHIP)
async def test_a_parcel_that_leaves_unreleased_is_captured_for_what_is_in_it(
    world: World,
) -> None:
    order = await begin(world, world.body(), 1)
    await carry_on(world, order, "ready_to_pack")
    await world.wms(f"{order}-s1", "handed_over")
    await world.until(order, "shipped")
    sums = await world.judged(order, Ending.OPEN, 2380, gone_told=True)
    assert (sums.captured, sums.let_go) == (2380, 1890)


@pytest.mark.world(policy=SHIP)
async def test_what_was_paid_to_the_channel_the_channel_owes(world: World) -> None:
    body = world.body(payment={"terms": "prepaid", "reference": "MP-1"})
    order = await begin(world, body, 1)
    await carry_on(world, order, "shipped")
    case = await world.until_case(order, "channel_owes")
    assert "18.90 EUR" in case["reason"]
    assert "MP-1" in case["reason"]
    mail = await world.until_mail_state(order, "shipped", "sent", "processed", "delivered")
    assert mail
    assert "18.90 EUR, is given back where you ordered" in mail_text(world, "on its way")


@pytest.mark.world(policy=DROP)
async def test_where_only_a_gift_is_left_all_the_money_is_let_go(world: World) -> None:
    rows = [
        demo_orders.line("1", "MUG-BLUE", "Stoneware mug", 2, 1890),
        demo_orders.line("2", "NOTEBOOK", "Notebook, with our thanks", 1, 0),
    ]
    number = str(world.body()["number"])
    body = demo_orders.order(number, rows, demo_orders.card(), shipping_price=0)
    order = await begin(world, body, 1, 1)
    await carry_on(world, order)
    sums = await world.judged(order, Ending.COMPLETED, 0)
    assert (sums.captured, sums.let_go) == (0, 3780)
    view = await sound(world, order)
    assert amounts(view) == {"authorized": 3780, "captured": 0, "voided": 3780, "refunded": 0}


@pytest.mark.world(policy=SHIP)
async def test_a_short_pick_that_is_told_twice_is_written_off_once(world: World) -> None:
    order = await begin(world, world.body(), 1)
    await world.until(order, "ready_to_pack")
    again = await pick(world, order, 1)
    assert again["status"] == 409
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, 2380)
    assert stock(await sound(world, order), "write_off") == {"MUG-BLUE": (-1, -1)}
