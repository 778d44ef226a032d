"""Step 6, where something else goes in place of what is missing: asked, picked and charged."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from sandbox.judge import Ending
from tests.workflows.test_bad_updates import refusal, updates_in_history
from tests.workflows.test_short_pick import (
    begin,
    carry_on,
    mail_text,
    pick,
    sound,
    stock,
    two_lines,
)
from tests.world import Json, World, eventually

SUBSTITUTE: Json = {"short_pick": "substitute"}
WHO: Json = {"who": "Ana, support", "why": "by telephone"}
RED = {
    "sku": "MUG-RED",
    "name": "Red mug",
    "barcodes": ["4006381333948"],
    "weight_grams": 420,
    "bin": "A-03-4",
    "hs_code": "691110",
    "origin": "PT",
}
BLUE = {
    "sku": "MUG-BLUE",
    "name": "Stoneware mug",
    "barcodes": ["4006381333931"],
    "weight_grams": 350,
    "bin": "A-03-2",
    "hs_code": "691200",
    "origin": "DE",
}
LATER = timedelta(days=1, minutes=1)


async def sell(world: World, pieces: int = 10, price: int | None = None, **blue: Any) -> None:
    """The shop sells red mugs as well, and says that they may go in place of blue ones."""
    red = RED | ({} if price is None else {"prices": {"EUR": price}})
    products = [red, BLUE | {"substitutes": ["MUG-RED"]} | blue]
    put = await world.admin.put(f"/shops/{world.shop}/products", json={"products": products})
    assert put.is_success, put.text
    if pieces:
        await receive(world, "MUG-RED", pieces)


async def receive(world: World, sku: str, pieces: int) -> None:
    answer = await world.admin.post(
        f"/shops/{world.shop}/stock.csv",
        content=f"sku,quantity\n{sku},{pieces}\n",
        headers={"content-type": "text/csv", "Idempotency-Key": f"{sku}-{pieces}"},
    )
    assert answer.is_success, answer.text


async def asked(world: World, found: int = 1, body: Json | None = None) -> str:
    """An order of two blue mugs of which so many were found; its customer is asked."""
    order = await begin(world, body or world.body(), found)
    await world.until_case(order, "substitution")
    return order


async def offers(world: World, order: str) -> list[Json]:
    return (await world.view(order))["substitutions"]


async def say(world: World, order: str, answer: str, offer: str | None = None) -> Any:
    name = offer or (await offers(world, order))[-1]["id"]
    path = f"/orders/{order}/substitutions/{name}/answer"
    return await world.api.post(path, json=WHO | {"answer": answer})


async def pick_by_now(world: World, order: str, found: Mapping[str, int] | None = None) -> Json:
    """The warehouse picks by the handoff as it is amended, all of it unless said otherwise."""
    handoff = (await world.view(order))["shipments"][0]["handoff"]
    lines = [
        {
            "line": line["line"],
            "sku": line["sku"],
            "quantity": (there := (found or {}).get(line["sku"], line["quantity"])),
            "barcodes": line["barcodes"][:1] * there,
            **({"short": "broken"} if there < line["quantity"] else {}),
        }
        for line in handoff["lines"]
    ]
    return await world.wms(f"{order}-s1", "picked", lines=lines)


async def amended(world: World, order: str) -> Json:
    """The handoff, once the warehouse was told of a change."""

    async def told() -> bool:
        return bool(world.ledger(order, "wms", "replaced"))

    await eventually(told, lambda: f"{order}: the warehouse was not told")
    handoff: Json = (await world.view(order))["shipments"][0]["handoff"]
    return handoff


async def goes_out(world: World, order: str, due: int, to: str = "completed") -> Json:
    """Picked by the amendment, packed, paid and sent."""
    await amended(world, order)
    reply = await pick_by_now(world, order)
    assert reply["status"] == 202, reply
    await world.until(order, "ready_to_pack")
    await world.carry(order, to)
    await world.judged(order, Ending.COMPLETED if to == "completed" else Ending.OPEN, due)
    return await sound(world, order)


def page_of(world: World, place: int = 0) -> str:
    """The address of the customer's page, from one of the mails."""
    mails = [one for one in world.sandbox.mailbox() if "something else" in one["subject"]]
    content = mails[place]["content"]
    text = next(str(one["value"]) for one in content if one["type"] == "text/plain")
    return next(word for word in text.split() if "/substitutions/" in word)


