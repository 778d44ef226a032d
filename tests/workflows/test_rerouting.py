"""What a warehouse rejects, or does not begin, goes from another one that has all of it."""

import asyncio
from datetime import timedelta

import pytest

from sandbox.judge import Ending
from tests.amending import amend, amendment, mugs
from tests.two_warehouses import LYON, bring, in_lyon, open_lyon, there, warehouses_of
from tests.workflows.test_second_looks import away, terminate_and_settle, until_tried_again
from tests.workflows.test_several_shipments import carry, deliver, until
from tests.workflows.test_two_warehouses import FEE, MUG, POT, body
from tests.world import Json, World, eventually

POLICY = {"reroute_on_reject": True, "ask_for_reviews": False, "complaints_within": "PT0S"}
BY_POLICY = pytest.mark.world(policy=POLICY)
PICK = {
    "lines": [{"line": "1", "sku": "MUG-BLUE", "quantity": 2, "barcodes": ["4006381333931"] * 2}]
}


def rejects(world: World, times: int = 1, reason: str = "the hall is flooded") -> None:
    """So many handoffs are rejected, whoever gets them."""
    world.sandbox.fault("wms", "handoff", "reject", nth=None, times=times, reason=reason)


async def silent(world: World) -> tuple[str, Json]:
    """Main has an order's mugs and does not pick; Lyon has some as well."""
    await open_lyon(world, {"MUG-BLUE": 5})
    order = await world.place()
    await world.until(order, "in_fulfilment")
    await world.fast_forward(order, timedelta(days=3, hours=1))
    return order, await world.until_case(order, "pick_overdue")


async def told(world: World, order: str) -> list[tuple[str, str]]:
    """What the shop was told, with the words."""
    answer = await world.api.get("/events", params={"limit": 200})
    return [
        (one["type"], one["detail"]) for one in answer.json()["events"] if one["order"] == order
    ]


def news_of(view: Json) -> list[str]:
    """From where to where it went, who wanted it and why, as staff see it."""
    return [one["detail"] for one in view["transitions"] if one.get("news") == "rerouted"]


def at(world: World, order: str, kind: str) -> list[str]:
    """Where the warehouses have done something, one after the other."""
    return [one.data.get("warehouse", "main") for one in world.ledger(order, "wms", kind)]


async def goes_from_lyon(world: World, order: str) -> None:
    """It is picked, paid and sent there, and nothing of it is left at home."""
    await in_lyon(world, order)
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 2)}
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await world.until(order, "delivered", "completed")
    (label,) = world.ledger(order, "shippo", "label_purchased")
    assert label.data["ships_from"] == "FR"
    assert at(world, order, "picked") == [LYON]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (3, 0)}
    assert world.books.audits.audit(world.shop) == ()


@BY_POLICY
async def test_what_one_warehouse_rejects_goes_from_another_without_a_question(
    world: World,
) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    rejects(world)
    order = await world.place()
    await goes_from_lyon(world, order)
    await world.until(order, "completed")
    sums = await world.judged(order, Ending.COMPLETED)
    assert sums.mails == {"confirmation": 1, "shipped": 1, "restock": 1}
    view = await world.view(order)
    assert view["cases"] == []
    words = "from main to lyon: the shop's policy: The warehouse rejects it: the hall is flooded"
    assert news_of(view) == [words]
    assert ("order.rerouted", words) in await told(world, order)
    (shipment,) = view["shipments"]
    assert (shipment["handoff"]["warehouse"], shipment["handoff"]["moves"]) == (LYON, 1)


async def test_by_default_staff_say_whether_it_goes_from_another(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    rejects(world)
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    assert case["answers"] == ["retry", "reroute", "cancel"]
    assert "lyon has all of it" in case["reason"]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 2), LYON: (5, 0)}
    assert (await world.answer(case, "reroute")).is_success
    await goes_from_lyon(world, order)
    assert news_of(await world.view(order)) == ["from main to lyon: Ana, support: a test"]


