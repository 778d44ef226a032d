"""A customer who moves while an order goes in two shipments: what is here goes to the new door."""

from sandbox.judge import Ending
from tests.workflows.test_address import NEW, move, street
from tests.workflows.test_backorder import receive
from tests.workflows.test_one_of_two import place, reviewed
from tests.workflows.test_several_shipments import APART, DUE, carry, deliver, until
from tests.workflows.test_several_shipments import place as place_first
from tests.workflows.test_short_pick import mail_text
from tests.world import World


async def labels(world: World, order: str) -> list[int]:
    """How many labels were bought for each shipment, void ones included."""
    return [len(one["labels"]) for one in (await world.view(order))["shipments"]]


def readdressed(world: World, order: str) -> list[str]:
    return [str(one.data["shipment"]) for one in world.ledger(order, "wms", "readdressed")]


async def both_arrive(world: World, order: str, bought: int) -> None:
    await deliver(world, order)
    await reviewed(world, order)
    sums = await world.judged(order, Ending.COMPLETED, DUE, shipments=2, parcels=None)
    assert (sums.labels_bought, sums.labels_live) == (bought, 2)
    assert sums.mails["address_changed"] == 1
    view = await world.view(order)
    assert not [one for one in view["cases"] if not one["closed_at"]]
    assert street(view) == NEW["line1"]
    assert world.books.audits.audit(world.shop) == ()


@APART
async def test_before_the_label_of_either_both_go_to_the_new_address(world: World) -> None:
    order = await place(world)
    assert (await move(world, order)).status_code == 202
    await world.until_mail_state(order, "address_changed", "sent", "processed", "delivered")
    await carry(world, order, 1)
    await carry(world, order, 2)
    assert sorted(readdressed(world, order)) == [f"{order}-s1", f"{order}-s2"]
    await both_arrive(world, order, bought=2)


@APART
async def test_after_the_label_of_one_that_one_is_labelled_anew_and_the_other_once(
    world: World,
) -> None:
    order = await place(world)
    await carry(world, order, 1, to="ready_to_pack")
    answer = await move(world, order)
    assert answer.status_code == 202
    case = await world.until_case(order, "labelled_anew")
    assert case["shipment"] == f"{order}-s1"
    await carry(world, order, 1)
    await carry(world, order, 2)
    assert await labels(world, order) == [2, 1]
    await both_arrive(world, order, bought=3)


@APART
async def test_while_the_rest_is_waited_for_it_goes_to_the_new_address_when_it_has_come(
    world: World,
) -> None:
    order = await place_first(world)
    await carry(world, order, 1, to="ready_to_pack")
    assert (await move(world, order)).status_code == 202
    await world.until_case(order, "labelled_anew")
    await carry(world, order, 1)
    await receive(world, 1)
    await until(world, order, 2, "in_fulfilment")
    await carry(world, order, 2)
    assert await labels(world, order) == [2, 1]
    await both_arrive(world, order, bought=3)


@APART
async def test_one_that_is_packed_goes_where_its_label_says_and_only_the_other_elsewhere(
    world: World,
) -> None:
    order = await place(world)
    await carry(world, order, 1, to="released")
    answer = await move(world, order)
    assert answer.status_code == 202, answer.text
    assert "label says" in answer.text
    await world.until_mail_state(order, "address_changed", "sent", "processed", "delivered")
    assert "goes where its label says" in mail_text(world, "another address")
    await carry(world, order, 1)
    await carry(world, order, 2)
    assert readdressed(world, order) == [f"{order}-s2"]
    await both_arrive(world, order, bought=2)


@APART
async def test_one_that_has_left_goes_on_and_only_the_other_goes_elsewhere(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await carry(world, order, 2, to="ready_to_pack")
    answer = await move(world, order)
    assert answer.status_code == 202, answer.text
    assert "label says" in answer.text
    case = await world.until_case(order, "labelled_anew")
    assert case["shipment"] == f"{order}-s2"
    await carry(world, order, 2)
    assert await labels(world, order) == [1, 2]
    await both_arrive(world, order, bought=3)


@APART
async def test_where_both_are_packed_a_move_is_refused(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    await carry(world, order, 2, to="released")
    answer = await move(world, order)
    assert answer.status_code == 409
    assert "packed" in answer.text
    assert street(await world.view(order)) != NEW["line1"]


@APART
async def test_where_what_is_here_is_being_cancelled_a_move_is_refused(world: World) -> None:
    order = await place(world)
    await carry(world, order, 1)
    rule = world.sandbox.fault("wms", "cancel", "http_error", nth=None, times=None, status=503)
    assert (await world.cancel(order))["accepted"]
    await until(world, order, 2, "cancelling")
    answer = await move(world, order)
    assert answer.status_code == 409
    assert "cancelled" in answer.text
    world.sandbox.clear_faults(rule)
