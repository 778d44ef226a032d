"""The same seed draws the same run."""

import pytest

from cli.chaos.bodies import CHANNELS
from cli.chaos.branches import BRANCHES
from cli.chaos.misfortune import Fault, Known
from cli.chaos.plan import Part, RunPlan, make
from cli.chaos.rates import Rates
from domain.order import Order
from domain.policy import ShortPick
from sandbox.client import SandboxClient


@pytest.fixture
def known(sandbox: SandboxClient) -> Known:
    return Known.of(sandbox.operations())


def drawn(known: Known, orders: int = 120, seed: int = 7, rates: Rates = Rates.REAL) -> RunPlan:
    return make(orders, seed, known, faults=True, kills=True, workers=2, rates=rates)


def test_the_same_seed_gives_the_same_orders_faults_and_kills(known: Known) -> None:
    assert drawn(known) == drawn(known)
    assert drawn(known, seed=8) != drawn(known)


def test_a_longer_run_begins_with_the_same_orders(known: Known) -> None:
    assert drawn(known, 130).orders[:120] == drawn(known).orders


@pytest.mark.parametrize("rates", Rates)
def test_every_order_that_is_drawn_is_a_sound_one(known: Known, rates: Rates) -> None:
    for plan in drawn(known, 300, rates=rates).orders:
        body = plan.body
        if plan.checkout:
            body = body | {"payment": body["payment"] | {"payment_intent": "pi_1"}}
        order = Order.model_validate(body, extra="forbid")
        assert order.channel in CHANNELS


def test_every_fault_that_is_drawn_can_be_scripted(known: Known, sandbox: SandboxClient) -> None:
    plan = drawn(known, 300)
    faults = [fault for order in plan.orders for fault in order.faults]
    faults += [fault for weather in plan.weather for fault in weather.faults]
    for fault in faults:
        script(sandbox, fault)
    assert len(sandbox.faults()) == len(faults)


def test_pieces_are_missing_now_and_then_under_each_policy_in_turn(known: Known) -> None:
    plan = drawn(known, 300)
    short = [
        (order, fault.params)
        for order in plan.orders
        for fault in order.faults
        if fault.kind == "short_pick" and "short" in fault.params
    ]
    assert 0.02 < len(short) / 300 < 0.15
    for order, params in short:
        [line] = [one for one in order.body["lines"] if one["id"] == params["line"]]
        assert 0 <= params["quantity"] < line["quantity"]
    assert {one.short_pick for one in plan.decrees} == set(ShortPick)
    assert plan.decrees[0].at == 1


def test_high_rates_draw_every_unhappy_branch_several_times_as_often(known: Known) -> None:
    real, high = (drawn(known, 2000, rates=rates).orders for rates in Rates)
    for branch in BRANCHES:
        often, oftener = (sum(branch.drawn(plan) for plan in plans) for plans in (real, high))
        assert often >= 3, branch.name
        assert oftener >= 1.6 * often, branch.name


def script(sandbox: SandboxClient, fault: Fault) -> None:
    sandbox.fault(
        fault.provider,
        fault.operation,
        fault.kind,
        nth=fault.nth,
        times=fault.times,
        **fault.params,
    )


def test_every_part_is_struck_in_a_run_of_two_hundred_orders(known: Known) -> None:
    assert {blow.part for blow in drawn(known, 200).blows} == set(Part)


def test_without_faults_and_kills_nothing_is_drawn(known: Known) -> None:
    plan = make(200, 7, known, faults=False, kills=False, workers=2)
    assert not plan.blows
    assert not plan.weather
    assert not plan.decrees
    assert not any(order.faults for order in plan.orders)