@pytest.mark.world(policy=SUBSTITUTE)
async def test_what_the_customer_takes_is_picked_shipped_and_charged(world: World) -> None:
    await sell(world)
    order = await asked(world)
    [offer] = await offers(world, order)
    assert (offer["state"], offer["token"]) == ("offered", "")
    assert offer["substitute"]["sku"] == "MUG-RED"
    assert (await say(world, order, "accept")).status_code == 202
    view = await goes_out(world, order, 4270)
    assert stock(view, "issue") == {"MUG-BLUE": (-1, -1), "MUG-RED": (-1, -1)}
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}
    assert [one["state"] for one in view["substitutions"]] == ["accepted"]
    told = mail_text(world, "on its way")
    assert "1 x Red mug" in told
    assert "could not be found" not in told


@pytest.mark.parametrize(("price", "due"), [(1500, 1890 + 1500 + 490), (9900, 4270)])
@pytest.mark.world(policy=SUBSTITUTE)
async def test_the_lower_price_counts_and_a_dearer_one_costs_no_more(
    world: World, price: int, due: int
) -> None:
    await sell(world, price=price)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    view = await goes_out(world, order, due)
    assert view["money"]["captured"]["amount"] == due
    [sub] = view["order"]["substitutes"]
    assert (sub["gross"], sub["instead_of"]) == (min(price, 1890), "1")


@pytest.mark.world(policy=SUBSTITUTE | {"substitute_price": "as_ordered"})
async def test_by_policy_it_costs_what_was_ordered(world: World) -> None:
    await sell(world, price=1500)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await goes_out(world, order, 4270)


@pytest.mark.world(policy=SUBSTITUTE)
async def test_refused_its_goods_are_free_and_what_is_there_ships(world: World) -> None:
    await sell(world)
    order = await asked(world)
    assert world.books.stock.level(world.shop, "MUG-RED").reserved == 1
    assert (await say(world, order, "refuse")).is_success
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, 2380)
    view = await sound(world, order)
    assert stock(view, "release") == {"MUG-RED": (0, -1)}
    assert [one["state"] for one in view["substitutions"]] == ["refused"]
    assert world.ledger(order, "wms", "replaced") == []


@pytest.mark.world(policy=SUBSTITUTE)
async def test_nobody_answers_and_what_is_there_ships(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.fast_forward(order, LATER)
    view = await carry_on(world, order)
    assert [one["state"] for one in view["substitutions"]] == ["unanswered"]
    [case] = [one for one in view["cases"] if one["kind"] == "substitution"]
    assert (case["answer"], case["answered_by"]) == ("refuse", "ordersaga")
    await world.judged(order, Ending.COMPLETED, 2380)
    await sound(world, order)


@pytest.mark.world(policy=SUBSTITUTE | {"substitute_unanswered": "drop_line"})
async def test_nobody_answers_and_the_line_is_left_out(world: World) -> None:
    await sell(world)
    order = await begin(world, two_lines(world), 1, 1)
    await world.until_case(order, "substitution")
    await world.fast_forward(order, LATER)
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, 6900 + 490)
    assert stock(await sound(world, order), "issue") == {"TEAPOT": (-1, -1)}


@pytest.mark.world(policy=SUBSTITUTE | {"substitute_unanswered": "wait"})
async def test_nobody_answers_and_another_pick_is_waited_for(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.fast_forward(order, LATER)
    await world.until_case(order, "short_pick")
    assert (await pick(world, order, 2))["status"] == 202
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED)
    await sound(world, order)


@pytest.mark.world(policy=SUBSTITUTE | {"substitute_unanswered": "cancel"})
async def test_nobody_answers_and_the_order_is_cancelled(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.fast_forward(order, LATER)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    view = await sound(world, order)
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}
    assert "could not be found" in mail_text(world, "is cancelled")