@BY_POLICY
async def test_where_no_other_warehouse_has_all_of_it_the_case_says_so(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 1})
    rejects(world)
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    assert case["answers"] == ["retry", "cancel"]
    assert "No other warehouse has all of it" in case["reason"]
    refused = await world.answer(case, "reroute")
    assert refused.status_code == 422
    assert await there(world, "MUG-BLUE") == {"main": (100000, 2), LYON: (1, 0)}
    assert (await world.answer(case, "retry")).is_success
    await world.until(order, "in_fulfilment")
    assert await warehouses_of(world, order) == {"s1": "main"}


async def test_a_shop_with_one_warehouse_hears_nothing_of_others(world: World) -> None:
    rejects(world)
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    assert case["reason"] == "The warehouse rejects it: the hall is flooded"
    assert case["answers"] == ["retry", "cancel"]


@BY_POLICY
async def test_what_both_reject_is_a_case_and_a_cancel_leaves_nothing(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    rejects(world, times=2)
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    assert case["reason"].startswith("At lyon, after main. The warehouse rejects it")
    assert case["answers"] == ["retry", "cancel"]
    assert at(world, order, "handoff_rejected") == ["main", LYON]
    assert (await world.answer(case, "cancel")).is_success
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 0)}
    assert world.books.audits.audit(world.shop) == ()


async def test_goods_that_are_gone_when_staff_answer_stay_where_they_are(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 2})
    rejects(world)
    order = await world.place()
    case = await world.until_case(order, "warehouse_rejected")
    await bring(world, "MUG-BLUE", -1, LYON)
    assert (await world.answer(case, "reroute")).is_success

    async def asked_again() -> Json | None:
        again = await world.until_case(order, "warehouse_rejected")
        return again if again["id"] != case["id"] else None

    again = await eventually(asked_again, lambda: "nobody is asked again")
    assert "No other warehouse has all of it" in again["reason"]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 2), LYON: (1, 0)}
    assert (await world.answer(again, "retry")).is_success
    await world.until(order, "in_fulfilment")
    assert await warehouses_of(world, order) == {"s1": "main"}


async def test_what_a_silent_warehouse_does_not_pick_goes_from_another_once_it_has_stopped(
    world: World,
) -> None:
    order, case = await silent(world)
    assert case["answers"] == ["close", "reroute"]
    assert "lyon has all of it" in case["reason"]
    assert (await world.answer(case, "reroute")).is_success
    await in_lyon(world, order)
    kinds = [(one.kind, one.data.get("warehouse", "main")) for one in world.ledger(order, "wms")]
    assert kinds == [
        ("handoff_accepted", "main"),
        ("cancelled", "main"),
        ("handoff_accepted", LYON),
    ]
    late = await world.warehouse(f"{order}-s1", "picked", PICK)
    assert late.status_code == 403
    assert "is with warehouse lyon" in late.json()["detail"]
    await world.fast_forward(order, timedelta(days=2))
    open_cases = [one for one in (await world.view(order))["cases"] if not one["closed_at"]]
    assert open_cases == [], "its deadline begins anew"
    await goes_from_lyon(world, order)
    assert news_of(await world.view(order)) == ["from main to lyon: Ana, support: a test"]


async def test_a_pick_that_comes_before_the_answer_stays_where_it_was_picked(
    world: World,
) -> None:
    order, case = await silent(world)
    await world.wms(f"{order}-s1", "picked")
    await world.until(order, "ready_to_pack")
    late = await world.answer(case, "reroute")
    assert late.status_code == 409
    await world.carry(order)
    assert at(world, order, "handoff_accepted") == ["main"]
    await world.judged(order, Ending.COMPLETED)


async def test_a_pick_that_crosses_the_withdrawal_wins_where_the_warehouse_has_it(
    world: World,
) -> None:
    order, case = await silent(world)
    world.sandbox.fault("wms", "play", "wrong_barcode", event="picked")
    reported = await world.wms(f"{order}-s1", "picked")
    assert reported["status"] == 422
    assert (await world.answer(case, "reroute")).is_success

    async def declined() -> bool:
        facts = (await world.view(order))["facts"]
        return any("main has picked it" in one["detail"] for one in facts)

    await world.fast_forward(order, timedelta(days=3, hours=1))
    again = await world.until_case(order, "pick_overdue")
    assert again["id"] != case["id"]
    await eventually(declined, lambda: "nobody says why it stays")
    assert await there(world, "MUG-BLUE") == {"main": (100000, 2), LYON: (5, 0)}
    await world.wms(f"{order}-s1", "picked")
    await world.carry(order)
    assert at(world, order, "handoff_accepted") == ["main"]
    await world.judged(order, Ending.COMPLETED)


async def test_a_pick_that_crosses_the_withdrawal_loses_where_the_warehouse_has_stopped(
    world: World,
) -> None:
    order, case = await silent(world)
    world.sandbox.fault("wms", "cancel", "drop_after", nth=None, times=None)
    away(world, "wms", "look_up")
    assert (await world.answer(case, "reroute")).is_success
    await world.until_ledger(order, "wms", "cancelled")
    crossing = await world.warehouse(f"{order}-s1", "picked", PICK)
    assert crossing.status_code == 202
    await world.until_history(order, "picked")
    world.sandbox.clear_faults()
    await in_lyon(world, order)
    assert await world.status(order) == "in_fulfilment"
    late = {"shipment": f"{order}-s1", "id": "late", **PICK}
    await world.handle(order).signal("picked", late)
    await goes_from_lyon(world, order)
    cases = (await world.view(order))["cases"]
    assert [one["kind"] for one in cases] == ["pick_overdue"]


@pytest.mark.parametrize("says", ["nothing", "still_here"])
async def test_what_a_warehouse_that_has_stopped_says_it_gave_out_does_not_count_elsewhere(
    world: World, says: str
) -> None:
    order, case = await silent(world)
    world.sandbox.fault("wms", "cancel", "drop_after", nth=None, times=None)
    away(world, "wms", "look_up")
    assert (await world.answer(case, "reroute")).is_success
    await world.until_ledger(order, "wms", "cancelled")
    for report, told_so in (("picked", PICK), ("handed-over", {"manifest": "M-1"})):
        crossing = await world.warehouse(f"{order}-s1", report, told_so)
        assert crossing.status_code == 202
    gone = await world.until_case(order, "gone_unreleased")
    world.sandbox.clear_faults()
    await in_lyon(world, order)
    assert await world.until_case(order, "gone_unreleased"), "somebody looks where it is"
    if says == "still_here":
        assert (await world.answer(gone, says)).is_success
    await carry(world, order, 1)
    assert at(world, order, "released") == [LYON]
    await deliver(world, order, 1)
    await world.until(order, "delivered", "completed")
    await world.judged(order, Ending.OPEN)


async def test_an_answer_that_comes_while_it_is_amended_is_heard_after_it(world: World) -> None:
    order, case = await silent(world)
    held = world.sandbox.fault("wms", "amendment", "drop_before", nth=None, times=None)
    asked = asyncio.create_task(amend(world, order, amendment([mugs(1)], [1890], "less")))

    async def fired() -> int:
        return await asyncio.to_thread(world.sandbox.fired, held)

    await eventually(fired, lambda: "the warehouse is not asked")
    assert (await world.answer(case, "reroute")).is_success
    world.sandbox.clear_faults()
    assert (await asked).is_success
    await in_lyon(world, order)
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 1)}


async def test_a_cancel_while_it_is_taken_back_ends_it_and_nothing_moves(world: World) -> None:
    order, case = await silent(world)
    away(world, "wms", "cancel")
    assert (await world.answer(case, "reroute")).is_success
    await until_tried_again(world, order)
    assert (await world.cancel(order))["accepted"]
    world.sandbox.clear_faults()
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    assert at(world, order, "handoff_accepted") == ["main"]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 0)}
    assert world.books.audits.audit(world.shop) == ()