@pytest.mark.world(policy=SUBSTITUTE)
async def test_the_customers_page_shows_both_and_takes_one_answer(world: World) -> None:
    await sell(world, price=1500)
    order = await asked(world)
    await world.until_mail_state(order, "substitution", "sent", "processed", "delivered")
    address = page_of(world)
    nobody = {"X-API-Key": ""}
    for _ in range(2):
        seen = await world.api.get(address, headers=nobody)
        assert seen.status_code == 200
        assert all(w in seen.text for w in ("Stoneware mug", "Red mug", "18.90 EUR", "15.00 EUR"))
        assert seen.headers["referrer-policy"] == "no-referrer"
    assert (await world.api.post(address, headers=nobody, data={"answer": "x"})).status_code == 422
    assert [one["state"] for one in await offers(world, order)] == ["offered"]
    other = await world.api.get(f"{address[:-1]}{'a' if address[-1] != 'a' else 'b'}")
    assert other.status_code == 404
    said = await world.api.post(address, headers=nobody, data={"answer": "accept"})
    assert said.status_code == 200
    assert "this comes instead" in said.text
    again = await world.api.post(address, headers=nobody, data={"answer": "refuse"})
    assert again.status_code == 409
    await goes_out(world, order, 1890 + 1500 + 490)
    assert "this comes instead" in (await world.api.get(address)).text


@pytest.mark.world(policy=SUBSTITUTE)
async def test_an_answer_to_nothing_a_second_and_a_late_one_are_refused_with_words(
    world: World,
) -> None:
    await sell(world)
    order = await asked(world)
    reply = WHO | {"substitution": f"{order}-s1-x1", "answer": "accept"}
    words = await refusal(world, order, "answer_substitution", reply | {"substitution": "none"})
    assert "has no substitution none" in words
    assert (await say(world, order, "accept", "none")).status_code == 404
    assert await updates_in_history(world, order) == []
    assert (await say(world, order, "refuse")).is_success
    await world.until(order, "ready_to_pack")
    assert "was refused already" in await refusal(world, order, "answer_substitution", reply)
    late = await say(world, order, "accept")
    assert (late.status_code, "was refused already" in late.text) == (409, True)
    assert await updates_in_history(world, order) == ["answer_substitution"]


@pytest.mark.world(policy=SUBSTITUTE)
async def test_an_answer_after_its_time_is_refused_with_words(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.fast_forward(order, LATER)
    await world.until(order, "ready_to_pack")
    late = await say(world, order, "accept")
    assert (late.status_code, "is open no longer: it is unanswered" in late.text) == (409, True)


@pytest.mark.parametrize("place", ["order", "line"])
@pytest.mark.world(policy=SUBSTITUTE)
async def test_who_welcomed_it_at_checkout_is_not_asked(world: World, place: str) -> None:
    await sell(world)
    body = world.body()
    (body if place == "order" else body["lines"][0])["substitutions_welcome"] = True
    order = await begin(world, body, 1)
    view = await goes_out(world, order, 4270)
    assert [one["kind"] for one in view["mails"]].count("substitution") == 0
    assert view["cases"] == []


@pytest.mark.world(policy=SUBSTITUTE | {"ask_despite_welcome": True})
async def test_by_policy_who_welcomed_it_is_asked_all_the_same(world: World) -> None:
    await sell(world)
    await asked(world, body=world.body(substitutions_welcome=True))


@pytest.mark.parametrize(("answer", "due"), [("accept", 4270), ("refuse", 2380)])
@pytest.mark.world(policy=SUBSTITUTE)
async def test_staff_answer_for_the_customer_with_who_and_why(
    world: World, answer: str, due: int
) -> None:
    await sell(world)
    order = await asked(world)
    case = await world.until_case(order, "substitution")
    assert case["answers"] == ["accept", "refuse"]
    assert (await world.answer(case, answer)).is_success
    if answer == "accept":
        await goes_out(world, order, due)
    else:
        await carry_on(world, order)
        await world.judged(order, Ending.COMPLETED, due)
    state = {"accept": "accepted", "refuse": "refused"}[answer]
    assert [one["state"] for one in await offers(world, order)] == [state]


@pytest.mark.world(policy=SUBSTITUTE)
async def test_a_cancel_while_the_customer_thinks_lets_go_of_everything(world: World) -> None:
    await sell(world)
    order = await asked(world)
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    view = await sound(world, order)
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1)}
    assert stock(view, "release") == {"MUG-RED": (0, -1), "MUG-BLUE": (0, -1)}
    assert [one["state"] for one in view["substitutions"]] == ["withdrawn"]
    assert (await say(world, order, "accept")).status_code == 409


@pytest.mark.world(policy=SUBSTITUTE)
async def test_a_cancel_before_it_is_picked_takes_back_what_was_accepted(world: World) -> None:
    await sell(world)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await amended(world, order)
    await world.cancel(order)
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    await sound(world, order)
    assert world.books.stock.level(world.shop, "MUG-RED").available == 10


@pytest.mark.world(policy=SUBSTITUTE)
async def test_a_recall_gives_back_what_was_captured_and_puts_both_away(world: World) -> None:
    await sell(world, price=1500)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await goes_out(world, order, 3880, "released")
    await world.cancel(order)
    await world.until(order, "recalling")
    await world.wms(f"{order}-s1", "recall_result", outcome="pulled")
    await world.until(order, "cancelled")
    sums = await world.judged(order, Ending.CANCELLED, 3880)
    assert (sums.captured, sums.refunded) == (3880, 3880)
    view = await sound(world, order)
    assert stock(view, "put_away") == {"MUG-BLUE": (1, 0), "MUG-RED": (1, 0)}


@pytest.mark.world(policy=SUBSTITUTE)
async def test_what_is_found_meanwhile_is_sent_as_it_was_ordered(world: World) -> None:
    await sell(world)
    order = await asked(world)
    assert (await pick(world, order, 2))["status"] == 202
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED)
    view = await sound(world, order)
    assert [one["state"] for one in view["substitutions"]] == ["withdrawn"]
    assert stock(view, "issue") == {"MUG-BLUE": (-2, -2)}


@pytest.mark.world(policy=SUBSTITUTE)
async def test_a_substitute_that_is_not_there_either_falls_back_to_the_rule(world: World) -> None:
    await sell(world)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await amended(world, order)
    assert (await pick_by_now(world, order, {"MUG-RED": 0}))["status"] == 202
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, 2380)
    view = await sound(world, order)
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1), "MUG-RED": (-1, -1)}


@pytest.mark.world(policy=SUBSTITUTE)
async def test_where_nothing_fits_the_rule_holds_at_once_and_nobody_is_asked(world: World) -> None:
    await sell(world, pieces=0)
    order = await begin(world, world.body(), 1)
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, 2380)
    view = await sound(world, order)
    assert view["substitutions"] == []
    assert "substitution" not in [one["kind"] for one in view["mails"]]


@pytest.mark.world(policy=SUBSTITUTE)
async def test_a_warehouse_that_takes_no_changes_sends_what_is_there(world: World) -> None:
    await sell(world)
    world.sandbox.fault("wms", "replace", "http_error", status=404)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await carry_on(world, order)
    await world.judged(order, Ending.COMPLETED, 2380)
    view = await sound(world, order)
    assert [one["state"] for one in view["substitutions"]] == ["withdrawn"]
    assert stock(view, "issue") == {"MUG-BLUE": (-1, -1)}


@pytest.mark.world(policy=SUBSTITUTE)
async def test_the_substitutes_own_barcode_is_asked_for(world: World) -> None:
    await sell(world)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    handoff = await amended(world, order)
    assert handoff["replacement"] == 1
    wrong = [
        {k: line[k] for k in ("line", "sku", "quantity")} | {"barcodes": BLUE["barcodes"]}
        for line in handoff["lines"]
    ]
    refused = await world.wms(f"{order}-s1", "picked", lines=wrong)
    assert refused["status"] == 422
    assert "does not belong to MUG-RED" in str(refused["answer"])
    await goes_out(world, order, 4270)