async def test_a_cancel_while_the_other_warehouse_is_asked_stops_that_one(world: World) -> None:
    order, case = await silent(world)
    world.sandbox.fault("wms", "handoff", "drop_after", nth=None, times=None)
    away(world, "wms", "look_up")
    assert (await world.answer(case, "reroute")).is_success

    async def asked_both() -> bool:
        return len(at(world, order, "handoff_accepted")) == 2

    await eventually(asked_both, lambda: "Lyon was not asked")
    assert (await world.cancel(order))["accepted"]
    world.sandbox.clear_faults()
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED)
    assert at(world, order, "cancelled") == ["main", LYON]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 0)}


async def test_goods_that_are_gone_once_the_silent_one_has_stopped_are_a_case(
    world: World,
) -> None:
    order, case = await silent(world)
    away(world, "wms", "cancel")
    assert (await world.answer(case, "reroute")).is_success
    await until_tried_again(world, order)
    await bring(world, "MUG-BLUE", -4, LYON)
    world.sandbox.clear_faults()
    stuck = await world.until_case(order, "warehouse_rejected")
    assert "Warehouse main was told to stop, and no other one has all of it" in stuck["reason"]
    assert stuck["answers"] == ["retry", "cancel"]
    await bring(world, "MUG-BLUE", 4, LYON)
    assert (await world.answer(stuck, "retry")).is_success
    await goes_from_lyon(world, order)


@pytest.mark.world(policy=POLICY | {"split": "when_needed"}, cached_workflows=0)
async def test_one_of_two_shipments_goes_from_a_third_warehouse_and_the_other_stays(
    world: World,
) -> None:
    await open_lyon(world, {"TEAPOT": 5})
    setup = {"priority": 2, "wms_key": "wms-riga"}
    answer = await world.admin.put(f"/shops/{world.shop}/warehouses/riga", json=setup)
    assert answer.is_success, answer.text
    tokens = {"wms-lyon": LYON, "wms-riga": "riga"}
    await asyncio.to_thread(world.sandbox.configure, wms={"tokens": tokens})
    await bring(world, "TEAPOT", 3, "riga")
    await bring(world, "TEAPOT", -12)
    world.sandbox.fault("wms", "handoff", "reject", order="TEAPOT", reason="no hands")
    order = await world.place(body(world, 2, 1))
    await until(world, order, 1, "in_fulfilment")
    await until(world, order, 2, "in_fulfilment")
    assert sorted((await warehouses_of(world, order)).values()) == ["main", "riga"]
    assert await there(world, "TEAPOT") == {"main": (0, 0), LYON: (5, 0), "riga": (3, 1)}
    assert await there(world, "MUG-BLUE") == {"main": (100000, 2)}
    assert (await world.cancel(order))["accepted"]
    await world.until(order, "cancelled")
    await world.judged(order, Ending.CANCELLED, 2 * MUG + POT + FEE)
    assert sorted(at(world, order, "cancelled")) == ["main", "riga"]
    assert await there(world, "TEAPOT") == {"main": (0, 0), LYON: (5, 0), "riga": (3, 0)}
    assert world.books.audits.audit(world.shop) == ()


@BY_POLICY
async def test_what_goes_from_another_warehouse_is_amended_there(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    rejects(world)
    order = await world.place()
    await in_lyon(world, order)
    answer = await amend(world, order, amendment([mugs(1)], [1890], "less"))
    assert answer.json()["state"] == "applied", answer.text
    assert at(world, order, "amended") == [LYON]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 1)}
    await carry(world, order, 1)
    await deliver(world, order, 1)
    await world.until(order, "completed")
    await world.judged(order, Ending.COMPLETED, 1890 + 490)


@BY_POLICY
async def test_settling_stops_the_warehouse_that_may_have_it_by_now(world: World) -> None:
    await open_lyon(world, {"MUG-BLUE": 5})
    rejects(world)
    world.sandbox.fault("wms", "handoff", "drop_after", nth=None, times=None)
    order = await world.place()
    await world.until_ledger(order, "wms", "handoff_accepted")
    done = await terminate_and_settle(world, order)
    assert done.undone, done
    await world.judged(order, Ending.CANCELLED)
    assert at(world, order, "cancelled") == [LYON]
    assert await there(world, "MUG-BLUE") == {"main": (100000, 0), LYON: (5, 0)}
    assert world.books.audits.audit(world.shop) == ()