@pytest.mark.world(policy=SUBSTITUTE)
async def test_what_the_warehouse_proposes_is_offered_where_the_shop_has_no_list(
    world: World,
) -> None:
    await sell(world, substitutes=[])
    order = await world.place()
    await world.until(order, "in_fulfilment")
    line = {"line": "1", "sku": "MUG-BLUE", "quantity": 1, "barcodes": ["4006381333931"]}
    pick = {"lines": [line | {"short": "broken"}]}

    async def report(sku: str, line: str = "1") -> Any:
        proposal = {"substitutes": [{"line": line, "sku": sku}]}
        return await world.warehouse(f"{order}-s1", "picked", pick | proposal)

    assert "NO-SUCH is not in the catalogue" in (await report("NO-SUCH")).text
    assert "is what was ordered" in (await report("MUG-BLUE")).text
    assert "nothing is missing of 7" in (await report("MUG-RED", "7")).text
    assert (await report("MUG-RED")).status_code == 202
    await world.until_case(order, "substitution")
    assert (await say(world, order, "accept")).is_success
    await goes_out(world, order, 4270)


@pytest.mark.world(policy=SUBSTITUTE)
async def test_what_the_shops_list_does_not_name_is_not_offered(world: World) -> None:
    await sell(world, substitutes=["MUG-RED"])
    order = await world.place()
    await world.until(order, "in_fulfilment")
    line = {"line": "1", "sku": "MUG-BLUE", "quantity": 0, "short": "gone"}
    proposal = [{"line": "1", "sku": "TEAPOT"}]
    body = {"lines": [line], "substitutes": proposal}
    assert (await world.warehouse(f"{order}-s1", "picked", body)).status_code == 202
    await world.until_case(order, "substitution")
    [offer] = await offers(world, order)
    assert (offer["substitute"]["sku"], offer["substitute"]["quantity"]) == ("MUG-RED", 2)
    assert (await say(world, order, "accept")).is_success
    view = await goes_out(world, order, 4270)
    assert stock(view, "issue") == {"MUG-RED": (-2, -2)}


@pytest.mark.world(policy=SUBSTITUTE)
async def test_the_shop_hears_of_the_question_and_of_the_answer(world: World) -> None:
    await sell(world)
    order = await asked(world)
    assert (await say(world, order, "accept")).is_success
    await goes_out(world, order, 4270)
    feed = (await world.api.get("/events?limit=200")).json()["events"]
    told = [(one["type"], one["detail"]) for one in feed if one["order"] == order]
    words = "1 x MUG-RED instead of MUG-BLUE"
    assert ("order.substitution_offered", words) in told
    assert ("order.substitution_answered", f"{words}: accepted") in told
    assert ("order.picked", words) in told
    own = (await world.api.get(f"/orders/{order}/events")).json()["events"]
    assert [one["type"] for one in own] == [one[0] for one in told]


@pytest.mark.world(policy=SUBSTITUTE)
async def test_one_answer_of_two_ships_the_one_and_not_the_other(world: World) -> None:
    await sell(world)
    await receive(world, "TEAPOT", 5)
    put = {"products": [RED | {"sku": "POT-RED", "barcodes": [], "bin": "A-12-2"}]}
    assert (await world.admin.put(f"/shops/{world.shop}/products", json=put)).is_success
    await receive(world, "POT-RED", 3)
    pot = {
        "sku": "TEAPOT",
        "name": "Cast-iron teapot",
        "barcodes": ["4902778915615"],
        "weight_grams": 1450,
        "bin": "A-12-1",
        "substitutes": ["POT-RED"],
    }
    put = {"products": [pot]}
    assert (await world.admin.put(f"/shops/{world.shop}/products", json=put)).is_success
    order = await begin(world, two_lines(world), 1, 0)
    await world.until_case(order, "substitution")
    mug, teapot = await offers(world, order)
    assert (await say(world, order, "refuse", teapot["id"])).is_success

    async def recorded() -> bool:
        return [one["state"] for one in await offers(world, order)] == ["offered", "refused"]

    await eventually(recorded, lambda: "the refusal is not on record")
    assert world.books.stock.level(world.shop, "POT-RED").reserved == 0
    assert (await say(world, order, "accept", mug["id"])).is_success
    view = await goes_out(world, order, 2 * 1890 - 379 + 490)
    assert stock(view, "issue") == {"MUG-BLUE": (-1, -1), "MUG-RED": (-1, -1)}
    assert stock(view, "write_off") == {"MUG-BLUE": (-1, -1), "TEAPOT": (-1, -1)}
